"""How much of the moving statistics a step keeps: a number or a schedule."""

import keras
import tensorflow as tf

from ..numerics.annotations import Config
from ..numerics.arguments import is_share, plain

Schedule = keras.optimizers.schedules.LearningRateSchedule

#: Of this share of the initial values nothing is left.
_NOTHING = 1e-6


@keras.saving.register_keras_serializable(package="normzoo")
class MomentumWarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A momentum that grows from 0, for `BatchNormalization(momentum=...)`.

        momentum(t) = min(momentum, t / (t + 1))

    where t is the number of updates so far. The first batch sets the
    statistics, then they are the average of all batches with equal weights, and
    once `t / (t + 1)` reaches `momentum`, the usual moving average. There is
    never a trace of the initial values. With `momentum=1.0` they stay the
    average of all batches, as in PyTorch with `momentum=None`.

    Args:
        momentum: the final value, from 0 to 1.

    Raises:
        ValueError: `momentum` is out of its range.

    Example:

    >>> from normzoo import layers
    >>> momentum = layers.MomentumWarmUp(0.9)
    >>> [round(float(momentum(t)), 2) for t in (0, 1, 2, 8, 9, 100)]
    [0.0, 0.5, 0.67, 0.89, 0.9, 0.9]
    """

    def __init__(self, momentum: float = 0.99) -> None:
        super().__init__()
        momentum = plain(momentum)
        if not is_share(momentum):
            raise ValueError(
                "MomentumWarmUp takes a number from 0 to 1. Received: "
                f"momentum={momentum!r}."
            )
        self.momentum = momentum

    def __call__(self, step):
        """Returns the momentum after `step` updates."""
        step = tf.convert_to_tensor(step)
        step = step if step.dtype.is_floating else tf.cast(step, tf.float32)
        return tf.minimum(tf.cast(self.momentum, step.dtype), step / (step + 1))

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {"momentum": self.momentum}


def is_schedule(momentum):
    """Returns whether it is a schedule, or the configuration of one."""
    if isinstance(momentum, dict):
        return {"class_name", "config"} <= momentum.keys()
    return isinstance(momentum, Schedule)


def resolved(momentum):
    """Returns a number or a schedule, which may come as its configuration.

    Raises:
        ValueError: the schedule does not start with a number from 0 to 1.
    """
    if not is_schedule(momentum):
        return momentum
    if isinstance(momentum, dict):
        momentum = keras.saving.deserialize_keras_object(momentum)
    number = first(momentum)
    if not 0 <= number <= 1:
        raise ValueError(
            "A schedule of the momentum returns numbers from 0 to 1. Received: "
            f"{number:.4g} at step 0 from {type(momentum).__name__}."
        )
    return momentum


def first(momentum):
    """Returns the number of the first step."""
    if not isinstance(momentum, Schedule):
        return momentum
    with tf.init_scope():  # where a layer is made while a graph is traced
        return float(momentum(0))


def described(momentum):
    """Returns what `resolved` takes, for `get_config`."""
    if isinstance(momentum, Schedule):
        return keras.saving.serialize_keras_object(momentum)
    return momentum


def momentum_at(momentum, step):
    """Returns the number of a step, from 0 to 1."""
    if not isinstance(momentum, Schedule):
        return momentum
    return tf.clip_by_value(momentum(step), 0.0, 1.0)


def share_left(momentum, steps):
    """Returns the share of the initial values that is left after steps."""
    if not isinstance(momentum, Schedule):
        return momentum**steps
    left = 1.0
    for step in range(steps):
        left *= float(momentum_at(momentum, step))
        if left < _NOTHING:
            return 0.0
    return left
