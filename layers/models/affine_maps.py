"""Layers y = K x + b that can absorb a scale and a shift."""

from typing import NamedTuple

import keras
import numpy as np


class Affine(NamedTuple):
    """The function x -> scale x + shift of each channel, in float64."""

    scale: np.ndarray
    shift: np.ndarray


def norm_affine(norm):
    """What a batch norm does to each channel at inference."""
    scale = 1 / np.sqrt(_float64(norm.moving_variance) + norm.epsilon)
    if norm.gamma is not None:
        scale = scale * _float64(norm.gamma)
    shift = -scale * _float64(norm.moving_mean)
    if norm.beta is not None:
        shift = shift + _float64(norm.beta)
    return Affine(scale, shift)


def _float64(variable):
    return variable.numpy().astype("float64")


class AffineMap:
    """The weights of one layer in float64: products of kernels, then a bias.

    Every kernel is seen as blocks `[taps, groups, inputs, outputs]`: input
    channel `(g, i)` reaches output channel `(g, o)` by `blocks[:, g, i, o]`.

    Args:
        layer: a built layer whose type is in `KERNELS`.
    """

    def __init__(self, layer):
        self._names, self._blocks_of = zip(*KERNELS[type(layer)], strict=True)
        self._kernels = [_float64(getattr(layer, n)) for n in self._names]
        self._blocks = [
            blocks_of(kernel, layer)
            for blocks_of, kernel in zip(
                self._blocks_of, self._kernels, strict=True
            )
        ]
        outputs = np.prod(self._blocks[-1].shape[1::2])
        self.bias = np.zeros(outputs)
        if layer.bias is not None:
            self.bias += _float64(layer.bias)

    def absorb_behind(self, affine):
        """Becomes scale (K x + b) + shift."""
        last = self._blocks[-1]
        last *= affine.scale.reshape(last.shape[1], 1, last.shape[3])
        self.bias = affine.scale * self.bias + affine.shift

    def absorb_in_front(self, affine):
        """Becomes K (scale x + shift) + b, for positions without padding."""
        shift = affine.shift
        for blocks in self._blocks:
            shift = shift.reshape(blocks.shape[1:3])
            shift = np.einsum("kgio,gi->go", blocks, shift).ravel()
        self.bias = self.bias + shift
        first = self._blocks[0]
        first *= affine.scale.reshape(*first.shape[1:3], 1)

    def assign_to(self, layer):
        """Writes the weights, rounded once, into a layer with a bias."""
        for name, kernel in zip(self._names, self._kernels, strict=True):
            getattr(layer, name).assign(kernel)
        layer.bias.assign(self.bias)


def _dense_blocks(kernel, layer):
    return kernel[None, None]


def _conv_blocks(kernel, layer):
    *_, inputs, outputs = kernel.shape
    groups = getattr(layer, "groups", 1)
    blocks = kernel.reshape(-1, inputs, groups, outputs // groups)
    return blocks.swapaxes(1, 2)


def _transposed_blocks(kernel, layer):
    return kernel.reshape(-1, 1, *kernel.shape[-2:]).swapaxes(2, 3)


def _depthwise_blocks(kernel, layer):
    *_, inputs, multiplier = kernel.shape
    return kernel.reshape(-1, inputs, 1, multiplier)


_CONV = (("kernel", _conv_blocks),)
_TRANSPOSED = (("kernel", _transposed_blocks),)
_DEPTHWISE = (("kernel", _depthwise_blocks),)
_SEPARABLE = (
    ("depthwise_kernel", _depthwise_blocks),
    ("pointwise_kernel", _conv_blocks),
)

#: Layer class -> its kernels in the order in which they are applied: the
#: attribute's name, and the function that views the kernel as blocks. A
#: subclass may compute something else, so only these very classes count.
KERNELS = {
    keras.layers.Dense: (("kernel", _dense_blocks),),
    keras.layers.Conv1D: _CONV,
    keras.layers.Conv2D: _CONV,
    keras.layers.Conv3D: _CONV,
    keras.layers.Conv1DTranspose: _TRANSPOSED,
    keras.layers.Conv2DTranspose: _TRANSPOSED,
    keras.layers.Conv3DTranspose: _TRANSPOSED,
    keras.layers.DepthwiseConv1D: _DEPTHWISE,
    keras.layers.DepthwiseConv2D: _DEPTHWISE,
    keras.layers.SeparableConv1D: _SEPARABLE,
    keras.layers.SeparableConv2D: _SEPARABLE,
}


def channel_axis(layer, rank):
    """The axis of a layer's channels in a tensor of that rank, as >= 0."""
    data_format = getattr(layer, "data_format", "channels_last")
    return 1 if data_format == "channels_first" else rank - 1


def reads_alike(layer):
    """Whether every output position reads the same taps, all of them inputs.

    Only then is K applied to a constant the same at every position. Zeros
    around the input break it; so do the positions of a transposed
    convolution, each of which reads other taps.
    """
    if isinstance(layer, keras.layers.Dense):
        return True
    point = set(layer.kernel_size) == {1}
    if KERNELS[type(layer)] == _TRANSPOSED:
        return point and set(layer.strides) == {1}
    return point or layer.padding == "valid"
