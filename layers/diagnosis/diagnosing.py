"""Looking at a trained model and its data for what is wrong with its norms."""

from typing import Any

import keras

from ..models.kinds import check_built
from ..numerics.restoring import restored
from . import signals, statistics, structure
from .evidence import Evidence
from .findings import Diagnosis

#: Functions of an `Evidence` that return a `Finding` or None.
CHECKS = (
    statistics.late_statistics,
    statistics.slow_momentum,
    statistics.small_batches,
    signals.batch_mates,
    structure.norms_after_dropout,
    structure.unused_masks,
    statistics.unvisited_rows,
    statistics.constant_channels,
    statistics.dead_gammas,
    signals.signal_spread,
    signals.gradient_spread,
    statistics.float16_overflow,
    structure.useless_biases,
    structure.foldable_norms,
)


def diagnose(
    model: keras.Model, data: Any, *, batch_size: int = 32
) -> Diagnosis:
    """Finds what is wrong with the norms of a trained model.

    It looks for moving statistics that lag behind (measured by how many
    standard deviations they are from those of the data) and momenta too close
    to 1 for the number of steps; batches that are too small for statistics;
    outputs that depend on the batch at inference; batch norms after dropout;
    masks that a norm does not use; time steps that recurrent norms never saw;
    channels that do not vary and gammas that are 0; signals and gradients that
    grow or shrink with depth; and inputs that overflow in float16. As hints, it
    also reports biases that a norm cancels and batch norms that can be folded.

    The model is not changed. The order of layers is examined only in functional
    and Sequential models; gradients are examined if the model is compiled and
    labels are given.

    Args:
        model: a Keras model with weights.
        data: inputs, as the model takes them, or a pair of inputs and labels;
            arrays like those that it was trained on. The first 1,024 examples
            are used.
        batch_size: batch size of the training.

    Returns:
        A `Diagnosis`, which can be printed. It is true if there is a problem.

    Raises:
        TypeError: `model` is not a Keras model.
        ValueError: it has no weights yet, or no norms, or there are no data.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from normzoo import layers
    >>> model = keras.Sequential(
    ...     [keras.Input((2,)), keras.layers.BatchNormalization(name="norm")]
    ... )
    >>> x = np.random.default_rng(0).normal(5, 1, (256, 2)).astype("float32")
    >>> found = layers.diagnose(model, x)
    >>> [each.symptom for each in found.problems], found.findings[0].where
    (['late_statistics'], 'norm')
    """
    check_built(model)
    inputs, labels = data if isinstance(data, tuple) else (data, None)
    evidence = Evidence(model, inputs, labels, batch_size)
    if not evidence.norms:
        raise ValueError(
            f"The model {model.name!r} has no norms, so there is nothing to "
            "diagnose."
        )
    if not evidence.size:
        raise ValueError("The data are empty. Expected: at least one example.")
    # A norm that always trains learns from being looked at.
    with restored(model.variables):
        found = [check(evidence) for check in CHECKS]
    findings = [each for each in found if each is not None]
    findings.sort(key=lambda each: not each.is_problem)
    return Diagnosis(tuple(findings), len(evidence.norms))
