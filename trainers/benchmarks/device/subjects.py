"""The layers that are checked, and what they are compared with."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import keras

from .... import layers
from .formulas import FORMULAS

_IMAGES = (32, 5, 7, 16)
#: With few units layer norm would divide by a deviation of nearly 0.
_SEQUENCES, _UNITS = (6, 9, 8), 32

#: Type -> the largest error. Products of matrices may be made of TF32 numbers,
#: which have 10 bits behind the point.
ELEMENTWISE = {"float32": 2e-5, "mixed_bfloat16": 2e-2, "mixed_float16": 4e-3}
PRODUCTS = {"float32": 5e-3, "mixed_bfloat16": 6e-2, "mixed_float16": 1e-2}


class Subject(NamedTuple):
    """A layer that is checked.

    Attributes:
        name: for the table.
        make: function of a dtype policy, as `dtype`, that returns the layer.
        shape: of the inputs.
        formula: of `FORMULAS`; None: the same layer with float64 on the CPU,
            which the tests compare with NumPy.
        limits: type -> the largest error.
    """

    name: str
    make: Callable
    shape: tuple[int, ...]
    formula: Callable | None = None
    limits: dict[str, float] = ELEMENTWISE


def subjects():
    """Returns all of them."""
    return [*_norms(), *_refused_by_cudnn(), *_recurrent(), *_kernels()]


def _norms():
    return [
        Subject(name, norm, _IMAGES, FORMULAS.get(name))
        for name, norm in layers.NORMS.items()
        if name != "none"
    ]


def _refused_by_cudnn():
    """Yields what cudnn's batch norm does not take, or not always."""
    for what, options, shape in (
        ("epsilon 1e-7", {"epsilon": 1e-7}, _IMAGES),
        ("one channel", {}, (32, 5, 7, 1)),
        ("one position", {}, (32, 1, 1, 3)),
        ("1,025 channels", {}, (8, 2, 2, 1025)),
        ("rows", {}, (33, 7)),
        ("videos", {}, (4, 3, 2, 3, 5)),
    ):
        make = functools.partial(layers.BatchNormalization, **options)
        yield Subject(f"batch, {what}", make, shape, FORMULAS["batch"])


def _recurrent():
    for family in ("BatchNorm", "LayerNorm"):
        for kind in ("LSTM", "GRU", "SimpleRNN", "IndRNN"):
            layer = getattr(layers, family + kind)
            make = functools.partial(layer, _UNITS, return_sequences=True)
            yield Subject(layer.__name__, make, _SEQUENCES, limits=PRODUCTS)


def _kernels():
    for name in layers.WEIGHT_NORMS:
        if name != "none":
            yield Subject(
                f"{name} of Conv2D",
                functools.partial(_convolution, name),
                _IMAGES,
                limits=PRODUCTS,
            )


def _convolution(name, dtype):
    convolution = keras.layers.Conv2D(8, 3, dtype=dtype)
    return layers.get_weight_norm(name)(convolution)
