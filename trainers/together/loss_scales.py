"""The loss scales of several runs, as Keras scales the loss of one."""

import abc

import keras
import numpy as np
import tensorflow as tf

from .beside import shape_beside


def loss_scales_of(optimizers):
    """Returns the `LossScales` of runs, and the optimizers that are scaled.

    Args:
        optimizers: one per run, all of one class.
    """
    if isinstance(optimizers[0], keras.optimizers.LossScaleOptimizer):
        inner = [each.inner_optimizer for each in optimizers]
        return DynamicScales(optimizers), inner
    return NoScales(len(optimizers)), optimizers


class LossScales(abc.ABC):
    """What becomes of losses, gradients and skipped steps.

    Attributes:
        variables: Keras variables, in the order of those that a run's optimizer
            has in front of the ones of the optimizer that is scaled.
        steps: the steps that each run has taken, a Keras variable of shape
            `(runs,)`; None where all have taken the same.
        scales: of the runs, a tensor of shape `(runs,)`.
    """

    variables = ()
    steps = None

    @abc.abstractmethod
    def scaled(self, loss, scale):
        """Returns the loss of one run, scaled."""

    @abc.abstractmethod
    def unscaled(self, gradients, scale):
        """Returns the gradients of one run, and whether they are finite."""

    @abc.abstractmethod
    def update(self, finite, variables, take_step):
        """Takes a step of the runs whose gradients are finite.

        Args:
            finite: booleans, `(runs,)`.
            variables: stacked Keras variables that the step changes.
            take_step: function without arguments.
        """

    @abc.abstractmethod
    def lend(self, run, optimizer):
        """Gives an optimizer the options of a run; returns the unscaled one."""


class NoScales(LossScales):
    """Losses as they are."""

    def __init__(self, runs):
        self.scales = tf.ones(runs)

    def scaled(self, loss, scale):
        """Returns the loss."""
        return loss

    def unscaled(self, gradients, scale):
        """Returns the gradients, and that nothing stands against them."""
        return gradients, tf.constant(True)

    def update(self, finite, variables, take_step):
        """Takes a step of all runs."""
        take_step()

    def lend(self, run, optimizer):
        """Returns the optimizer."""
        return optimizer


class DynamicScales(LossScales):
    """Those of Keras' `LossScaleOptimizer`s, a scale for each run.

    Args:
        optimizers: one per run, which may have other initial scales.
    """

    def __init__(self, optimizers):
        self._options = [
            (each.initial_scale, each.dynamic_growth_steps)
            for each in optimizers
        ]
        initial, growth = map(np.array, zip(*self._options, strict=True))
        self.steps, self._counter = (
            _variable(np.zeros(len(optimizers)), "int") for _ in range(2)
        )
        self._growth = tf.constant(growth, self._counter.dtype)
        self._scale = _variable(initial, "float32")
        # The outer optimizer's own, which nothing changes.
        unused = _variable(0, "int"), _variable(0.0, "float32")
        self.variables = [*unused, self._counter, self._scale]

    @property
    def scales(self):
        """The scales of the next step."""
        return self._scale.value

    def scaled(self, loss, scale):
        """Returns the loss times the scale."""
        return loss * tf.cast(scale, loss.dtype)

    def unscaled(self, gradients, scale):
        """Returns the gradients by the scale, and whether all are finite."""
        finite = [tf.reduce_all(tf.math.is_finite(g)) for g in gradients]
        gradients = [g / tf.cast(scale, g.dtype) for g in gradients]
        return gradients, tf.reduce_all(tf.stack(finite))

    def update(self, finite, variables, take_step):
        """Takes a step, and back the others'; then changes the scales."""
        before = [tf.identity(v.value) for v in variables]
        take_step()
        for variable, value in zip(variables, before, strict=True):
            chosen = tf.reshape(finite, shape_beside(variable))
            variable.assign(tf.where(chosen, variable.value, value))
        self.steps.assign_add(tf.cast(finite, self.steps.dtype))
        counter, scale = self._counter.value, self._scale.value
        grows = finite & (counter == self._growth - 1)
        counts = finite & ~grows
        self._counter.assign(tf.where(counts, counter + 1, 0))
        change = tf.where(finite, tf.where(grows, 2.0, 1.0), 0.5)
        self._scale.assign(scale * change)

    def lend(self, run, optimizer):
        """Gives a `LossScaleOptimizer` the options of a run."""
        initial, growth = self._options[run]
        optimizer.initial_scale = initial
        optimizer.dynamic_growth_steps = growth
        return optimizer.inner_optimizer


def _variable(value, dtype):
    return keras.Variable(value, trainable=False, dtype=dtype)
