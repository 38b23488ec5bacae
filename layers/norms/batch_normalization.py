"""Batch normalization, a drop-in for Keras' layer."""

from collections.abc import Mapping
from typing import Any, ClassVar

import keras
import tensorflow as tf

from ..batch_statistics import ghost_kernel, ghosts, renormalization
from ..batch_statistics.last_steps import LastSteps, check_statistics
from ..batch_statistics.momentum import (
    described,
    first,
    is_schedule,
    resolved,
)
from ..batch_statistics.moving import Moving, Renormalized
from ..numerics import fused
from ..numerics.affine import Modulation, modulated, with_modulation
from ..numerics.annotations import Config, Momentum, Shape, Tensor, TensorLike
from ..numerics.arguments import is_share, public_layer
from ..numerics.arithmetic import moments, normalize, spread, widen
from ..numerics.axes import feature_axes, known_sizes, non_batch_axis
from .weights import add_affine_weights, add_statistic

#: Of the arguments that Keras' layer does not have, besides renorm's.
_DEFAULTS: dict[str, Any] = {
    "virtual_batch_size": None,
    "statistics": "moving",
    "population_steps": 100,
}


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
        momentum: share of the moving statistics that a step keeps: a number, or
            a `keras.optimizers.schedules.LearningRateSchedule` of the number of
            updates, such as `MomentumWarmUp`.
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
        virtual_batch_size: in training, the most examples that are normalized
            together ([ghost batch norm](https://arxiv.org/abs/1705.08741)). The
            batch is divided into as few groups of consecutive examples as
            possible, of equal sizes or sizes that differ by one. The moving
            statistics follow the average of the groups' means and variances,
            once per step.
        statistics: `"moving"`, the averages above; or `"population"`, the exact
            mean and variance of all values that the layer was given in its last
            steps: `population_steps` of them or more, less than twice as many.
            `momentum` is then not used.
        population_steps: see `statistics`.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of rank 2 or greater.
        training: whether to use the batch's statistics and update the moving
            ones.
        mask: boolean, of the shape of the inputs without the last axis.
            Positions that are False are left out of the statistics and may hold
            anything, even NaN.
        modulation: what a `Conditional` has made of its condition, or None.

    Weights, all of shape (channels,):
        gamma, beta, moving_mean, moving_variance; with `renorm` also
        moving_stddev, renorm_mean, renorm_stddev; with the statistics of the
        population also mean, variance and count of two windows, earlier_mean to
        recent_count. With these or a schedule also updates, a scalar.

    Raises:
        ValueError: the mask has the wrong rank, the size of `axis` is not
            known, an argument is out of its range, or two cannot be combined:
            `virtual_batch_size` with `renorm` or `synchronized`,
            `statistics="population"` with `renorm` or a schedule.

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

    argument_checks: ClassVar = {
        "momentum": (
            lambda value: is_share(value) or is_schedule(value),
            "a number from 0 to 1, or a LearningRateSchedule,",
        )
    }

    # Renorm is ours alone: the Keras of Python 3.10 does not know it.
    def __init__(
        self,
        axis: int = -1,
        momentum: Momentum = 0.99,
        *args: Any,
        renorm: bool = False,
        renorm_clipping: Mapping[str, float] | None = None,
        renorm_momentum: float = 0.99,
        virtual_batch_size: int | None = _DEFAULTS["virtual_batch_size"],
        statistics: str = _DEFAULTS["statistics"],
        population_steps: int = _DEFAULTS["population_steps"],
        **kwargs: Any,
    ) -> None:
        schedule = resolved(momentum)
        # Keras takes numbers alone.
        super().__init__(axis, first(schedule), *args, **kwargs)
        self.momentum = schedule
        self.autocast = False
        self.renorm = renorm
        self.renorm_clipping = renorm_clipping
        self.renorm_momentum = renorm_momentum
        self.virtual_batch_size = virtual_batch_size
        if renorm:
            renormalization.check_clipping(renorm_clipping or {})
        self.statistics = statistics
        self.population_steps = population_steps
        ghosts.check(virtual_batch_size, renorm, self.synchronized)
        check_statistics(statistics, self.momentum, renorm)
        for name in self._learner.weights(None, None, ()):
            setattr(self, name, None)

    def build(self, input_shape: Shape) -> None:
        """Makes the weights."""
        axes = feature_axes(self.axis, len(input_shape))
        shape = known_sizes(axes, input_shape)
        self.input_spec = keras.layers.InputSpec(
            ndim=len(input_shape), axes={self.axis: shape[0]}
        )
        if self.virtual_batch_size:
            non_batch_axis(self.axis, len(input_shape))
        wanted = {"gamma": self.scale, "beta": self.center}
        add_affine_weights(self, wanted, axes, input_shape)
        statistics = self._learner.weights(
            self.moving_mean_initializer,
            self.moving_variance_initializer,
            shape,
        )
        for name, (initializer, sizes) in statistics.items():
            setattr(self, name, add_statistic(self, name, initializer, sizes))

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        config = super().get_config()
        config["momentum"] = described(self.momentum)
        if self.renorm:
            config["renorm"] = self.renorm
            config["renorm_clipping"] = self.renorm_clipping
            config["renorm_momentum"] = self.renorm_momentum
        # Keras' layer takes the config of one that has none of its own options.
        own = {name: getattr(self, name) for name in _DEFAULTS}
        return config | {k: v for k, v in own.items() if v != _DEFAULTS[k]}

    def call(
        self,
        inputs: TensorLike,
        training: bool | None = None,
        mask: TensorLike | None = None,
        modulation: Modulation | None = None,
    ) -> Tensor:
        """Normalizes `inputs`."""
        self._check_mask(inputs, mask)
        inputs = tf.convert_to_tensor(inputs)
        if training and self.trainable:
            y = self._normalize_by_batch(inputs, mask, modulation)
        else:
            masked = mask is not None
            y = self._normalize_by_moving(inputs, masked, modulation)
        return tf.cast(y, self.compute_dtype)

    def _check_mask(self, inputs, mask):
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                "The mask must have one axis fewer than the inputs. Received: "
                f"mask.shape={mask.shape}, inputs.shape={inputs.shape}."
            )

    def _normalize_by_moving(self, inputs, masked, modulation):
        statistics = self.moving_mean, self.moving_variance
        # The kernel's gradient to gamma is NaN if what is masked is.
        has_kernel = fused.has_kernel(inputs, self.axis, self.epsilon)
        if has_kernel and not masked and modulation is None:
            return fused.normalize_fixed(
                inputs,
                *(tf.cast(value, tf.float32) for value in statistics),
                *self._affine(tf.float32),
                self.epsilon,
            )
        x = widen(inputs)
        mean, variance = self._spread(statistics, x)
        affine = with_modulation(modulation, *self._own_affine(x))
        return normalize(x, mean, variance, self.epsilon, *affine, masked)

    def _normalize_by_batch(self, inputs, mask, modulation):
        plain = mask is None and not self.synchronized and not self.renorm
        if self.virtual_batch_size:
            y, groups = self.normalize_by_groups(inputs, mask)
            self._learn(*ghosts.average(*groups))
            return modulated(y, modulation)
        if plain and fused.has_kernel(inputs, self.axis, self.epsilon):
            affine = self._affine(tf.float32)
            y, *learned = fused.normalize_batch(inputs, *affine, self.epsilon)
            self._learn(*learned)
            return modulated(y, modulation)
        x = widen(inputs)
        mask = _with_channels(mask)
        channels = self.axis % len(x.shape)
        axes = [axis for axis in range(len(x.shape)) if axis != channels]
        mean, variance, count = moments(x, axes, mask, self.synchronized)
        affine = with_modulation(modulation, *self._own_affine(x))
        if self.renorm:
            longer = self._spread((self.renorm_mean, self.renorm_stddev), x)
            correction = renormalization.correction(
                mean, variance, *longer, self.epsilon, self.renorm_clipping
            )
            affine = with_modulation(Modulation(*affine), *correction)
        self._learn(mean, variance, count)
        masked = mask is not None
        return normalize(x, mean, variance, self.epsilon, *affine, masked)

    def normalize_by_groups(
        self, inputs: TensorLike, mask: TensorLike | None = None
    ) -> tuple[Tensor, Any]:
        """Returns the outputs of ghost batches, and the groups' moments."""
        size, epsilon = self.virtual_batch_size, self.epsilon
        if mask is None and ghost_kernel.pays(inputs, size, self.axis, epsilon):
            gamma, beta = self._affine(tf.float32)
            return ghost_kernel.normalize_by_groups(
                inputs, size, epsilon, gamma, beta
            )
        x = widen(inputs)
        axis, (gamma, beta) = self.axis % len(x.shape), self._affine(x.dtype)
        return ghosts.normalize_by_groups(
            x, size, axis, epsilon, gamma, beta, _with_channels(mask)
        )

    def _affine(self, dtype):
        """Returns gamma and beta, or 1 and 0 where there is none."""
        channels = self.moving_mean.shape
        gamma = self.gamma if self.scale else tf.ones(channels)
        beta = self.beta if self.center else tf.zeros(channels)
        return tf.cast(gamma, dtype), tf.cast(beta, dtype)

    def _own_affine(self, x):
        """Returns gamma and beta, broadcast against `x`, or None."""
        return self._spread((self.gamma, self.beta), x)

    def _spread(self, values, x):
        return [spread(value, [self.axis], x) for value in values]

    @property
    def _learner(self):
        """What updates the statistics."""
        if self.statistics == "population":
            return LastSteps(self.population_steps)
        if self.renorm:
            momenta = self.momentum, self.renorm_momentum
            return Renormalized(*momenta, self.epsilon)
        return Moving(self.momentum)

    def _learn(self, *batch):
        """Updates the statistics by the batch's mean, variance and count."""
        # The count is a scalar, or a mask's count per channel.
        self._learner.learn(self, *(tf.reshape(x, [-1]) for x in batch))


def _with_channels(mask):
    """Returns a mask of the inputs' rank, or None."""
    return None if mask is None else tf.cast(mask, bool)[..., tf.newaxis]
