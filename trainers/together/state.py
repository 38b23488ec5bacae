"""The variables of several runs of one model, stacked."""

import contextlib

import keras
import numpy as np
import tensorflow as tf

from .dropout_rates import set_rates
from .optimizers import StackedOptimizer


class StackedState:
    """For each variable of a model one of shape `(runs, ...)`.

    A row of it is the state of one run. Put into the model, it leaves that as
    if it had been trained alone.

    Args:
        model: compiled, with all variables; see `run.state.build_state`.
        optimizers: one Keras optimizer per run, as `StackedOptimizer` takes.
        values: what `values_of` the runs' models were at their beginning,
            stacked; see `Stacks`.
        rates: of each run, the rates of its dropout layers, as `rates_of` says.

    Attributes:
        rates: for each dropout layer a tensor, `(runs,)`; none where all runs
            have the model's own.
        weights: stacked Keras variables, those that are trained.
        others: stacked, the model's others.
        metrics: stacked, those of its metrics.
        optimizer: the `StackedOptimizer`.
    """

    def __init__(self, model, optimizers, values, rates):
        self.runs = len(optimizers)
        self._model = model
        self.rates, self._own_rates = [], rates
        if any(each != rates[0] for each in rates):
            self.rates = [
                tf.constant(each) for each in zip(*rates, strict=True)
            ]
        made = iter(values)
        self.weights, self.others = (
            [_variable(next(made), like=v) for v in variables]
            for variables in _parts(model)
        )
        model.reset_metrics()
        self.metrics = [
            _variable(np.stack([v.numpy()] * self.runs), like=v)
            for v in model.metrics_variables
        ]
        self.optimizer = StackedOptimizer(optimizers, self.weights)
        self._targets = [
            *self.weights,
            *self.others,
            *self.metrics,
            *self.optimizer.variables,
        ]
        self._sources = own_variables(model)
        # What all runs share, such as the number of steps.
        self._shared = [
            target.shape == source.shape
            for target, source in zip(self._targets, self._sources, strict=True)
        ]

    @property
    def variables(self):
        """The `tf.Variable`s, for a checkpoint."""
        return [target.value for target in self._targets]

    def rows(self, runs):
        """Returns run -> its state, of some runs, to be kept.

        A state is a list of arrays, in the order of `own_variables`.

        Args:
            runs: their numbers.
        """
        return {
            run: [value.copy() for value in row] for run, row in self.each(runs)
        }

    def each(self, runs):
        """Yields pairs of a run and its state now, as `rows` returns them.

        They are parts of what the variables hold, and take no memory until
        these change.
        """
        if not len(runs):
            return
        # Read once: a slice of each variable for each run takes far longer.
        values = [_array(target.value) for target in self._targets]
        for run in runs:
            yield (
                run,
                [
                    value if shared else value[run]
                    for value, shared in zip(values, self._shared, strict=True)
                ],
            )

    @contextlib.contextmanager
    def keeping(self, runs):
        """Gives some runs their states back, bit by bit, at the end."""
        rows = self.rows(runs)
        yield
        for run, row in rows.items():
            for target, value, shared in zip(
                self._targets, row, self._shared, strict=True
            ):
                if not shared:
                    target.value[run].assign(value)

    def load(self, row):
        """Gives the model a state of one run, one of `rows`."""
        for source, value in zip(self._sources, row, strict=True):
            _assign(source.value, value)

    def lend(self, run):
        """Gives the model the options of a run; it was made with those of 0."""
        self.optimizer.lend(run, self._model.optimizer)
        if self.rates:
            set_rates(self._model, self._own_rates[run])

    def store(self, run):
        """Takes what is the model's own, without optimizer, for one run."""
        own = [*self.weights, *self.others]
        for source, target in zip(self._sources, own, strict=False):
            target.value[run].assign(source.value)


class Stacks:
    """Arrays of several runs, filled run by run, for each to be made and gone.

    Args:
        runs: how many there are.

    Attributes:
        arrays: list of arrays, `(runs, ...)`; empty before the first run.
    """

    def __init__(self, runs):
        self._runs = runs
        self.arrays = []

    @property
    def row_bytes(self):
        """The bytes of one run's arrays."""
        return sum(array.nbytes for array in self.arrays) // self._runs

    def set(self, run, values):
        """Copies the arrays of a run, which have the same shapes in all."""
        if not self.arrays:
            self.arrays = [
                np.empty((self._runs, *v.shape), v.dtype) for v in values
            ]
        for array, value in zip(self.arrays, values, strict=True):
            array[run] = value

    def copy(self, source, run):
        """Gives a run the arrays of another one."""
        for array in self.arrays:
            array[run] = array[source]


def own_variables(model):
    """Returns all variables that training changes, Keras' ones, in order."""
    return [
        *model.trainable_variables,
        *model.non_trainable_variables,
        *model.metrics_variables,
        *model.optimizer.variables,
    ]


def values_of(model):
    """Returns a model's weights and statistics as `StackedState` takes them."""
    return [v.numpy() for part in _parts(model) for v in part]


def _parts(model):
    return model.trainable_variables, model.non_trainable_variables


def _assign(variable, value):
    """Gives a `tf.Variable` a value; its own `assign` takes longer."""
    # The rate of a stack is float64, that of a run's optimizer is not.
    value = np.asarray(value, variable.dtype.as_numpy_dtype)
    tf.raw_ops.AssignVariableOp(resource=variable.handle, value=value)


def _array(variable):
    """Returns what a `tf.Variable` holds; its `numpy` would copy it."""
    read = tf.raw_ops.ReadVariableOp
    return np.asarray(read(resource=variable.handle, dtype=variable.dtype))


def _variable(value, like):
    return keras.Variable(value, trainable=False, dtype=like.dtype)
