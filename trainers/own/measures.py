"""What the metrics of a user's compiled model mean."""

import math

import keras

from ..common.metric import Metric
from ..data.sources.outputs import Outputs
from .compiled import losses_of, metrics_of_outputs

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
    """Returns the `Metric`s that a model can be judged by, by default first.

    They are those that it is compiled with, as far as it is known whether more
    is better, and the loss, which comes first where there are several outputs,
    and there is one for each of these.

    Args:
        model: compiled.
    """
    losses = losses_of(model)
    if len(losses) < 2 and not Outputs(model).are_several:
        return (*_compiled(model), _loss())
    # Keras measures the loss of each, too, if there are two or more.
    each = [_loss(f"{name}_loss") for name in losses if len(losses) > 1]
    return (_loss(), *_compiled(model), *each)


def _compiled(model):
    """Returns the `Metric`s that a model is compiled with."""
    found = {}
    for key, more in (("metrics", ""), ("weighted_metrics", "weighted_")):
        for output, metrics in metrics_of_outputs(model, key):
            before = f"{output}_" if output else ""
            for metric in metrics:
                name, kind = _named(metric)
                # As Keras tells equal names apart.
                taken = before + name in found
                name = f"{before}{more * taken}{name}"
                found.setdefault(name, _metric(name, kind))
    return filter(None, found.values())


def _metric(name, kind):
    """Returns the `Metric` of a class; None if its direction is not known."""
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


def _loss(name="loss"):
    return Metric(
        key=f"test_{name}",
        name=name,
        title=name,
        higher_is_better=False,
        bounds=(-math.inf, math.inf),
    )
