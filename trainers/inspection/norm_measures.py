"""What a norm is given and makes of it, as few numbers as tell it."""

import numpy as np
import tensorflow as tf

from ...layers.models.batch_norms import is_batch_norm
from ...layers.numerics.arithmetic import moments, widen
from .watched_step import sampled

#: Of a unit's input, as in figure 1 of Ioffe and Szegedy (2015).
PERCENTILES = (15, 50, 85)


def describe(norm, inputs, outputs, mask=None):
    """Returns name -> tensor of one call of a norm, inside of a graph.

    Args:
        norm: the layer.
        inputs: (batch, ..., channels).
        outputs: of any shape. Of sequences, (batch, time, units), also the
            mean and the variance over the batch.
        mask: boolean, (batch, ...); what is False does not count. None: all
            counts.
    """
    found = {
        "inputs": _counting(inputs, mask),
        "outputs": _counting(outputs, mask),
        "unit": _counting(inputs[..., inputs.shape[-1] // 2], mask),
    }
    if is_batch_norm(norm):
        rank = len(inputs.shape)
        axes = [axis for axis in range(rank) if axis != norm.axis % rank]
        mean, variance = moments(widen(inputs), axes, _like(mask, inputs))[:2]
        found["batch_mean"] = tf.reshape(mean, [-1])
        found["batch_variance"] = tf.reshape(variance, [-1])
    if len(outputs.shape) == 3 and hasattr(norm, "return_sequences"):
        mask = _like(mask, outputs)
        statistics = moments(widen(outputs), (0,), mask)[:2]
        for name, values in zip(("mean", "variance"), statistics, strict=True):
            values = tf.reshape(values, tf.shape(outputs)[1:])
            if mask is not None:  # A step that no sequence has is no number.
                values = tf.where(tf.reduce_any(mask, 0), values, np.nan)
            found[f"{name}_over_time"] = values
    return found


def _counting(x, mask):
    """Returns a sample of what a mask, of the first axes, lets count."""
    # Of outputs that are no sequence a mask says nothing.
    if mask is not None and _fits(mask, x):
        x = tf.boolean_mask(x, mask)
    return sampled(x)


def _fits(mask, x):
    shape = x.shape[: len(mask.shape)]
    return shape.is_compatible_with(mask.shape)


def _like(mask, x):
    """Returns a mask of the rank of a tensor, or None."""
    if mask is None:
        return None
    return mask[(..., *[tf.newaxis] * (len(x.shape) - len(mask.shape)))]


def weights_of(norm):
    """Returns name -> variable of what a norm learns or estimates."""
    names = ("gamma", "beta", "moving_mean", "moving_variance", "scale", "tau")
    return {
        variable.name: variable
        for variable in norm.weights
        if variable.name.startswith(names) and "float" in variable.dtype
    }


def moving_over_time(norm):
    """Yields pairs of a name and the moving statistics of each time step.

    They are arrays, (time, units), of norms that have several steps' ones.
    """
    for name, variable in weights_of(norm).items():
        if name.startswith("moving_") and len(variable.shape) == 2:
            values = tf.convert_to_tensor(variable).numpy()
            yield f"{name}_over_time", values


def distances(norm, seen):
    """Returns how far a batch norm's moving statistics are from a batch's.

    - `mean_distance`: the root mean square over the channels of the difference
      of the means, in the batch's standard deviations;
    - `variance_distance`: the same of the difference of the logarithms of the
      variances.

    Args:
        norm: the layer.
        seen: what `describe` has returned, as arrays; without a batch's
            statistics there are no distances.
    """
    if "batch_mean" not in seen:
        return {}
    mean, variance = seen["batch_mean"], seen["batch_variance"] + norm.epsilon
    moving_mean, moving_variance = (
        np.asarray(tf.convert_to_tensor(variable), "float64")
        for variable in (norm.moving_mean, norm.moving_variance)
    )
    shift = (moving_mean - mean) / np.sqrt(variance)
    logarithm = np.log((moving_variance + norm.epsilon) / variance)
    return {
        "mean_distance": _root_mean_square(shift),
        "variance_distance": _root_mean_square(logarithm),
    }


def _root_mean_square(values):
    return float(np.sqrt(np.mean(values**2)))
