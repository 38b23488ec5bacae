"""One optimizer for the stacked variables of several runs."""

import json

import keras
import numpy as np
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


#: The options that clip gradients; the first one that is set holds.
_LIMITS = ("clipnorm", "global_clipnorm", "clipvalue")


class StackedOptimizer:
    """Does to each run's part of stacked variables what its optimizer would.

    Learning rates, their schedules, weight decays, limits of clipping and
    numbers such as the momentum are those of each run; what is `None`, false or
    0 in one run is so in all.

    Args:
        optimizers: one Keras optimizer per run, all of one class in
            `ELEMENTWISE`.
        weights: Keras variables of shape `(runs, ...)`.
    """

    def __init__(self, optimizers, weights):
        self._weights = weights
        self._configs = configs = [each.get_config() for each in optimizers]
        self._own = _own_options(configs)
        self._rates = _Rates([each["learning_rate"] for each in configs])
        self._decays = _decays(configs)
        self._clip, self.limits = _clipping(configs)
        self._keras = _stacked(type(optimizers[0]), configs, self.rates)
        self._keras.build(weights)

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

    def clip(self, gradients, limit):
        """Returns the gradients of one run, clipped as its optimizer does.

        Args:
            gradients: list of tensors.
            limit: of `limits`, that of the run.
        """
        return self._clip(gradients, limit)

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

    def lend(self, run, optimizer):
        """Gives a Keras optimizer of the same class the options of a run."""
        for name in self._own:
            value = self._configs[run][name]
            if name != "learning_rate":
                setattr(optimizer, name, value)
            elif isinstance(value, dict):  # numbers are among the variables
                schedule = keras.optimizers.schedules.deserialize(value)
                optimizer.learning_rate = schedule


def beside(values, variable):
    """Returns values of the runs, `(runs,)`, to be multiplied with a stack."""
    return tf.reshape(tf.cast(values, variable.dtype), _shape(variable))


def _shape(variable):
    return [-1] + [1] * (len(variable.shape) - 1)


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
            # Keras makes float32 of a list, whatever its floats are.
            rates = np.array(configs)
            self.variable = keras.Variable(rates, trainable=False)
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


def _stacked(cls, configs, rates):
    """Returns an optimizer of stacked variables with values of each run."""
    numbers = _numbers(configs)

    class Stacked(cls):
        @property
        def learning_rate(self):
            return rates()

        def update_step(self, gradient, variable, learning_rate):
            for name, values in numbers.items():
                setattr(self, name, values.reshape(_shape(variable)))
            each = beside(learning_rate, variable)
            super().update_step(gradient, variable, each)

    config = configs[0]
    unclipped = dict.fromkeys(_LIMITS)
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
        and name not in ("learning_rate", "weight_decay", *_LIMITS)
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


def _clipping(configs):
    """Returns how gradients are clipped, and each run's limit.

    Returns:
        A function of the gradients and the limit of a run, which clips as
        Keras' optimizers do; the limits, `(runs,)`.
    """
    for name in _LIMITS:
        limits = [each[name] for each in configs]
        if limits[0]:
            return _CLIPPING[name], tf.constant(limits, tf.float64)
    return lambda gradients, limit: gradients, tf.zeros(
        len(configs), tf.float64
    )


def _by_norm(gradients, limit):
    return [tf.clip_by_norm(g, tf.cast(limit, g.dtype)) for g in gradients]


def _by_global_norm(gradients, limit):
    limit = tf.cast(limit, gradients[0].dtype)
    return tf.clip_by_global_norm(gradients, limit)[0]


def _by_value(gradients, limit):
    limits = [tf.cast(limit, gradient.dtype) for gradient in gradients]
    return [
        tf.clip_by_value(gradient, -limit, limit)
        for gradient, limit in zip(gradients, limits, strict=True)
    ]


_CLIPPING = {
    "clipnorm": _by_norm,
    "global_clipnorm": _by_global_norm,
    "clipvalue": _by_value,
}
