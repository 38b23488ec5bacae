"""What is left of a finished run with labels, to be looked at."""

import functools

import keras
import numpy as np

from ...layers.models.norm_paths import norm_paths
from ...layers.numerics.tracing import graph_of
from ..common.served import Served
from ..data import loading, pipeline
from ..inspection.confusion import confusion_image, confusion_matrix
from ..inspection.heat_maps import heat_map
from ..inspection.norm_measures import moving_over_time
from ..own import models as own_models
from ..own.likeness import has_own_steps
from ..own.norms import classes_of
from ..own.single_labels import single_labels
from .settings import checked
from .task import COMPILED, find_task

#: The name of the one model.
MODEL = "final"
#: How many examples a model is compared on with what is made of it, and how
#: many tell the ranges of its activations.
_SERVED, _CALIBRATION = 1024, 256


def models(config, folder):
    """Returns name -> the model of a finished run.

    Args:
        config: that of the run.
        folder: of the run, a `pathlib.Path`.
    """
    config, checkpoints = checked(config), folder / "checkpoints"
    if config.task == COMPILED:
        return {MODEL: own_models.trained(config.model, checkpoints)}
    knobs = config.model
    known = classes_of(knobs.norm, knobs.get("weight_norm"))
    path = checkpoints / f"{MODEL}.keras"
    return {MODEL: keras.models.load_model(path, known, compile=False)}


def images(config, models, folder):
    """Yields pairs of a tag and the pixels of an image of a finished run.

    They are the confusion matrix on the test split, if examples have a single
    label, and the moving statistics of recurrent norms over time.

    Args:
        config: that of the run.
        models: from `models`.
        folder: not used.
    """
    del folder
    model = models[MODEL]
    if counts := _confusion(checked(config), model):
        # Behind the curves in the alphabet: Time Series opens one group only.
        yield "test_confusion", confusion_image(confusion_matrix(*counts))
    for norm, path in norm_paths(model).items():
        for name, values in moving_over_time(norm):
            yield f"{name}/{path}", heat_map(values)


def served(config, models, folder):
    """Returns the `Served` of a finished run: test examples and its model.

    Args:
        config: that of the run.
        models: from `models`.
        folder: of the run, a `pathlib.Path`.
    """
    config, model = checked(config), models[MODEL]
    data = loading.load_data(config)
    test = _spread(data.test, _SERVED)
    labels, _, decide = _single_labels(
        config, model, data._replace(test=test)
    ) or (None, None, None)
    path = folder / "checkpoints" / f"{MODEL}.keras"
    return Served(
        model=model,
        inputs=test.seen()[0],
        source="the test split",
        calibration=_spread(data.train, _CALIBRATION).seen()[0],
        labels=labels,
        decide=decide,
        path=path if path.exists() else None,
    )


def _spread(examples, most):
    """Returns some examples; those of a folder are in the order of classes."""
    count = examples.count
    rows = np.linspace(0, count - 1, min(count, most)).astype(int)
    return examples.taken(rows)


def _confusion(config, model):
    """Returns labels, predicted classes and how many there are, or None."""
    data = loading.load_for_testing(config)
    if not (found := _single_labels(config, model, data)):
        return None
    labels, classes, decide = found
    batches = pipeline.read_in_order(data.test, config.evaluation_batch_size)
    # Keras' `predict` warns from the fifth model on.
    predict = graph_of(
        lambda inputs: model(inputs, training=False), reduce_retracing=True
    )
    outputs = [predict(inputs).numpy() for inputs, *_ in batches]
    return labels, decide(np.concatenate(outputs)), classes


def _single_labels(config, model, data):
    if config.task == COMPILED:
        if has_own_steps(model):
            return None
        return single_labels(model, *data.test.batch[:2])
    if not find_task(config, data).single_label:
        return None
    decide = functools.partial(keras.ops.argmax, axis=-1)
    return data.test.labels, data.num_classes, decide
