"""What the metrics of a user's compiled model mean."""

import math

import keras

from ..common.errors import InputError
from ..common.metric import Metric

_SHARES = (
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "F1Score",
    "FBetaScore",
    "IoU",
    "MeanIoU",
    "OneHotIoU",
    "OneHotMeanIoU",
    "Precision",
    "PrecisionAtRecall",
    "Recall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "TopKCategoricalAccuracy",
)
_HIGHER = ("CosineSimilarity", "ConcordanceCorrelation", "R2Score")
_ERRORS = (
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "RootMeanSquaredError",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
)


def metrics_of(model):
    """Returns the `Metric`s that a model can be judged by.

    They are those that it is compiled with, as far as it is known whether more
    is better, and the loss.

    Args:
        model: compiled, with one output.
    """
    return (*filter(None, map(_metric, compiled_metrics(model))), _LOSS)


def compiled_metrics(model):
    """Returns what a model was compiled with as metrics: names and objects."""
    return [
        given if isinstance(given, str) else keras.metrics.get(given)
        for given in _flat(model.get_compile_config()["metrics"])
    ]


def compiled_loss(model):
    """Returns a new loss like the one that a model was compiled with.

    Raises:
        InputError: it is a function that Keras does not know.
    """
    (loss,) = _flat(model.get_compile_config()["loss"])
    try:
        return keras.losses.get(loss)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The model's loss cannot be rebuilt: {error} Register it with "
            "keras.saving.register_keras_serializable()."
        ) from error


def _flat(given):
    """Returns names and configurations, which are for the one output.

    They may stand in a list, or in a dict by the name of the output.
    """
    if isinstance(given, dict) and "class_name" not in given:
        given = list(given.values())
    if isinstance(given, list):
        return [each for some in given for each in _flat(some)]
    return [] if given is None else [given]


def _metric(metric):
    name, kind = _named(metric)
    if kind in _SHARES:
        return Metric(
            key=f"test_{name}",
            name=name,
            title=name,
            higher_is_better=True,
            bounds=(0, 1),
            scale=100,
            digits=2,
            legend=f"Test split: {{means}}, {name} in %; ",
        )
    if kind not in (*_HIGHER, *_ERRORS):
        return None
    higher = kind in _HIGHER
    return Metric(
        key=f"test_{name}",
        name=name,
        title=name,
        higher_is_better=higher,
        bounds=(-math.inf, 1) if higher else (0, math.inf),
    )


def _named(metric):
    """Returns how logs call a metric, and the name of its class."""
    if not isinstance(metric, str):
        name = getattr(metric, "name", getattr(metric, "__name__", ""))
        return name, type(metric).__name__
    # What these are Keras decides by the loss.
    if metric in ("accuracy", "acc"):
        return metric, "Accuracy"
    if metric in ("crossentropy", "ce"):
        return metric, "CategoricalCrossentropy"
    return metric, type(keras.metrics.get(metric)).__name__


_LOSS = Metric(
    key="test_loss",
    name="loss",
    title="loss",
    higher_is_better=False,
    bounds=(-math.inf, math.inf),
)
