"""Biases of the layers in front of norms that are replaced."""

import keras

from ..norms.bias import cancels_bias, has_shift
from ..weight_norms.unwrapping import unwrapped
from .affine_maps import KERNELS


def bias_change(graph, old, new):
    """Returns the layer in front of a norm whose bias is to be changed.

    A layer without a bias needs one where a norm with a `beta` goes and one
    without comes. A bias is left out where a norm comes that cancels it.

    Args:
        graph: the `Graph` of the model.
        old: the norm that stands in it.
        new: the built one that takes its place.

    Returns:
        `(layer, use_bias)`, or None where there is nothing to change.
    """
    layer = layer_before(graph, old)
    if layer is None:
        return None
    use_bias = unwrapped(layer).use_bias
    if loses_shift(old, new) and not use_bias:
        return layer, True
    return (layer, False) if cancels_more(old, new) and use_bias else None


def loses_shift(old, new):
    """Whether a norm had a shift and the one in its place has none."""
    return has_shift(old) and not has_shift(new)


def cancels_more(old, new):
    """Whether a norm with a shift cancels a bias that the old one did not."""
    return has_shift(new) and cancels_bias(new) and not cancels_bias(old)


def layer_before(graph, norm):
    """Returns the layer with a kernel whose outputs a norm alone reads.

    Its activation is linear, and its kernel may have a norm. None if there is
    no such layer.
    """
    (call, *more) = graph.calls[norm]
    tensor = call.data_tensors[0]
    layer = graph.source(tensor).operation
    only = not more and len(graph.calls[layer]) == 1
    only = only and len(graph.readers(tensor)) == 1
    inner = unwrapped(layer)
    if not only or graph.is_output(tensor) or type(inner) not in KERNELS:
        return None
    linear = inner.activation in (None, keras.activations.linear)
    return layer if linear else None
