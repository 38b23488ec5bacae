"""One optimizer for the stacked variables of several runs."""

import json

import keras
import tensorflow as tf

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

    Learning rates, their schedules and weight decays are those of each run; all
    other options are the same in all runs.

    Args:
        optimizers: one Keras optimizer per run, all of one class in
            `ELEMENTWISE`.
        weights: Keras variables of shape `(runs, ...)`.
    """

    def __init__(self, optimizers, weights):
        self._weights = weights
        configs = [each.get_config() for each in optimizers]
        self._rates = _Rates([each["learning_rate"] for each in configs])
        self._decays = _decays(configs)
        self._clip = _clipping(configs[0])
        self._keras = _stacked(type(optimizers[0]), configs[0], self.rates)
        self._keras.build(weights)

    @property
    def rate_variable(self):
        """Holds the learning rates if they are numbers, else None."""
        return self._rates.variable

    @property
    def variables(self):
        """Keras variables, in the order of those of a run's optimizer.

        Those of the runs are stacked, those that all share are not.
        """
        if self._rates.variable is None:
            return self._keras.variables
        # The second one is the learning rate, where it is a number.
        step, _, *others = self._keras.variables
        return [step, self._rates.variable, *others]

    def rates(self):
        """Returns the learning rates of the next step, `(runs,)`."""
        return self._rates(self._keras.iterations)

    def clip(self, gradients):
        """Returns the gradients of one run, clipped as its optimizer does."""
        return self._clip(gradients)

    def apply(self, gradients):
        """Takes one step of all runs.

        Args:
            gradients: stacked, and clipped already.
        """
        if self._decays is not None:
            rates = self.rates()
            for weight in self._weights:
                decays = beside(self._decays, weight)
                weight.assign_sub(weight * decays * beside(rates, weight))
        self._keras.apply(gradients, self._weights)


def beside(values, variable):
    """Returns values of the runs, `(runs,)`, to be multiplied with a stack."""
    shape = [-1] + [1] * (len(variable.shape) - 1)
    return tf.reshape(tf.cast(values, variable.dtype), shape)


class _Rates:
    """The learning rates of all runs as a function of the step.

    Args:
        configs: numbers, or the configs of schedules.

    Attributes:
        variable: holds the rates if they are numbers, else None.
    """

    def __init__(self, configs):
        self.variable = None
        if not isinstance(configs[0], dict):
            self.variable = keras.Variable(configs, trainable=False)
            return
        texts = [json.dumps(each, sort_keys=True) for each in configs]
        # Schedules take many operations, and most runs share theirs.
        unique = list(dict.fromkeys(texts))
        self._places = [unique.index(text) for text in texts]
        self._schedules = [
            keras.optimizers.schedules.deserialize(json.loads(text))
            for text in unique
        ]

    def __call__(self, step):
        if self.variable is not None:
            return tf.convert_to_tensor(self.variable)
        rates = [tf.convert_to_tensor(each(step)) for each in self._schedules]
        return tf.gather(tf.stack(rates), self._places)


def _stacked(cls, config, rates):
    """Returns an optimizer of stacked variables with rates of their own."""

    class Stacked(cls):
        @property
        def learning_rate(self):
            return rates()

        def update_step(self, gradient, variable, learning_rate):
            each = beside(learning_rate, variable)
            super().update_step(gradient, variable, each)

    unclipped = dict.fromkeys(("clipnorm", "clipvalue", "global_clipnorm"))
    if not isinstance(config["learning_rate"], dict):
        config = {**config, "learning_rate": 0.0}
    optimizer = Stacked.from_config({**config, **unclipped})
    # `StackedOptimizer` does it, with rates and decays of each run.
    optimizer.weight_decay = None
    return optimizer


def _decays(configs):
    decays = [each["weight_decay"] for each in configs]
    if all(decay is None for decay in decays):
        return None
    return tf.constant([decay or 0.0 for decay in decays], tf.float64)


def _clipping(config):
    """Returns a function that clips gradients, as Keras' optimizers do."""
    norm, value = config["clipnorm"], config["clipvalue"]
    if norm:
        return lambda gradients: [tf.clip_by_norm(g, norm) for g in gradients]
    if config["global_clipnorm"]:
        norm = config["global_clipnorm"]
        return lambda gradients: tf.clip_by_global_norm(gradients, norm)[0]
    if value:
        return lambda gradients: [
            tf.clip_by_value(g, -value, value) for g in gradients
        ]
    return lambda gradients: gradients
