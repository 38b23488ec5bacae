"""Batch normalization, a drop-in for Keras' layer."""

import keras
import tensorflow as tf

from ..numerics import fused
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import moments, normalize, spread, widen
from ..numerics.axes import feature_axes, known_sizes
from ..numerics.replicas import by_count
from . import renormalization
from .weights import add_affine_weights, add_statistic


@public_layer
class BatchNormalization(keras.layers.BatchNormalization):
    """Normalizes each channel over the batch.

        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    In training, mean and biased variance are those of the batch, over all axes
    except `axis`, and the moving statistics follow them:

        moving = momentum * moving + (1 - momentum) * batch statistic

    In inference, and whenever `trainable` is False, the moving statistics are
    used. The layer takes the arguments of `keras.layers.BatchNormalization` and
    has the same weights; moving statistics are float32 or higher. There are
    these differences:

    - it uses TensorFlow's fused kernel where possible, and a hand-written
      gradient elsewhere;
    - replicas of a `tf.distribute` strategy keep equal moving statistics,
      weighted by their numbers of examples;
    - large inputs do not overflow under `mixed_float16`: statistics, scale and
      shift are computed in float32 or higher, and outputs have the policy's
      compute dtype;
    - a fully masked batch leaves the moving statistics unchanged, and masked
      positions may hold anything, even NaN;
    - `synchronized=True` respects masks.

    Args:
        axis: the axis of the channels. Its size must be known.
        momentum: share of the moving statistics that a step keeps.
        epsilon: added to the variance.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer, gamma_initializer: initializers.
        moving_mean_initializer, moving_variance_initializer: initializers.
        beta_regularizer, gamma_regularizer: regularizers.
        beta_constraint, gamma_constraint: constraints.
        renorm: whether to use [batch renormalization](
            https://arxiv.org/abs/1702.03275).
        renorm_clipping: a dictionary with bounds `"rmax"`, `"rmin"`, `"dmax"`.
        renorm_momentum: the same for the statistics that renorm uses.
        synchronized: whether to compute the statistics over all replicas.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of rank 2 or greater.
        training: whether to use the batch's statistics and update the moving
            ones.
        mask: boolean, of the shape of the inputs without the last axis.
            Positions that are False are left out of the statistics and may hold
            anything, even NaN.

    Weights, all of shape (channels,):
        gamma, beta, moving_mean, moving_variance; with `renorm` also
        moving_stddev, renorm_mean, renorm_stddev.

    Raises:
        ValueError: the mask has the wrong rank, the size of `axis` is not
            known, or an argument is out of its range.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import BatchNormalization
    >>> layer = BatchNormalization(momentum=0.5)
    >>> x = np.array([[1.0, 10.0], [3.0, 30.0]], "float32")
    >>> np.round(layer(x, training=True), 2).tolist()
    [[-1.0, -1.0], [1.0, 1.0]]
    >>> layer.moving_mean.numpy().tolist()
    [1.0, 10.0]

    Reference: [Ioffe and Szegedy, 2015](https://arxiv.org/abs/1502.03167).
    """

    # Renorm is ours alone: the Keras of Python 3.10 does not know it.
    def __init__(
        self,
        *args,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.autocast = False
        self.renorm = renorm
        self.renorm_clipping = renorm_clipping
        self.renorm_momentum = renorm_momentum
        if renorm:
            renormalization.check_clipping(renorm_clipping or {})
        self.moving_stddev = None
        self.renorm_mean = None
        self.renorm_stddev = None

    def build(self, input_shape):
        """Makes the weights."""
        axes = feature_axes(self.axis, len(input_shape))
        shape = known_sizes(axes, input_shape)
        self.input_spec = keras.layers.InputSpec(
            ndim=len(input_shape), axes={self.axis: shape[0]}
        )
        wanted = {"gamma": self.scale, "beta": self.center}
        add_affine_weights(self, wanted, axes, input_shape)
        mean, variance = (
            self.moving_mean_initializer,
            self.moving_variance_initializer,
        )
        statistics = {"moving_mean": mean, "moving_variance": variance}
        if self.renorm:
            stddev = renormalization.square_root_of(variance)
            statistics["moving_stddev"] = stddev
            statistics["renorm_mean"] = renormalization.copy_of(mean)
            statistics["renorm_stddev"] = stddev
        for name, initializer in statistics.items():
            setattr(self, name, add_statistic(self, name, initializer, shape))

    def get_config(self):
        """Returns the constructor's arguments."""
        config = super().get_config()
        if self.renorm:
            config["renorm"] = self.renorm
            config["renorm_clipping"] = self.renorm_clipping
            config["renorm_momentum"] = self.renorm_momentum
        return config

    def call(self, inputs, training=None, mask=None):
        """Normalizes `inputs`."""
        self._check_mask(inputs, mask)
        inputs = tf.convert_to_tensor(inputs)
        if training and self.trainable:
            y = self._normalize_by_batch(inputs, mask)
        else:
            y = self._normalize_by_moving(inputs, mask is not None)
        return tf.cast(y, self.compute_dtype)

    def _check_mask(self, inputs, mask):
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                "The mask must have one axis fewer than the inputs. Received: "
                f"mask.shape={mask.shape}, inputs.shape={inputs.shape}."
            )

    def _normalize_by_moving(self, inputs, masked):
        statistics = self.moving_mean, self.moving_variance
        # The kernel's gradient to gamma is NaN if what is masked is.
        has_kernel = fused.has_kernel(inputs, self.axis, self.epsilon)
        if has_kernel and not masked:
            return fused.normalize_fixed(
                inputs,
                *(tf.cast(value, tf.float32) for value in statistics),
                *self._affine(tf.float32),
                self.epsilon,
            )
        x = widen(inputs)
        mean, variance = self._spread(statistics, x)
        affine = self._spread(self._affine(x.dtype), x)
        return normalize(x, mean, variance, self.epsilon, *affine, masked)

    def _normalize_by_batch(self, inputs, mask):
        plain = mask is None and not self.synchronized and not self.renorm
        if plain and fused.has_kernel(inputs, self.axis, self.epsilon):
            affine = self._affine(tf.float32)
            y, *learned = fused.normalize_batch(inputs, *affine, self.epsilon)
            self._learn(*learned)
            return y
        x = widen(inputs)
        if mask is not None:
            mask = tf.cast(mask, bool)[..., tf.newaxis]
        channels = self.axis % len(x.shape)
        axes = [axis for axis in range(len(x.shape)) if axis != channels]
        mean, variance, count = moments(x, axes, mask, self.synchronized)
        gamma, beta = self._spread(self._affine(x.dtype), x)
        if self.renorm:
            longer = self._spread((self.renorm_mean, self.renorm_stddev), x)
            ratio, shift = renormalization.correction(
                mean, variance, *longer, self.epsilon, self.renorm_clipping
            )
            gamma, beta = gamma * ratio, gamma * shift + beta
        self._learn(mean, variance, count)
        affine, masked = (gamma, beta), mask is not None
        return normalize(x, mean, variance, self.epsilon, *affine, masked)

    def _affine(self, dtype):
        """Returns gamma and beta, or 1 and 0 where there is none."""
        channels = self.moving_mean.shape
        gamma = self.gamma if self.scale else tf.ones(channels)
        beta = self.beta if self.center else tf.zeros(channels)
        return tf.cast(gamma, dtype), tf.cast(beta, dtype)

    def _spread(self, values, x):
        return [spread(value, [self.axis], x) for value in values]

    def _learn(self, mean, variance, count):
        """Moves the moving statistics, unless nothing counts."""
        # The count is a scalar, or a mask's count per channel.
        mean, variance, count = (
            tf.reshape(x, [-1]) for x in (mean, variance, count)
        )

        def move(variable, value, momentum=self.momentum):
            old = tf.cast(variable, value.dtype)
            new = momentum * old + (1 - momentum) * value
            new = tf.where(count > 0, new, old)
            variable.assign(by_count(old, new, count))
            return tf.cast(variable, value.dtype)

        move(self.moving_mean, mean)
        if not self.renorm:
            move(self.moving_variance, variance)
            return
        stddev = tf.sqrt(variance + self.epsilon)
        move(self.renorm_mean, mean, self.renorm_momentum)
        move(self.renorm_stddev, stddev, self.renorm_momentum)
        moved = tf.square(move(self.moving_stddev, stddev)) - self.epsilon
        # Momentum 0: the value is the new one, and that of all replicas.
        move(self.moving_variance, tf.nn.relu(moved), 0.0)
