"""The batch-normalized LSTM as one would write it: a cell for `keras.RNN`."""

import keras
from keras import ops


class BatchNormLSTMCell(keras.layers.LSTMCell):
    """A Keras cell that normalizes its products and its cell state.

    It has no moving statistics, which costs it less than it should.
    """

    def build(self, input_shape):
        """Makes the weights."""
        super().build(input_shape)
        sizes = {"input": 4, "recurrent": 4, "cell": 1}
        self.gammas = {
            site: self.add_weight(
                shape=(gates * self.units,),
                initializer=keras.initializers.Constant(0.1),
                name=f"gamma_{site}",
            )
            for site, gates in sizes.items()
        }
        self.beta = self.add_weight(shape=(self.units,), initializer="zeros")

    def call(self, inputs, states, training=False):
        """Returns h, and h and c."""
        h, c = states
        x = self._normalize("input", ops.matmul(inputs, self.kernel))
        r = self._normalize("recurrent", ops.matmul(h, self.recurrent_kernel))
        i, f, g, o = ops.split(x + r + self.bias, 4, -1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        normal = self._normalize("cell", c) + ops.cast(self.beta, c.dtype)
        h = ops.sigmoid(o) * ops.tanh(normal)
        return h, [h, c]

    def _normalize(self, site, x):
        wide = ops.cast(x, "float32")
        mean, variance = ops.moments(wide, 0)
        gamma = ops.cast(self.gammas[site], "float32")
        y = ops.batch_normalization(wide, mean, variance, -1, scale=gamma)
        return ops.cast(y, x.dtype)
