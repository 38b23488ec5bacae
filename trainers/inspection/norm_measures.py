"""What a norm is given and makes of it, as few numbers as tell it."""

import numpy as np
import tensorflow as tf

from ...layers.models.batch_norms import is_batch_norm
from ...layers.numerics.arithmetic import moments, widen
from .watched_step import sampled

#: Of a unit's input, as in figure 1 of Ioffe and Szegedy (2015).
PERCENTILES = (15, 50, 85)


def describe(norm, inputs, outputs):
    """Returns name -> tensor of one call of a norm, inside of a graph.

    Args:
        norm: the layer.
        inputs: (batch, ..., channels).
        outputs: of any shape. Of sequences, (batch, time, units), also the
            mean and the variance over the batch.
    """
    found = {
        "inputs": sampled(inputs),
        "outputs": sampled(outputs),
        "unit": sampled(inputs[..., inputs.shape[-1] // 2]),
    }
    if is_batch_norm(norm):
        rank = len(inputs.shape)
        axes = [axis for axis in range(rank) if axis != norm.axis % rank]
        mean, variance = moments(widen(inputs), axes)[:2]
        found["batch_mean"] = tf.reshape(mean, [-1])
        found["batch_variance"] = tf.reshape(variance, [-1])
    if len(outputs.shape) == 3 and hasattr(norm, "return_sequences"):
        mean, variance = tf.nn.moments(tf.cast(outputs, tf.float32), 0)
        found["mean_over_time"], found["variance_over_time"] = mean, variance
    return found


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
