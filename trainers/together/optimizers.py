"""One optimizer for the stacked variables of several runs."""

import keras
import numpy as np
import tensorflow as tf

from .beside import beside, shape_beside
from .clipping import LIMITS, clipping
from .loss_scales import loss_scales_of
from .rates import Rates

#: Each number of an update depends on the same number of the gradients alone.
#: Not so of LAMB, Adafactor or Muon, which look at a variable as a whole.
ELEMENTWISE = (
    keras.optimizers.SGD,
    keras.optimizers.RMSprop,
    keras.optimizers.Adagrad,
    keras.optimizers.Adadelta,
    keras.optimizers.Adam,
    keras.optimizers.AdamW,
    keras.optimizers.Adamax,
    keras.optimizers.Nadam,
    keras.optimizers.Ftrl,
    keras.optimizers.Lion,
)


class StackedOptimizer:
    """Does to each run's part of stacked variables what its optimizer would.

    Learning rates, their schedules, weight decays, limits of clipping and
    numbers such as the momentum are those of each run; what is `None`, false or
    0 in one run is so in all. Loss scales are those of each run, too, and so
    are the steps that they skip.

    Args:
        optimizers: one Keras optimizer per run, all of one class in
            `ELEMENTWISE`, or in a `LossScaleOptimizer` each.
        weights: Keras variables of shape `(runs, ...)`.

    Attributes:
        loss_scales: the `LossScales` of the runs.
        limits: of clipping, `(runs,)`.
    """

    def __init__(self, optimizers, weights):
        self.loss_scales, optimizers = loss_scales_of(optimizers)
        self._weights = weights
        self._configs = configs = [each.get_config() for each in optimizers]
        self._own = _own_options(configs)
        self._rates = Rates([each["learning_rate"] for each in configs])
        self._decays = _decays(configs)
        self._clip, self.limits = clipping(configs)
        self._keras = _stacked(
            type(optimizers[0]), configs, self.rates, self.loss_scales.steps
        )
        self._keras.build(weights)

    @property
    def variables(self):
        """Keras variables, in the order of those of a run's optimizer.

        Those of the runs are stacked, those that all share are not.
        """
        _, *others = self._keras.variables
        if self._rates.variable is not None:
            # The second one is the learning rate, where it is a number.
            others[0] = self._rates.variable
        return [*self.loss_scales.variables, self._steps, *others]

    def rates(self):
        """Returns the learning rates of the next step, `(runs,)`."""
        return self._rates(self._steps)

    @property
    def _steps(self):
        """The steps that have been taken, of all runs or `(runs,)`."""
        own = self.loss_scales.steps
        return self._keras.iterations if own is None else own

    def clip(self, gradients, limit):
        """Returns the gradients of one run, clipped as its optimizer does.

        Args:
            gradients: list of tensors.
            limit: of `limits`, that of the run.
        """
        return self._clip(gradients, limit)

    def apply(self, gradients, finite):
        """Takes one step of all runs whose gradients are finite.

        Args:
            gradients: stacked, and clipped already.
            finite: booleans, `(runs,)`.
        """
        # Before them are the step and, where it is a number, the rate.
        slots = self._keras.variables[
            1 if self._rates.variable is None else 2 :
        ]
        self.loss_scales.update(
            finite, [*self._weights, *slots], lambda: self._apply(gradients)
        )

    def _apply(self, gradients):
        if self._decays is not None:
            rates = self.rates()
            for weight in self._weights:
                decays = beside(self._decays, weight)
                weight.assign_sub(weight * decays * beside(rates, weight))
        self._keras.apply(gradients, self._weights)

    def lend(self, run, optimizer):
        """Gives a Keras optimizer of the same class the options of a run."""
        optimizer = self.loss_scales.lend(run, optimizer)
        for name in self._own:
            value = self._configs[run][name]
            if name != "learning_rate":
                setattr(optimizer, name, value)
            elif isinstance(value, dict):  # numbers are among the variables
                schedule = keras.optimizers.schedules.deserialize(value)
                optimizer.learning_rate = schedule


def _stacked(cls, configs, rates, steps):
    """Returns an optimizer of stacked variables with values of each run."""
    numbers = _numbers(configs)

    class Stacked(cls):
        @property
        def iterations(self):
            if steps is None:
                return super().iterations
            return self._steps_beside

        @property
        def learning_rate(self):
            return rates()

        def update_step(self, gradient, variable, learning_rate):
            for name, values in numbers.items():
                setattr(self, name, values.reshape(shape_beside(variable)))
            if steps is not None:
                self._steps_beside = tf.reshape(
                    steps.value, shape_beside(variable)
                )
            each = beside(learning_rate, variable)
            super().update_step(gradient, variable, each)

    config = configs[0]
    unclipped = dict.fromkeys(LIMITS)
    if not isinstance(config["learning_rate"], dict):
        config = {**config, "learning_rate": 0.0}
    optimizer = Stacked.from_config({**config, **unclipped})
    # `StackedOptimizer` does it, with rates and decays of each run.
    optimizer.weight_decay = None
    return optimizer


class _Each(np.ndarray):
    """A number of each run, in place of one: `if momentum > 0` must work."""

    def __bool__(self):
        return bool(np.asarray(self).all())


def _numbers(configs):
    """Returns name -> values, of the optimizer's numbers that differ."""
    return {
        name: np.array([each[name] for each in configs]).view(_Each)
        for name in _own_options(configs)
        if isinstance(configs[0][name], float)
        and name not in ("learning_rate", "weight_decay", *LIMITS)
    }


def _own_options(configs):
    """Returns the options that are not the same in all runs."""
    return [
        name
        for name, value in configs[0].items()
        if name != "name" and any(each[name] != value for each in configs)
    ]


def _decays(configs):
    decays = [each["weight_decay"] for each in configs]
    if all(decay is None for decay in decays):
        return None
    return tf.constant([decay or 0.0 for decay in decays], tf.float64)
