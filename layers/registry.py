"""The names of the normalizations."""

import functools
import re
from typing import Any

import keras

from .lookup import look_up
from .norms.batch_normalization import BatchNormalization
from .norms.dynamic_erf import DynamicErf
from .norms.dynamic_tanh import DynamicTanh
from .norms.evonorm_b0 import EvoNormB0
from .norms.evonorm_s0 import EvoNormS0
from .norms.filter_response_normalization import FilterResponseNormalization
from .norms.group_normalization import GroupNormalization
from .norms.instance_normalization import InstanceNormalization
from .norms.layer_normalization import LayerNormalization
from .norms.pixel_normalization import PixelNormalization
from .norms.rms_normalization import RMSNormalization
from .norms.scale_normalization import ScaleNormalization
from .norms.virtual_batch_normalization import VirtualBatchNormalization
from .numerics.annotations import NormIdentifier

#: Name -> layer class, or a `functools.partial` of one. The documents, the
#: tests and the comparison read this table, and `register` adds to it.
NORMS = {
    "none": keras.layers.Identity,
    "batch": BatchNormalization,
    "ghost_batch": functools.partial(BatchNormalization, virtual_batch_size=16),
    "layer": LayerNormalization,
    # Groups of several channels even in narrow models.
    "group": functools.partial(GroupNormalization, groups=8),
    "instance": InstanceNormalization,
    "rms": RMSNormalization,
    "filter_response": FilterResponseNormalization,
    "virtual": VirtualBatchNormalization,
    "evonorm_b0": EvoNormB0,
    "evonorm_s0": functools.partial(EvoNormS0, groups=8),
    "pixel": PixelNormalization,
    "scale": ScaleNormalization,
    "dynamic_tanh": DynamicTanh,
    "dynamic_erf": DynamicErf,
}
_BUILT_IN = frozenset(NORMS)
#: In a comparison it is a model's own norms.
_RESERVED = ("as_is",)
_NAME = re.compile(r"\w[\w.-]*")


def register(name: str, norm: NormIdentifier) -> None:
    """Gives a name to your own normalization, in this process.

    The name can then be used like those in `NORMS`: in `get`, `replace_norms`,
    `normzoo.compare_norms` and configs. The processes of `jobs` know it as well
    if they can import the norm, that is, if it is a class or a function at the
    top level of a module or a file, a `functools.partial` of one, or the
    configuration of a layer. Registering a name again replaces its norm.

    Args:
        name: a name of letters, digits, `_`, `-` and `.`.
        norm: a normalization as `get` takes it, but not a name in `NORMS`.

    Raises:
        ValueError: the name belongs to a norm of this package, or has other
            characters; or `get` raises it.
        TypeError: `get` raises it.

    Example:

    >>> import keras
    >>> from normzoo import layers
    >>> layers.register("unit", keras.layers.UnitNormalization)
    >>> layers.get("unit")(name="first").name
    'first'
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            "A norm's name may have only letters, digits, '_', '-' and '.', "
            f"and must not begin with '-' or '.'. Received: {name!r}."
        )
    if name in _BUILT_IN or name in _RESERVED:
        raise ValueError(
            f"The name {name!r} belongs to normzoo. Give the norm another one."
        )
    NORMS[name] = maker(norm)


def registered():
    """Returns name -> norm, of those that do not come with the package."""
    return {k: norm for k, norm in NORMS.items() if k not in _BUILT_IN}


def get(
    identifier: NormIdentifier, **kwargs: Any
) -> functools.partial[keras.layers.Layer]:
    """Returns a factory of normalization layers.

    Each call of the factory makes a new layer, because each place in a model
    needs weights of its own.

    Args:
        identifier: a name in `NORMS`; `"module:function"` or
            `"file.py:function"`, which names a callable of your own; `None`,
            which means no normalization, like `"none"`; a callable that returns
            a layer, such as a layer class; or the configuration of a layer, as
            `keras.saving.serialize_keras_object` returns it.
        **kwargs: arguments of the layer, e.g. `epsilon=1e-5`.

    Returns:
        A callable that takes further layer arguments (e.g. `name`) and returns
        a `keras.layers.Layer`.

    Raises:
        ValueError: the name is not in `NORMS`, and nothing of your own has it;
            or a dict is not the configuration of a layer.
        TypeError: `identifier` is a layer instance, or not callable.

    Example:

    >>> from normzoo import layers
    >>> make_norm = layers.get("layer", epsilon=1e-5)
    >>> make_norm(name="first").name, make_norm(name="second").name
    ('first', 'second')
    """
    if identifier is None:
        identifier = "none"
    return functools.partial(maker(identifier), **kwargs)


def maker(identifier):
    """Returns the callable that an identifier means, as `get` takes it."""
    if isinstance(identifier, str):
        identifier = look_up(identifier, NORMS, "normalization")
    if isinstance(identifier, dict):
        if not {"class_name", "config"} <= identifier.keys():
            raise ValueError(
                "A layer's configuration has `class_name` and `config`. "
                f"Received: a dict with {', '.join(map(str, identifier))}."
            )
        return functools.partial(from_config, identifier)
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
    return identifier


def from_config(serialized, **arguments):
    """Returns the layer of a configuration, with other arguments."""
    config = {**serialized["config"], **arguments}
    return keras.saving.deserialize_keras_object(
        {**serialized, "config": config}
    )
