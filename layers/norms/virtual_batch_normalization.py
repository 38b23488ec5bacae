"""Virtual batch normalization."""

import tensorflow as tf

from ..numerics.annotations import Shape, Tensor, TensorLike
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import normalize, spread, widen
from ..numerics.axes import known_sizes, non_batch_axis
from ..numerics.mixture import example_moments, mix
from ..numerics.pooling import pool
from .channel_normalization import ChannelNormalization
from .reference_scope import reference_rows
from .weights import add_affine_weights, add_statistic


@public_layer
class VirtualBatchNormalization(ChannelNormalization):
    """Normalizes each example with a reference batch's statistics and its own.

        mean = w own_mean + (1 - w) reference_mean
        variance = w own_variance + (1 - w) reference_variance
                   + w (1 - w) (own_mean - reference_mean)^2
        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    These are the moments of the reference batch with the example added to it.
    The example's own moments are taken over all its axes except `axis`; for
    inputs of rank 2, the mean is the input itself and the variance is 0. With a
    reference of n examples of the same size, w = 1 / (n + 1); in general, it is
    the example's share of all positions.

    An example's output does not depend on the other examples of its batch: it
    is bit-identical whatever they are and, on a CPU without XLA, however many
    there are.

    The layer stores the moments of the reference for calls without a reference.
    Before the first reference, it uses 0 and 1 for them, and w = 0. Training
    and inference are the same. `ReferenceModel` passes a reference batch
    through all such layers of a model; without it, call each layer with
    `reference`.

    Statistics, scale and shift are computed in float32 or higher; outputs have
    the policy's compute dtype.

    Args:
        axis: the axis of the channels. Its size must be known.
        epsilon: added to the variance.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer, gamma_initializer: initializers.
        beta_regularizer, gamma_regularizer: regularizers.
        beta_constraint, gamma_constraint: constraints.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of rank 2 or greater.
        reference: the reference batch as it arrives at this layer; it may
            differ from `inputs` in all sizes except that of `axis`. Gradients
            flow through its moments. None: the stored moments are used.
        mask: boolean, of the shape of the inputs without the last axis.
            Positions that are False are left out of the statistics and may hold
            anything, even NaN.
        reference_mask: the same for `reference`.
        inputs_mask: the name under which Keras passes `mask` if there is a
            reference.

    Weights, all of shape (channels,):
        gamma, beta, reference_mean, reference_variance, reference_count.

    Raises:
        ValueError: `axis` is the axis of the batch or out of range, its size is
            not known, or a mask has the wrong rank.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import VirtualBatchNormalization
    >>> layer = VirtualBatchNormalization()
    >>> reference = np.array([[1.0], [3.0]], "float32")
    >>> x = np.array([[2.0, 5.0]], "float32").T
    >>> print(np.round(layer(x, reference=reference), 2).T)
    [[0.   1.22]]
    >>> print(np.round(layer(x[1:]), 2))
    [[1.22]]

    Reference: [Salimans et al., 2016](https://arxiv.org/abs/1606.03498).
    """

    built: bool
    reference_mean = None
    reference_variance = None
    reference_count = None

    def build(self, input_shape: Shape) -> None:
        """Makes the weights."""
        axis = non_batch_axis(self.axis, len(input_shape))
        shape = known_sizes([axis], input_shape)
        wanted = {"gamma": self.scale, "beta": self.center}
        add_affine_weights(self, wanted, [axis], input_shape)
        for name, initializer in (
            ("reference_mean", "zeros"),
            ("reference_variance", "ones"),
            ("reference_count", "zeros"),
        ):
            setattr(self, name, add_statistic(self, name, initializer, shape))

    def call(
        self,
        inputs: TensorLike,
        reference: TensorLike | None = None,
        mask: TensorLike | None = None,
        reference_mask: TensorLike | None = None,
        inputs_mask: TensorLike | None = None,
    ) -> Tensor:
        """Normalizes `inputs`."""
        x = widen(inputs)
        mask = inputs_mask if mask is None else mask
        if reference is not None:
            r = tf.cast(reference, x.dtype)
            moments = self._pooled_moments(r, reference_mask)
            self._remember(moments)
        own = self._example_moments(x, mask)
        if reference is None:
            rows = reference_rows(self)
            if rows is not None:
                mean, variance = self._split_and_mix(own, rows)
                return self._normalize(x, mean, variance, mask)
            moments = self._remembered(x)
        mean, variance = mix(own, moments)
        return self._normalize(x, mean, variance, mask)

    def normalize_reference(
        self, reference: TensorLike, mask: TensorLike | None = None
    ) -> Tensor:
        """Normalizes a reference batch by its own statistics alone.

        They are remembered, as those of `layer(x, reference=reference)` are.
        """
        r = widen(reference)
        if not self.built:
            self.build(r.shape)
            self.built = True
        moments = self._pooled_moments(r, mask)
        self._remember(moments)
        mean, variance, _ = moments
        return self._normalize(r, mean, variance, mask)

    def _example_moments(self, x, mask):
        rank = len(x.shape)
        if mask is not None:
            mask = tf.cast(mask, bool)[..., tf.newaxis]
            if len(mask.shape) != rank:
                raise ValueError(
                    "The mask must have one axis fewer than the inputs. "
                    f"Received: mask.shape={mask.shape[:-1]}, "
                    f"inputs.shape={x.shape}."
                )
        return example_moments(x, non_batch_axis(self.axis, rank), mask)

    def _pooled_moments(self, x, mask):
        return pool(*self._example_moments(x, mask), axis=0)

    def _split_and_mix(self, own, rows):
        """Returns mean and variance for the reference and for the examples."""
        moments = pool(*(value[:rows] for value in own), axis=0)
        self._remember(moments)
        mixed = mix([value[rows:] for value in own], moments)
        first = tf.zeros_like(own[0][:rows])
        return [
            tf.concat([first + reference, example], 0)
            for reference, example in zip(moments[:2], mixed, strict=True)
        ]

    def _statistics(self):
        return (
            self.reference_mean,
            self.reference_variance,
            self.reference_count,
        )

    def _remember(self, moments):
        for weight, value in zip(self._statistics(), moments, strict=True):
            weight.assign(tf.cast(tf.reshape(value, [-1]), weight.dtype))

    def _remembered(self, x):
        return [spread(value, [self.axis], x) for value in self._statistics()]

    def _normalize(self, x, mean, variance, mask):
        gamma, beta = (
            spread(weight, [self.axis], x) for weight in (self.gamma, self.beta)
        )
        masked = mask is not None
        y = normalize(x, mean, variance, self.epsilon, gamma, beta, masked)
        return tf.cast(y, self.compute_dtype)
