"""A copy of a model that computes in float32."""

from ..models.copying import trusting
from ..models.inner_layers import inner_layers
from ..models.layer_state import copy_state

_MIXED = ("mixed_bfloat16", "mixed_float16")


def is_mixed(model):
    """Whether layers of a model compute in half precision, by a policy."""
    return any(x.dtype_policy.name in _MIXED for x in inner_layers(model))


def in_float32(model):
    """Returns a copy of a model with mixed precision that computes in float32.

    Its weights are float32 already, and stay what they are.

    Args:
        model: functional or Sequential, built.
    """
    config = _without_mixed(model.get_config())
    copied = trusting(
        lambda: type(model).from_config(config), inner_layers(model)
    )
    copy_state(model, copied)
    return copied


def _without_mixed(value):
    """Returns a config in which each mixed policy is that of float32."""
    if isinstance(value, dict):
        return {key: _without_mixed(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_without_mixed, value))
    is_policy = isinstance(value, str) and value in _MIXED
    return "float32" if is_policy else value
