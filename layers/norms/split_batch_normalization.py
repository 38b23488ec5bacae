"""Batch normalization with statistics and an affine of each part of a batch."""

from typing import Any

import tensorflow as tf

from ..numerics.annotations import Config, Momentum, Shape, Tensor, TensorLike
from ..numerics.arguments import public_layer
from ..numerics.axes import non_batch_axis
from .batch_normalization import BatchNormalization


@public_layer
class SplitBatchNormalization(BatchNormalization):
    """Normalizes each part of the batch with a batch norm of its own.

        y = concat(norm_1(x_1), norm_2(x_2), ...) with x_1, x_2, ... = split(x)

    In training, the batch is divided into `splits` parts of equal size, each
    with its own moments, moving statistics, `gamma` and `beta`. In inference,
    and whenever `trainable` is False, the first norm is used for all examples.
    So clean examples come first in a batch, and what the model should learn
    from, but never be tested on, comes behind them: adversarial examples in
    AdvProp, strongly augmented ones in others' work.

    Args:
        splits: the number of parts, 2 or more.
        **kwargs: arguments of `BatchNormalization`, the same for all norms.

    Call arguments:
        inputs, training, mask: as in `BatchNormalization`.

    Weights:
        those of a `BatchNormalization`, which are the first norm's; then those
        of the other norms, the layers `split_2`, `split_3` and so on, of which
        `others` is a list.

    Raises:
        ValueError: `splits` does not divide a batch whose size is known, or an
            argument is out of its range. If the size of the batch is not known,
            TensorFlow raises an `InvalidArgumentError`.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import SplitBatchNormalization
    >>> layer = SplitBatchNormalization(splits=2, momentum=0.0)
    >>> clean, attacked = np.eye(3), np.eye(3) + 5
    >>> y = layer(np.concatenate([clean, attacked]), training=True)
    >>> bool(np.allclose(y[:3], y[3:], atol=1e-5))
    True
    >>> np.round([layer.moving_mean[0], layer.others[0].moving_mean[0]], 2)
    array([0.33, 5.33], dtype=float32)

    Reference: [Xie et al., 2020](https://arxiv.org/abs/1911.09665).
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: Momentum = 0.99,
        *args: Any,
        splits: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(axis, momentum, *args, **kwargs)
        self.splits = splits
        own = ("name", "trainable", "splits")
        config = {k: v for k, v in self.get_config().items() if k not in own}
        # Attributes, not a list: tf.train.Checkpoint skips what is in one.
        for name in self._names():
            norm = BatchNormalization.from_config({**config, "name": name})
            setattr(self, name, norm)

    def _names(self):
        return [f"split_{i}" for i in range(2, self.splits + 1)]

    @property
    def others(self) -> list[BatchNormalization]:
        """The norms of all parts but the first."""
        return [getattr(self, name) for name in self._names()]

    def build(self, input_shape: Shape) -> None:
        """Makes the weights."""
        non_batch_axis(self.axis, len(input_shape))
        super().build(input_shape)
        for norm in self.others:
            norm.build(input_shape)

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "splits": self.splits}

    def call(  # type: ignore[override]  # takes no modulation
        self,
        inputs: TensorLike,
        training: bool | None = None,
        mask: TensorLike | None = None,
    ) -> Tensor:
        """Normalizes `inputs`."""
        if not (training and self.trainable):
            return super().call(inputs, training, mask)
        self._check_mask(inputs, mask)
        inputs = tf.convert_to_tensor(inputs)
        parts = self._split(inputs)
        masks = [None] * self.splits if mask is None else self._split(mask)
        outputs = [super().call(parts[0], training, masks[0])]
        outputs += [
            norm(part, training=training, mask=real)
            for norm, part, real in zip(
                self.others, parts[1:], masks[1:], strict=True
            )
        ]
        return tf.concat(outputs, 0)

    def _split(self, x):
        batch = x.shape[0]
        if batch is not None and batch % self.splits:
            raise ValueError(
                f"{type(self).__name__} divides a batch into {self.splits} "
                f"parts of equal size. Received: a batch of {batch} examples. "
                "Put as many examples of each kind into a batch, one kind "
                "behind the other."
            )
        return tf.split(x, self.splits)
