"""Which weights of PyTorch's modules a layer's variables are."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from ..norms.batch_normalization import BatchNormalization
from ..norms.group_normalization import GroupNormalization
from ..norms.instance_normalization import InstanceNormalization
from ..norms.layer_normalization import LayerNormalization
from ..norms.rms_normalization import RMSNormalization

L = keras.layers


@dataclasses.dataclass(frozen=True)
class Part:
    """A variable, and PyTorch's weights for it.

    Attributes:
        variable: of a layer.
        names: of the weights.
        join: function of a list of their arrays; returns the variable's value.
        split: the other way round.
    """

    variable: keras.Variable
    names: tuple[str, ...]
    join: Callable
    split: Callable


def parts_of(layer, stack):
    """Returns the `Part`s of a layer, or None if PyTorch has no such module.

    Args:
        layer: any.
        stack: the number of a recurrent layer in its module.

    Raises:
        ValueError: it is not built, or an option of its is not PyTorch's.
    """
    # A subclass may compute something else.
    make = _PARTS.get(type(layer))
    if make is None:
        return None
    if not layer.built:
        raise ValueError(
            f"The layer {layer.name!r} has no weights yet. Call it once, or "
            "its `build` with the shape of its inputs."
        )
    return make(layer, stack)


def _named(*pairs):
    """Returns what makes the parts of a norm.

    Args:
        *pairs: the attribute of a variable, and PyTorch's name for it.
    """

    def parts(layer, stack):
        del stack
        return [
            _one(variable, name, np.array, np.array)
            for attribute, name in pairs
            if (variable := getattr(layer, attribute)) is not None
        ]

    return parts


def _one(variable, name, to_layer, to_torch):
    return Part(
        variable,
        (name,),
        lambda arrays: to_layer(arrays[0]),
        lambda value: [to_torch(value)],
    )


def _kernel(layer, stack):
    """Those of `Dense` and of convolutions: the output channels come last."""
    del stack
    kernel = _one(layer.kernel, "weight", np.transpose, np.transpose)
    if len(layer.kernel.shape) > 2:
        kernel = _one(layer.kernel, "weight", _last_two, _first_two)
    bias = getattr(layer, "bias", None)
    if bias is None:
        return [kernel]
    return [kernel, _one(bias, "bias", np.array, np.array)]


def _last_two(kernel):
    return np.moveaxis(kernel, (1, 0), (-2, -1))


def _first_two(kernel):
    return np.moveaxis(kernel, (-2, -1), (1, 0))


def _recurrent(layer, stack, suffix=""):
    gates = _GATES[type(layer)]
    end = f"l{stack}{suffix}"

    def kernel(value):
        return gates(np.transpose(value), axis=1)

    def back(value):
        return np.transpose(gates(value, axis=1))

    parts = [
        _one(layer.cell.kernel, f"weight_ih_{end}", kernel, back),
        _one(layer.cell.recurrent_kernel, f"weight_hh_{end}", kernel, back),
    ]
    if layer.cell.bias is not None:
        names = (f"bias_ih_{end}", f"bias_hh_{end}")
        both = _two_biases if type(layer) is L.GRU else _one_bias
        parts.append(Part(layer.cell.bias, names, *both))
    return parts


def _gru(layer, stack, suffix=""):
    if not layer.reset_after:
        raise ValueError(
            "PyTorch's GRU applies its reset gate after the product. Received: "
            f"{layer.name!r} with reset_after=False. Use reset_after=True."
        )
    return _recurrent(layer, stack, suffix)


def _bidirectional(layer, stack):
    kinds = {type(layer.forward_layer), type(layer.backward_layer)}
    if not kinds <= _GATES.keys() or layer.merge_mode != "concat":
        raise ValueError(
            "PyTorch concatenates the outputs of both directions of an LSTM, "
            f"GRU or RNN. Received: {layer.name!r} of "
            f"{', '.join(sorted(kind.__name__ for kind in kinds))} with "
            f"merge_mode={layer.merge_mode!r}."
        )
    return [
        part
        for each, suffix in (
            (layer.forward_layer, ""),
            (layer.backward_layer, "_reverse"),
        )
        for part in _PARTS[type(each)](each, stack, suffix)
    ]


def _same_gates(value, axis):
    del axis
    return value


def _reset_first(value, axis):
    """Puts the reset gate in front of the update gate, or the other way."""
    first, second, last = np.split(value, 3, axis)
    return np.concatenate([second, first, last], axis)


#: One bias for both products, and what makes two of it.
_one_bias = (sum, lambda bias: [bias, np.zeros_like(bias)])
#: The two biases of a GRU, for the input and the state.
_two_biases = (
    lambda biases: _reset_first(np.stack(biases), axis=1),
    lambda bias: list(_reset_first(bias, axis=1)),
)

#: The order of the gates: PyTorch's from Keras', or the other way.
_GATES = {
    L.LSTM: _same_gates,
    L.GRU: _reset_first,
    L.SimpleRNN: _same_gates,
}

_AFFINE = (("gamma", "weight"), ("beta", "bias"))
_MOVING = (
    ("moving_mean", "running_mean"),
    ("moving_variance", "running_var"),
)
_PARTS = {
    **dict.fromkeys(
        (L.BatchNormalization, BatchNormalization), _named(*_AFFINE, *_MOVING)
    ),
    **dict.fromkeys(
        (
            L.LayerNormalization,
            LayerNormalization,
            L.GroupNormalization,
            GroupNormalization,
            InstanceNormalization,
        ),
        _named(*_AFFINE),
    ),
    **dict.fromkeys(
        (L.RMSNormalization, RMSNormalization), _named(("scale", "weight"))
    ),
    **dict.fromkeys((L.Dense, L.Conv1D, L.Conv2D, L.Conv3D), _kernel),
    L.LSTM: _recurrent,
    L.GRU: _gru,
    L.SimpleRNN: _recurrent,
    L.Bidirectional: _bidirectional,
}

#: Names of the layers that have a module in PyTorch.
TORCH_MODULES = tuple(dict.fromkeys(kind.__name__ for kind in _PARTS))
