"""A grouped convolution that trains on a CPU in the time of its arithmetic."""

import keras
import tensorflow as tf

from ..layers.numerics.target import on_cpu


@keras.saving.register_keras_serializable(package="normzoo")
class GroupedConv2D(keras.layers.Conv2D):
    """Keras' `Conv2D` for `groups` of more than one, faster on a CPU.

        y = concat(conv(x_1, kernel_1), ..., conv(x_G, kernel_G)) + bias

    where x_g are the inputs' channels of a group and kernel_g is the kernel's
    part that makes the outputs of that group. Keras compiles a grouped
    convolution with XLA, which on a CPU takes many times as long as
    TensorFlow's convolutions, in gradients above all. With nothing but CPUs,
    this layer calls those, one a group, or the depthwise one where a group is
    one channel; elsewhere it is Keras' layer.

    Weights, their shapes and names, and what it computes are those of
    `keras.layers.Conv2D`.

    Args:
        *args, **kwargs: arguments of `keras.layers.Conv2D`.

    Call arguments:
        inputs: `(batch, rows, columns, channels)`, or as `data_format` says.

    Example:

    >>> import numpy as np
    >>> from normzoo.zoo.grouped_conv import GroupedConv2D
    >>> layer = GroupedConv2D(8, 3, groups=2)
    >>> layer(np.ones((1, 5, 5, 4), "float32")).shape
    TensorShape([1, 3, 3, 8])
    >>> layer.get_weights()[0].shape
    (3, 3, 2, 8)
    """

    def convolution_op(self, inputs, kernel):
        """Returns the convolution of `inputs` with `kernel`, without bias."""
        conv = super().convolution_op
        # TensorFlow has none on a CPU with the channels first; XLA has.
        last = self.data_format == "channels_last"
        if self.groups == 1 or not last or not on_cpu():
            return conv(inputs, kernel)
        if self._is_depthwise(inputs):
            return self._depthwise(inputs, tf.convert_to_tensor(kernel))
        parts = zip(
            tf.split(inputs, self.groups, axis=-1),
            tf.split(tf.convert_to_tensor(kernel), self.groups, axis=-1),
            strict=True,
        )
        return tf.concat([conv(*part) for part in parts], axis=-1)

    def _is_depthwise(self, inputs):
        """Whether TensorFlow's depthwise convolution computes the same."""
        rows, columns = self.strides
        is_plain = rows == columns and self.dilation_rate == (1, 1)
        return is_plain and self.groups == inputs.shape[-1]

    def _depthwise(self, inputs, kernel):
        # The outputs of a channel stand side by side in both.
        shape = *self.kernel_size, self.groups, self.filters // self.groups
        strides = [1, *self.strides, 1]
        padding = self.padding.upper()
        kernel = tf.reshape(kernel, shape)
        return tf.nn.depthwise_conv2d(inputs, kernel, strides, padding)
