"""Runs as one program on stacked variables."""

import contextlib

import keras
import tensorflow as tf

from ...layers.models.reestimation import (
    references_in,
    refresh_references,
)
from ...layers.numerics.restoring import restored
from .program import Program
from .vectorizing import NotVectorizableError, vectorized

#: What TensorFlow raises for operations that XLA does not have.
_NOT_COMPILED = (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError)


class Stacked(Program):
    """Trains and measures runs whose variables are stacked.

    A step of one run is written once, and vectorized over all of them:

    - outputs, loss, gradients, metrics and new states by
      `tf.vectorized_map`, of Keras' own `compute_loss` and `compute_metrics`;
    - the optimizer by itself, as it is elementwise.

    A run that diverges stays as it is then, and the others do not notice.

    Args:
        model: compiled, with all variables. It holds none of the runs, but
            lends its layers.
        state: the `StackedState` of its runs.
        feed: their `Feed`.
        check_every: after how many steps it is looked whether a run has
            diverged.
        jit_compile: whether XLA compiles the program.
    """

    def __init__(self, model, state, feed, check_every, jit_compile):
        super().__init__(feed, check_every)
        self._model = model
        self._state = state
        self._train = tf.function(
            self._training, autograph=False, jit_compile=jit_compile
        )
        # Called seldom, with batches of any size: XLA would compile each.
        self._evaluate = tf.function(
            self._evaluation, autograph=False, reduce_retracing=True
        )
        self._has_run = False
        self._refresh = tf.function(self._refreshing, autograph=False)
        self._has_references = bool(references_in(model))
        model.reset_metrics()
        self._beginning = [
            tf.identity(v.value) for v in model.metrics_variables
        ]

    @property
    def variables(self):
        """The `tf.Variable`s that training changes, for a checkpoint."""
        return self._state.variables

    def train(self, orders, start, stop, alive):
        """Takes steps of an epoch.

        Args:
            orders: from `Feed.orders`.
            start, stop: the first step in the epoch, and the first one that
                is not taken.
            alive: booleans, (runs,); the others stay as they are.

        Returns:
            Name of a metric -> its means over the epoch so far, after each of
            the steps, `(stop - start, runs)`.

        Raises:
            NotVectorizableError: at the first call; nothing is changed then.
        """
        if not start:
            for variable, value in zip(
                self._state.metrics, self._beginning, strict=True
            ):
                variable.assign(_for_each(value, self._state.runs))
        try:
            running = self._take_steps(orders, start, stop, alive)
        except _NOT_COMPILED as error:
            if self._has_run:
                raise
            raise NotVectorizableError(str(error)) from error
        self._has_run = True
        return running

    def evaluate(self, split):
        """Returns name of a metric -> its values on a split, `(runs,)`."""
        runs, found = self._state.runs, {}
        metrics = [_for_each(value, runs) for value in self._beginning]
        for batch in self._feed.evaluation_batches(split):
            metrics, found = self._evaluate(*batch, metrics)
        return {k: found[k].numpy() for k in sorted(found)}

    def refresh(self):
        """Lets `ReferenceModel`s remember, as `fit` does after each epoch."""
        if self._has_references:
            self._refresh()

    @contextlib.contextmanager
    def holding(self, run, row=None):
        """Yields the model in the state of one run.

        Args:
            run: its number.
            row: one of `rows`; None for the current state.
        """
        if row is None:
            (row,) = self.rows([run]).values()
        self._state.load(row)
        yield self._model

    def rows(self, runs):
        """Returns run -> its state, of the runs that are asked for."""
        return self._state.rows(runs)

    @contextlib.contextmanager
    def lent_statistics(self):
        """Gives all runs their statistics back, bit by bit, at the end."""
        with restored(self._state.others):
            yield

    def store(self, run):
        """Takes weights and statistics of a run from the model."""
        self._state.store(run)

    def rates(self):
        """Returns the learning rates, `(runs,)`."""
        return self._state.optimizer.rates().numpy()

    def _training(self, orders, start, stop, alive):
        steps = orders.shape[1]
        names = self._result_names()
        running = {
            name: tf.TensorArray(
                keras.config.floatx(), steps, element_shape=(self._state.runs,)
            )
            for name in names
        }

        def step(i, alive, running):
            results = self._step(orders[:, i], alive)
            running = {k: v.write(i, results[k]) for k, v in running.items()}
            finite = tf.reduce_all(
                tf.math.is_finite(tf.stack(list(results.values()))), 0
            )
            is_due = (i + 1) % self.check_every == 0
            return i + 1, alive & (finite | ~is_due), running

        *_, running = tf.while_loop(
            lambda i, *_: i < stop,
            step,
            (start, alive, running),
            maximum_iterations=steps,
        )
        return {k: v.stack() for k, v in running.items()}

    def _step(self, rows, alive):
        """Takes one step; returns name -> mean over the epoch so far."""
        state = self._state
        inputs, labels = self._feed.batch("train", rows)
        arguments = (
            _values(state.weights),
            _values(state.others),
            _values(state.metrics),
            inputs,
            labels,
            alive,
        )
        gradients, others, metrics, results = vectorized(
            self._model, self._run_step, arguments
        )
        before = [tf.convert_to_tensor(v.value) for v in state.changing]
        state.optimizer.apply(gradients)
        for variable, value in zip(state.changing, before, strict=True):
            variable.assign(_where(alive, variable.value, value))
        for variable, value in zip(
            [*state.others, *state.metrics], [*others, *metrics], strict=True
        ):
            variable.assign(value)
        return results

    def _run_step(self, arguments):
        """Takes one step of one run, but for the update of its weights."""
        weights, others, metrics, inputs, labels, alive = arguments
        model = self._model
        with self._scope(weights, others, metrics):
            with tf.GradientTape() as tape:
                tape.watch(weights)
                loss, outputs = self._loss(inputs, labels, training=True)
            gradients = tape.gradient(loss, weights)
            self._measure(inputs, labels, outputs, loss)
            return (
                self._state.optimizer.clip(gradients),
                _chosen(alive, model.non_trainable_variables, others),
                _chosen(alive, model.metrics_variables, metrics),
                self._results(),
            )

    def _evaluation(self, inputs, labels, metrics):
        """Returns the metrics' variables and their values after a batch."""
        state = self._state
        arguments = _values(state.weights), _values(state.others)
        arguments = *arguments, metrics, inputs, labels
        return vectorized(self._model, self._run_test, arguments)

    def _run_test(self, arguments):
        weights, others, metrics, inputs, labels = arguments
        with self._scope(weights, others, metrics):
            loss, outputs = self._loss(inputs, labels, training=False)
            self._measure(inputs, labels, outputs, loss)
            updated = self._model.metrics_variables
            return list(map(tf.convert_to_tensor, updated)), self._results()

    def _refreshing(self):
        state = self._state
        arguments = _values(state.weights), _values(state.others)
        refreshed = vectorized(self._model, self._run_refresh, arguments)
        for variable, value in zip(state.others, refreshed, strict=True):
            variable.assign(value)

    def _run_refresh(self, arguments):
        """Returns the variables that are not trained, of one run."""
        with self._scope(*arguments, self._beginning):
            refresh_references(self._model)
            others = self._model.non_trainable_variables
            return list(map(tf.convert_to_tensor, others))

    def _scope(self, *values):
        """Returns a scope in which the model's variables are one run's."""
        model = self._model
        variables = (
            model.trainable_variables,
            model.non_trainable_variables,
            model.metrics_variables,
        )
        pairs = [
            pair
            for names, each in zip(variables, values, strict=True)
            for pair in zip(names, each, strict=True)
        ]
        return keras.StatelessScope(pairs, collect_losses=True)

    def _loss(self, inputs, labels, training):
        outputs = self._model(inputs, training=training)
        loss = self._model.compute_loss(
            x=inputs, y=labels, y_pred=outputs, training=training
        )
        return loss, outputs

    def _measure(self, inputs, labels, outputs, loss):
        """Updates the metrics as Keras' `train_step` does."""
        mean = next(m for m in self._model.metrics if m.name == "loss")
        mean.update_state(loss, sample_weight=tf.shape(labels)[0])
        self._model.compute_metrics(inputs, labels, outputs)

    def _results(self):
        results, dtype = self._model.get_metrics_result(), keras.config.floatx()
        return {name: tf.cast(value, dtype) for name, value in results.items()}

    def _result_names(self):
        return list(self._model.get_metrics_result())


def _values(variables):
    return [variable.value for variable in variables]


def _chosen(alive, variables, before):
    """Assigns variables what they were before, unless the run is alive."""
    for variable, value in zip(variables, before, strict=True):
        variable.assign(tf.where(alive, tf.convert_to_tensor(variable), value))
    return list(map(tf.convert_to_tensor, variables))


def _for_each(value, runs):
    return tf.broadcast_to(value, (runs, *value.shape))


def _where(alive, new, old):
    shape = [-1] + [1] * (len(old.shape) - 1)
    return tf.where(tf.reshape(alive, shape), new, old)
