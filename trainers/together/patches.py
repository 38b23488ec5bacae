"""Convolutions as products of patches, which have a kernel for each run.

TensorFlow's convolutions have one kernel for all that they are vectorized over;
its matrix products have one each.
"""

import itertools

import tensorflow as tf


def convolve(x, kernel, strides, padding, dilation):
    """Returns the convolution that `keras.ops.conv` computes.

    Args:
        x: (batch, *positions, channels), of known sizes but the batch.
        kernel: (*size, channels, filters).
        strides: one for each axis of positions.
        padding: `"same"`, `"valid"`, or `"causal"`, which pads in front only.
        dilation: one for each axis of positions.

    Raises:
        ValueError: a size is not known, or the input is smaller than the
            kernel.
    """
    sizes = kernel.shape[:-2]
    axes = [
        _Axis.along(size, kernel_size, stride, padding, step)
        for size, kernel_size, stride, step in zip(
            x.shape[1:-1], sizes, strides, dilation, strict=True
        )
    ]
    x = tf.pad(x, [[0, 0], *(axis.pads for axis in axes), [0, 0]])
    patches = [
        x[(slice(None), *(a.window(i) for a, i in zip(axes, at, strict=True)))]
        for at in itertools.product(*map(range, sizes))
    ]
    patches = patches[0] if len(patches) == 1 else tf.concat(patches, -1)
    rows = tf.reshape(patches, [-1, patches.shape[-1]])
    y = tf.matmul(rows, tf.reshape(kernel, [-1, kernel.shape[-1]]))
    batch = x.shape[0] or tf.shape(x)[0]
    return tf.reshape(y, [batch, *(a.count for a in axes), kernel.shape[-1]])


class _Axis:
    """Where a kernel lies along one axis of positions.

    Args:
        count: how many times.
        pads: what the inputs are padded with in front and behind.
        stride, dilation: in positions.
    """

    def __init__(self, count, pads, stride, dilation):
        self.count = count
        self.pads = pads
        self._stride = stride
        self._dilation = dilation

    @classmethod
    def along(cls, size, kernel_size, stride, padding, dilation):
        """Returns the axis of `size` positions."""
        if size is None:
            raise ValueError(
                "A convolution over an unknown number of positions cannot be "
                "made of patches. Expected inputs of known sizes."
            )
        reach = (kernel_size - 1) * dilation
        if padding == "causal":
            size, pads = size + reach, [reach, 0]
        elif padding == "same":
            missing = (-(-size // stride) - 1) * stride + reach + 1 - size
            missing = max(missing, 0)
            size, pads = size + missing, [missing // 2, missing - missing // 2]
        else:
            pads = [0, 0]
        count = (size - reach - 1) // stride + 1
        if count < 1:
            raise ValueError(
                f"The inputs have fewer positions ({size}) than the kernel "
                f"reaches over ({reach + 1})."
            )
        return cls(count, pads, stride, dilation)

    def window(self, i):
        """Returns the positions that number `i` of the kernel lies on."""
        first = i * self._dilation
        last = first + (self.count - 1) * self._stride + 1
        return slice(first, last, self._stride)
