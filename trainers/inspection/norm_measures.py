"""What a norm is given and makes of it, as few numbers as tell it."""

import numpy as np
import tensorflow as tf

from ...layers.models.batch_norms import is_batch_norm
from ...layers.numerics.arithmetic import moments, widen

#: Of the inputs and outputs of a norm, evenly spaced ones.
_MOST_VALUES = 4096
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
    found = _values(inputs, outputs, mask)
    if is_batch_norm(norm):
        rank = len(inputs.shape)
        axes = [axis for axis in range(rank) if axis != norm.axis % rank]
        mean, variance = moments(widen(inputs), axes, _like(mask, inputs))[:2]
        found["batch_mean"] = tf.reshape(mean, [-1])
        found["batch_variance"] = tf.reshape(variance, [-1])
    if len(outputs.shape) == 3 and hasattr(norm, "return_sequences"):
        mean, variance = _over_time(outputs, 2, mask)
        found |= {"mean_over_time": mean, "variance_over_time": variance}
    return found


def describe_steps(norm, inputs, outputs, mask=None):
    """Returns the same of a norm inside of a recurrent layer's cell.

    Mean and variance are those of what it is given, at each time step.

    Args:
        norm: the layer.
        inputs, outputs: of all steps, (batch, time, ..., channels).
        mask: boolean, (batch, time), or None.
    """
    rank = len(inputs.shape)
    channels = rank - 1
    if is_batch_norm(norm):
        channels = 1 + norm.axis % (rank - 1)
    mean, variance = _over_time(inputs, channels, mask)
    return {
        **_values(inputs, outputs, mask),
        "batch_mean_over_time": mean,
        "batch_variance_over_time": variance,
    }


def describe_sites(sites, real):
    """Returns the same of the norms of a recurrent layer of this package.

    Args:
        sites, real: as `NormalizedRNN.noting` has them.
    """
    found = {}
    for site, both in sites.items():
        for kind, values in zip(("mean", "variance"), both, strict=True):
            values = values[:, 0]
            if real is not None:
                values = tf.where(tf.reduce_any(real, 1), values, np.nan)
            found[f"batch_{kind}_{site}_over_time"] = values
    return found


def _values(inputs, outputs, mask):
    return {
        "inputs": _counting(inputs, mask),
        "outputs": _counting(outputs, mask),
        "unit": _counting(inputs[..., inputs.shape[-1] // 2], mask),
    }


def _over_time(x, channels, mask):
    """Returns mean and variance of each time step, (time, channels)."""
    rank = len(x.shape)
    axes = [axis for axis in range(rank) if axis not in (1, channels)]
    mask = _like(mask, x)
    found = []
    for values in moments(widen(x), axes, mask)[:2]:
        values = tf.reshape(values, [tf.shape(x)[1], x.shape[channels]])
        if mask is not None:  # A step that no sequence has is no number.
            any_real = tf.reduce_any(mask, [0, *range(2, rank)])
            values = tf.where(any_real[:, tf.newaxis], values, np.nan)
        found.append(values)
    return found


def _counting(x, mask):
    """Returns a sample of what a mask, of the first axes, lets count."""
    # Of outputs that are no sequence a mask says nothing.
    if mask is not None and _fits(mask, x):
        x = tf.boolean_mask(x, mask)
    flat = tf.reshape(x, [-1])
    stride = tf.maximum(tf.size(flat) // _MOST_VALUES, 1)
    return tf.cast(flat[::stride], tf.float32)


def _fits(mask, x):
    shape = x.shape[: len(mask.shape)]
    return shape.is_compatible_with(mask.shape)


def _like(mask, x):
    """Returns a mask of the rank of a tensor, or None."""
    if mask is None:
        return None
    return mask[(..., *[tf.newaxis] * (len(x.shape) - len(mask.shape)))]


#: What the weights of norms are called, before the name of a site or a step.
_WEIGHTS = (
    *("gamma", "beta", "moving_mean", "moving_variance", "scale", "tau"),
    *("alpha", "shift", "reference_mean", "reference_variance"),
)


def weights_of(norm):
    """Returns name -> variable of what a norm learns or estimates."""
    return {
        variable.name: variable
        for variable in norm.weights
        if variable.name.startswith(_WEIGHTS) or variable.name == "v"
        if "float" in variable.dtype
    }


def moving_over_time(norm):
    """Yields pairs of a name and the moving statistics of each time step.

    They are arrays, (time, units), of norms that have several steps' ones.
    """
    for name, variable in weights_of(norm).items():
        if name.startswith("moving_") and len(variable.shape) == 2:
            values = tf.convert_to_tensor(variable).numpy()
            yield f"{name}_over_time", values
