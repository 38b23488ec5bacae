"""The names of the normalizations."""

import functools

import keras

from .lookup import look_up
from .norms.batch_normalization import BatchNormalization
from .norms.filter_response_normalization import FilterResponseNormalization
from .norms.group_normalization import GroupNormalization
from .norms.instance_normalization import InstanceNormalization
from .norms.layer_normalization import LayerNormalization
from .norms.rms_normalization import RMSNormalization
from .norms.virtual_batch_normalization import VirtualBatchNormalization

#: Name -> layer class, or a `functools.partial` of one. The documents, the
#: tests and the comparison read this table.
NORMS = {
    "none": keras.layers.Identity,
    "batch": BatchNormalization,
    "layer": LayerNormalization,
    # Groups of several channels even in narrow models.
    "group": functools.partial(GroupNormalization, groups=8),
    "instance": InstanceNormalization,
    "rms": RMSNormalization,
    "filter_response": FilterResponseNormalization,
    "virtual": VirtualBatchNormalization,
}


def get(identifier, **kwargs):
    """Returns a factory of normalization layers.

    Each call of the factory makes a new layer, because each place in a model
    needs weights of its own.

    Args:
        identifier: a name in `NORMS`; `"module:function"` or
            `"file.py:function"`, a callable of your own; `None` (no
            normalization, as `"none"`); or a callable that returns a layer,
            such as a layer class.
        **kwargs: arguments of the layer, e.g. `epsilon=1e-5`.

    Returns:
        A callable that takes further layer arguments (e.g. `name`) and returns
        a `keras.layers.Layer`.

    Raises:
        ValueError: the name is not in `NORMS`, and nothing of your own has it.
        TypeError: `identifier` is a layer instance or no callable.

    Example:

    >>> from normzoo import layers
    >>> make_norm = layers.get("layer", epsilon=1e-5)
    >>> make_norm(name="first").name, make_norm(name="second").name
    ('first', 'second')
    """
    if identifier is None:
        identifier = "none"
    if isinstance(identifier, str):
        identifier = look_up(identifier, NORMS, "normalization")
    if isinstance(identifier, keras.layers.Layer):
        raise TypeError(
            "A layer instance cannot be used in several places. Received: "
            f"{identifier!r}. Pass its class or its name instead."
        )
    if not callable(identifier):
        raise TypeError(
            "A normalization is a name, a callable or None. Received: "
            f"{identifier!r} of type {type(identifier).__name__}."
        )
    return functools.partial(identifier, **kwargs)
