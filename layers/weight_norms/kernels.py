"""The kernels of a layer, and which of their axes belong to its units."""

import contextlib
import dataclasses

import keras
import tensorflow as tf

from ..recurrent.cells import IndependentCell
from . import attention

_LAST = {"kernel": (-1,)}
_TRANSPOSED = {"kernel": (-2,)}
_DEPTHWISE = {"kernel": (-2, -1)}
_SEPARABLE = {"depthwise_kernel": (-2, -1), "pointwise_kernel": (-1,)}
_RECURRENT = {"kernel": (-1,), "recurrent_kernel": (-1,)}


def _of_einsum(layer):
    """Returns the kernel of an `EinsumDense`: units are what outputs have."""
    operands, outputs = layer.equation.split("->")
    _, kernel = (part.strip() for part in operands.split(","))
    axes = tuple(i for i, label in enumerate(kernel) if label in outputs)
    # One that sums over nothing scales its inputs.
    return {"kernel": axes} if len(axes) < len(kernel) else {}


#: Layer class -> its kernels: the attribute, and the axes that tell the units
#: apart; or a function of the layer that returns them. Along the other axes is
#: what one unit sums over, its fan-in.
UNITS = {
    keras.layers.Dense: _LAST,
    keras.layers.EinsumDense: _of_einsum,
    keras.layers.Conv1D: _LAST,
    keras.layers.Conv2D: _LAST,
    keras.layers.Conv3D: _LAST,
    keras.layers.Conv1DTranspose: _TRANSPOSED,
    keras.layers.Conv2DTranspose: _TRANSPOSED,
    keras.layers.Conv3DTranspose: _TRANSPOSED,
    keras.layers.DepthwiseConv1D: _DEPTHWISE,
    keras.layers.DepthwiseConv2D: _DEPTHWISE,
    keras.layers.SeparableConv1D: _SEPARABLE,
    keras.layers.SeparableConv2D: _SEPARABLE,
    # What is looked up, a row, is a unit.
    keras.layers.Embedding: {"embeddings": (0,)},
    keras.layers.LSTMCell: _RECURRENT,
    keras.layers.GRUCell: _RECURRENT,
    # A weight between one unit and itself is no matrix.
    IndependentCell: _LAST,
    keras.layers.SimpleRNNCell: _RECURRENT,
}


@dataclasses.dataclass(frozen=True, eq=False)
class Kernel:
    """One kernel of a layer that may or may not be built.

    Attributes:
        name: such as `"recurrent_kernel"`, in a `Bidirectional`
            `"forward_kernel"`.
        holder: the layer or the cell that has it.
        public: the attribute by which it can be read.
        axes: those of the units, perhaps negative.
        autocast: whether the layer computes with it in its compute dtype.
        part: of attention, the name of the linear map in the holder that has
            the kernel; it is made, and its axes are known, when it is built.
    """

    name: str
    holder: keras.Layer
    public: str
    axes: tuple
    autocast: bool
    part: str = ""

    def built(self):
        """Returns the `BuiltKernel`.

        Raises:
            ValueError: the layer's kernel is no variable of its own.
        """
        if self.part:
            holder = attention.part(self.holder, self.part)
            axes = _of_einsum(holder)[self.public]
            return dataclasses.replace(
                self, holder=holder, axes=axes, part=""
            ).built()
        variable = getattr(self.holder, self.public)
        for attribute, value in vars(self.holder).items():
            if value is variable and isinstance(value, keras.Variable):
                return BuiltKernel(self, attribute, variable)
        raise ValueError(
            f"The {self.public} of the layer {self.holder.name!r} is computed "
            "from others, as those of LoRA and of quantized layers are. Give "
            "the layer its weight norm first."
        )


@dataclasses.dataclass(frozen=True, eq=False)
class BuiltKernel:
    """A kernel with its variable.

    Attributes:
        kernel: the `Kernel`.
        attribute: where the holder keeps the variable.
        variable: the variable.
    """

    kernel: Kernel
    attribute: str
    variable: keras.Variable

    @property
    def units(self):
        """The axes of the units, 0 or greater."""
        rank = len(self.variable.shape)
        return tuple(axis % rank for axis in self.kernel.axes)

    @property
    def fan_in(self):
        """The axes that a unit sums over."""
        axes = range(len(self.variable.shape))
        return tuple(axis for axis in axes if axis not in self.units)

    def sizes(self, axes):
        """Returns the kernel's sizes along axes."""
        return tuple(self.variable.shape[axis] for axis in axes)

    def matrix(self, value):
        """Returns a value of the kernel as (what a unit sums over, units)."""
        order = [*self.fan_in, *self.units]
        if order != sorted(order):
            value = tf.transpose(value, order)
        units = tf.TensorShape(self.sizes(self.units)).num_elements()
        return tf.reshape(value, [-1, units])

    def put(self, value):
        """Gives the holder a value to compute with.

        Keras does not see it, which would take it for a new weight.
        """
        vars(self.holder)[self.attribute] = value

    @property
    def holder(self):
        """The layer or the cell that has it."""
        return self.kernel.holder

    def for_products(self, value):
        """Returns a value in the type that the holder would cast it to."""
        if self.kernel.autocast:
            return tf.cast(value, self.holder.compute_dtype)
        return value


@contextlib.contextmanager
def computing_with(values):
    """Puts values in the place of kernels in the block.

    Replicas of a strategy may take turns in it. Each has read its values when
    the next one begins, and whoever leaves puts the variable back.

    Args:
        values: pairs of a `BuiltKernel` and a tensor.
    """
    try:
        for kernel, value in values:
            kernel.put(kernel.for_products(value))
        yield
    finally:
        for kernel, _ in values:
            kernel.put(kernel.variable)


def kernels_of(layer):
    """Returns the `Kernel`s of a layer.

    They are those of a layer in `UNITS`, or of one that has such in it: a
    recurrent layer, attention, a wrapper, a `Bidirectional`.

    Raises:
        ValueError: it has none.
    """
    if found := list(_walk(layer, "", True)):
        return found
    known = ", ".join(dict.fromkeys(cls.__name__ for cls in UNITS))
    raise ValueError(
        f"The layer {layer.name!r} of type {type(layer).__name__} has no "
        f"kernel that a weight norm knows. Expected one of: {known}, "
        "attention, or a recurrent layer or a wrapper with such in it."
    )


def _walk(layer, prefix, autocast):
    autocast = autocast and layer.autocast
    for cls, kernels in UNITS.items():
        if isinstance(layer, cls):
            found = kernels(layer) if callable(kernels) else kernels
            for name, axes in found.items():
                yield Kernel(f"{prefix}{name}", layer, name, axes, autocast)
            return
    if attention.is_attention(layer):
        for name in attention.parts_of(layer):
            kernel = f"{prefix}{name}_kernel"
            yield Kernel(kernel, layer, "kernel", (), autocast, name)
        return
    for name, inner in _inside(layer):
        yield from _walk(inner, f"{prefix}{name}", autocast)


def _inside(layer):
    """Returns pairs of the beginning of names and a layer."""
    if isinstance(layer, keras.layers.Bidirectional):
        return [
            ("forward_", layer.forward_layer),
            ("backward_", layer.backward_layer),
        ]
    if isinstance(layer, keras.layers.StackedRNNCells):
        return [(f"cell_{i}_", cell) for i, cell in enumerate(layer.cells)]
    if isinstance(layer, keras.layers.RNN):
        return [("", layer.cell)]
    if isinstance(layer, keras.layers.Wrapper):
        return [("", layer.layer)]
    return []
