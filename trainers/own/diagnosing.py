"""What is wrong with the norms of a trained model, with data of any kind."""

import os
from collections.abc import Sequence
from typing import Any

import keras

from ...layers.diagnosis import diagnosing
from ...layers.diagnosis.evidence import EXAMPLES
from ...layers.diagnosis.findings import Diagnosis
from ...layers.models.kinds import check_built
from ..data import nested, scaling
from ..data.arrays import checked_inputs
from ..data.sources.finding import find_examples
from ..data.sources.options import Options
from . import files, tasks
from .compiled import unlabeled


def diagnose(
    model: keras.Model,
    data: Any,
    *,
    label: str | Sequence[str] | None = None,
    data_dir: str | os.PathLike | None = None,
    batch_size: int = 32,
) -> Diagnosis:
    """Finds what is wrong with the norms of a trained model.

    This is `normzoo.layers.diagnose` for more kinds of data.

    Args:
        model: a Keras model with weights.
        data: inputs, or a pair of inputs and labels: arrays, lists, frames; a
            dict of such inputs by name; a `tf.data.Dataset` or
            `keras.utils.PyDataset` of either; or the path of a file or folder
            or the name of a TFDS set, as of `compare_norms`. 1,024 examples
            are used.
        label: the name of the column of a table that holds the labels. If it
            is None, a data frame holds only inputs, and in a file the last
            column is the label.
        data_dir: the folder of prepared TFDS data sets.
        batch_size: batch size of the training.

    Returns:
        A `Diagnosis`, which can be printed. It is true if there is a problem.

    Raises:
        TypeError: `model` is not a Keras model.
        ValueError: it has no weights yet, or no norms, or the data cannot be
            read or do not fit it.

    Example:

    >>> import keras
    >>> import normzoo
    >>> import tensorflow as tf
    >>> model = keras.Sequential(
    ...     [keras.Input((1,)), keras.layers.BatchNormalization(name="norm")]
    ... )
    >>> data = tf.data.Dataset.range(256).map(lambda x: (x % 7, x % 2))
    >>> found = normzoo.diagnose(model, data)
    >>> [each.symptom for each in found.problems], found.findings[0].where
    (['late_statistics'], 'norm')
    """
    check_built(model)
    options = Options(label, data_dir, EXAMPLES, unlabeled(model))
    x, y = find_examples(model, data, options)
    x = nested.each(scaling.as_given, checked_inputs(x, "data"))
    files.check_shapes(model, nested.shapes_of(x))
    if y is not None and model.compiled:
        y = tasks.checked_labels(model, x, y, "y")
    pair = x if y is None else (x, y)
    return diagnosing.diagnose(model, pair, batch_size=batch_size)
