"""Weights from and to the state dicts of PyTorch's modules; without PyTorch."""

import re
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from .torch_parts import TORCH_MODULES, parts_of

_RECURRENT = re.compile(r"_(l\d+)(_reverse)?$")
#: A counter of PyTorch's batch norm that no output depends on.
_COUNTER = "num_batches_tracked"


def load_torch_weights(
    layer: keras.Layer,
    state: Mapping[str, Any],
    prefix: str = "",
    *,
    stack: int = 0,
) -> None:
    """Gives a layer the weights of a PyTorch module.

    - `BatchNorm1d` to `BatchNorm3d`, `LayerNorm`, `GroupNorm`, `RMSNorm`, and
      `InstanceNorm1d` to `InstanceNorm3d` are the layers of the same names,
      Keras' or of this package;
    - `Linear` is `Dense`, `Conv1d` to `Conv3d` are `Conv1D` to `Conv3D`;
    - `LSTM`, `GRU` and `RNN` are Keras' `LSTM`, `GRU` and `SimpleRNN`; with
      `bidirectional=True`, they are in a `Bidirectional`.

    Kernels are transposed and gates put into Keras' order; the two biases of
    `LSTM` and `RNN` are added. Outputs are equal if epsilon is, too: PyTorch's
    default is 1e-5, Keras' is 1e-3. PyTorch's `momentum=0.1` is Keras'
    `momentum=0.9`.

    Args:
        layer: a built layer.
        state: a dict, name -> tensor or array, such as `module.state_dict()`.
            Tensors must be on the CPU.
        prefix: the module's name in `state`, such as `"encoder.norm"`.
        stack: of a recurrent module with `num_layers`, the number of the one
            that is meant.

    Raises:
        TypeError: there is no such module in PyTorch.
        ValueError: the layer is not built, or `state` lacks a weight of the
            layer, has one more, or one of another shape. No weight of the layer
            has changed then.

    Example:

    >>> import numpy as np
    >>> from normzoo import layers
    >>> state = {
    ...     "norm.weight": np.array([1.0, 2.0]),
    ...     "norm.bias": np.array([0.0, 1.0]),
    ...     "norm.running_mean": np.array([3.0, 4.0]),
    ...     "norm.running_var": np.array([1.0, 4.0]),
    ... }
    >>> norm = layers.BatchNormalization(epsilon=1e-5)
    >>> norm.build((None, 2))
    >>> layers.load_torch_weights(norm, state, "norm")
    >>> np.round(norm(np.array([[4.0, 6.0]])), 3).tolist()
    [[1.0, 3.0]]
    """
    parts = _parts(layer, stack)
    prefix = _with_dot(prefix)
    given = {
        name.removeprefix(prefix): np.asarray(value)
        for name, value in state.items()
        if name.startswith(prefix) and not name.endswith(_COUNTER)
    }
    given = {k: v for k, v in given.items() if _is_of(k, stack)}
    _check_names(layer, parts, given, prefix, state)
    values = []
    for part in parts:
        value = part.join([given[name] for name in part.names])
        if value.shape != tuple(part.variable.shape):
            raise ValueError(
                f"The {part.variable.name} of {layer.name!r} has the shape "
                f"{tuple(part.variable.shape)}. Received: "
                f"{', '.join(_shapes(part.names, given))} in PyTorch's order, "
                f"which makes {value.shape}."
            )
        values.append(value)
    for part, value in zip(parts, values, strict=True):
        part.variable.assign(value)


def torch_weights(
    layer: keras.Layer, prefix: str = "", *, stack: int = 0
) -> dict[str, np.ndarray]:
    """Returns a layer's weights as the state dict of a PyTorch module.

    Args:
        layer: a built layer, as of `load_torch_weights`.
        prefix: the module's name, such as `"encoder.norm"`.
        stack: of a recurrent module with `num_layers`, the number of the one
            that the layer is.

    Returns:
        A dict, name -> float array. `module.load_state_dict` takes it with
        `torch.from_numpy` around each array. Of the two biases of `LSTM` and
        `RNN` the second one is 0.

    Raises:
        TypeError, ValueError: as of `load_torch_weights`.

    Example:

    >>> import keras
    >>> from normzoo import layers
    >>> layer = keras.layers.LSTM(4)
    >>> layer.build((None, 10, 3))
    >>> {k: v.shape for k, v in layers.torch_weights(layer).items()}
    ... # doctest: +NORMALIZE_WHITESPACE
    {'weight_ih_l0': (16, 3), 'weight_hh_l0': (16, 4),
     'bias_ih_l0': (16,), 'bias_hh_l0': (16,)}
    """
    prefix, found = _with_dot(prefix), {}
    for part in _parts(layer, stack):
        arrays = part.split(keras.ops.convert_to_numpy(part.variable))
        for name, array in zip(part.names, arrays, strict=True):
            found[prefix + name] = np.ascontiguousarray(array)
    return found


def _parts(layer, stack):
    parts = parts_of(layer, stack) if isinstance(layer, keras.Layer) else None
    if parts is None:
        raise TypeError(
            "PyTorch has no module with these weights. Received: "
            f"{type(layer).__name__}. Expected one of "
            f"{', '.join(TORCH_MODULES)}."
        )
    return parts


def _with_dot(prefix):
    return f"{prefix}." if prefix and not prefix.endswith(".") else prefix


def _is_of(name, stack):
    """Whether a weight is of that one of a recurrent module's layers."""
    found = _RECURRENT.search(name)
    return found is None or found[1] == f"l{stack}"


def _check_names(layer, parts, given, prefix, state):
    wanted = [name for part in parts for name in part.names]
    missing = [name for name in wanted if name not in given]
    more = [name for name in given if name not in wanted]
    if missing or more:
        said = [f"lacks {prefix}{name}" for name in missing]
        said += [f"has {prefix}{name}, too" for name in more]
        raise ValueError(
            f"The state does not fit {layer.name!r}, a {type(layer).__name__}: "
            f"it {'; it '.join(said[:4])}. It has the names: "
            f"{', '.join(list(state)[:12]) or 'none'}. Check the prefix, and "
            "the options of the layer, such as center, scale, and use_bias."
        )


def _shapes(names, given):
    return [f"{name} {given[name].shape}" for name in names]
