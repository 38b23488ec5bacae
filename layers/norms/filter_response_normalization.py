"""Filter response normalization with its thresholded linear unit."""

import keras
import tensorflow as tf
from keras import constraints, initializers, regularizers

from ..numerics.arithmetic import mean_square, normalize, spread, widen
from ..numerics.axes import channel_axis, known_sizes
from .weights import add_affine_weight


@keras.saving.register_keras_serializable(package="normzoo")
class FilterResponseNormalization(keras.layers.Layer):
    """Divides each channel of each example by its root mean square.

        y = gamma * x / sqrt(mean(x^2) + epsilon) + beta
        outputs = max(y, tau)

    with the mean over the positions of one channel of one example. The maximum
    is the thresholded linear unit (TLU), an activation: no ReLU should follow.
    Training and inference are one.

    Where a channel has one position (dense layers, 1x1 maps) the quotient is
    little more than the sign of x; the paper learns epsilon there, from 1e-4:
    `learned_epsilon=True, epsilon=1e-4`.

    The arithmetic is float32 at least whatever the dtype policy; outputs have
    the policy's compute dtype.

    Args:
        axis: the axis of the channels. Its size must be known.
        epsilon: added to the mean square; the initial value if it is learned.
        learned_epsilon: whether |epsilon| is a weight, one for all channels.
        threshold: whether to take the maximum with `tau`.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer, gamma_initializer, tau_initializer: initializers.
        beta_regularizer, gamma_regularizer, tau_regularizer: regularizers.
        beta_constraint, gamma_constraint, tau_constraint: constraints.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of shape (batch, ...), of rank 2 or greater.

    Weights:
        gamma, beta, tau: of shape (channels,).
        learned_epsilon: of shape ().

    Raises:
        ValueError: `axis` is out of range or the batch's, or its size is not
            known.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import FilterResponseNormalization
    >>> x = np.array([[[0.0, 9.0], [0.0, 9.0], [0.0, -9.0], [4.0, 9.0]]])
    >>> np.round(FilterResponseNormalization()(x), 2).tolist()
    [[[0.0, 1.0], [0.0, 1.0], [0.0, 0.0], [2.0, 1.0]]]

    Reference: [Singh and Krishnan, 2020](https://arxiv.org/abs/1911.09737).
    """

    #: Behind a Dense layer there are no positions to take statistics over.
    over_positions = True

    def __init__(
        self,
        axis=-1,
        epsilon=1e-6,
        learned_epsilon=False,
        threshold=True,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        tau_initializer="zeros",
        beta_regularizer=None,
        gamma_regularizer=None,
        tau_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        tau_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.autocast = False
        self.supports_masking = True
        self.axis = axis
        self.epsilon = epsilon
        self.learned_epsilon = learned_epsilon
        self.threshold = threshold
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.tau_initializer = initializers.get(tau_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.tau_regularizer = regularizers.get(tau_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.tau_constraint = constraints.get(tau_constraint)
        self.gamma = None
        self.beta = None
        self.tau = None
        self.epsilon_weight = None

    def build(self, input_shape):
        """Makes the weights."""
        axis = channel_axis(self.axis, len(input_shape))
        shape = known_sizes([axis], input_shape)
        if self.scale:
            self.gamma = add_affine_weight(self, "gamma", shape)
        if self.center:
            self.beta = add_affine_weight(self, "beta", shape)
        if self.threshold:
            self.tau = add_affine_weight(self, "tau", shape)
        if self.learned_epsilon:
            self.epsilon_weight = self.add_weight(
                name="learned_epsilon",
                shape=(),
                initializer=initializers.Constant(self.epsilon),
                autocast=False,
            )

    def call(self, inputs):
        """Normalizes `inputs`."""
        x = widen(inputs)
        axis = channel_axis(self.axis, len(x.shape))
        positions = [i for i in range(1, len(x.shape)) if i != axis]
        square, epsilon = mean_square(x, positions), self.epsilon
        if self.learned_epsilon:
            square += tf.cast(tf.abs(self.epsilon_weight.value), x.dtype)
            epsilon = 0.0
        gamma = spread(self.gamma, [axis], x)
        beta = spread(self.beta, [axis], x)
        zero = tf.zeros_like(square)
        y = normalize(x, zero, square, epsilon, gamma, beta)
        if self.threshold:
            y = tf.maximum(y, spread(self.tau, [axis], x))
        return tf.cast(y, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Returns `input_shape`."""
        return input_shape

    def get_config(self):
        """Returns the arguments of the constructor."""
        config = {
            "axis": self.axis,
            "epsilon": self.epsilon,
            "learned_epsilon": self.learned_epsilon,
            "threshold": self.threshold,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
            "tau_initializer": initializers.serialize(self.tau_initializer),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "tau_regularizer": regularizers.serialize(self.tau_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
            "tau_constraint": constraints.serialize(self.tau_constraint),
        }
        return {**super().get_config(), **config}
