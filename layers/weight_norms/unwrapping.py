"""What is known of a layer, whether or not its kernels have a norm."""

from .base import WeightNorm


def unwrapped(layer):
    """Returns the layer inside a weight norm, and any other as it is."""
    return layer.layer if isinstance(layer, WeightNorm) else layer


def config_with(layer, **values):
    """Returns the entries of a layer's config that give it other options.

    Args:
        layer: with a weight norm, or without.
        **values: of the layer inside, or of itself.
    """
    if not isinstance(layer, WeightNorm):
        return values
    inner = layer.get_config()["layer"]
    return {"layer": {**inner, "config": {**inner["config"], **values}}}
