"""Runs as one program on models of their own."""

import contextlib
import itertools

import keras
import numpy as np
import tensorflow as tf

from ...layers.models.reestimation import refresh_references
from ...layers.numerics.restoring import restored
from ...layers.numerics.tracing import graph_of
from ..run.state import variables_of
from .feed import batch_of_any_size, part_of
from .program import Program


class SideBySide(Program):
    """Trains and measures runs that each have their own model.

    One program takes a step of all of them, by the models' own `train_step`
    and `test_step`, Keras' or others: whatever trains by `fit` trains here, and
    computes the same. It is faster because no step waits for Python, and the
    steps of different runs for each other only at their ends.

    A run that diverges stays as it is then, and the others do not notice.

    Args:
        models: compiled, with all variables, see `run.state.build_state`; one
            per run.
        feed: the `Feed` of the runs.
        check_every: after how many steps it is looked whether a run has
            diverged.
        jit_compile: whether XLA compiles the program.
    """

    def __init__(self, models, feed, check_every, jit_compile=False):
        super().__init__(feed, check_every)
        self._models = models
        self._train = graph_of(self._training, jit_compile=jit_compile)
        # Called seldom, with batches of any size: XLA would compile each.
        self._evaluate = tf.function(self._evaluation, autograph=False)
        self._train_steps, self._test_steps = (
            [_Step(model, name) for model in models]
            for name in ("train_step", "test_step")
        )

    @property
    def variables(self):
        """The `tf.Variable`s that training changes, for a checkpoint."""
        return [v for model in self._models for v in _variables(model)]

    def train(self, orders, start, stop, alive):
        """Takes steps of an epoch.

        Args:
            orders: from `Feed.orders`.
            start, stop: the first step in the epoch, and the first one that
                is not taken, at most `most` behind it.
            alive: booleans, (runs,); the others stay as they are.

        Returns:
            Name of a metric -> its means over the epoch so far, after each of
            the steps, `(stop - start, runs)`. Those of a run that has diverged
            stay what they were then.
        """
        if not start:
            for model in itertools.compress(self._models, alive):
                model.reset_metrics()
        return self._take_steps(orders, start, stop, alive)

    def evaluate(self, split):
        """Returns name of a metric -> its values on a split, `(runs,)`.

        Afterwards the metrics are again as training needs them.
        """
        found = {}
        with restored(
            v for model in self._models for v in model.metrics_variables
        ):
            for model in self._models:
                model.reset_metrics()
            for batch in self._feed.evaluation_batches(split):
                evaluate = self._evaluate.get_concrete_function(
                    batch_of_any_size(batch)
                )
                found = evaluate(batch)
        return {k: found[k].numpy() for k in sorted(found)}

    def refresh(self):
        """Lets `ReferenceModel`s remember, as `fit` does after each epoch."""
        for model in self._models:
            refresh_references(model)

    @contextlib.contextmanager
    def holding(self, run, row=None):
        """Yields the model of a run.

        Args:
            run: its number.
            row: the state to have it in, one of `rows`. The model has its own
                back at the end. None: it is as it is, and stays as it is left.
        """
        model = self._models[run]
        if row is None:
            yield model
            return
        with restored(_variables(model)):
            for variable, value in zip(_variables(model), row, strict=True):
                variable.assign(value)
            yield model

    def each(self):
        """Yields pairs of a run and its model."""
        yield from enumerate(self._models)

    def rows(self, runs):
        """Returns run -> its state, of the runs that are asked for."""
        return {
            run: [v.numpy() for v in _variables(self._models[run])]
            for run in runs
        }

    @contextlib.contextmanager
    def lent_statistics(self):
        """Gives all runs their statistics back, bit by bit, at the end."""
        with restored(
            v for model in self._models for v in model.non_trainable_variables
        ):
            yield

    def store(self, run):
        """Does nothing: what `holding` yields is the run's own model."""

    def rates(self):
        """Returns the learning rates, `(runs,)`."""
        return np.stack(
            [
                tf.convert_to_tensor(model.optimizer.learning_rate).numpy()
                for model in self._models
            ]
        )

    def _training(self, upcoming, start, stop, alive):
        batch = self._feed.batch_of(upcoming, 0)
        names = self._train_steps[0].names(part_of(0, batch))
        running = tf.TensorArray(
            keras.config.floatx(),
            self.most,
            element_shape=(len(self._models), len(names)),
        )

        def body(i, alive, running):
            batch = self._feed.batch_of(upcoming, i)
            results = tf.stack(
                [
                    step.unless(~alive[run], part_of(run, batch))
                    for run, step in enumerate(self._train_steps)
                ]
            )
            finite = tf.reduce_all(tf.math.is_finite(results), 1)
            is_due = (i + 1) % self.check_every == 0
            return (
                i + 1,
                alive & (finite | ~is_due),
                running.write(i, results),
            )

        *_, running = tf.while_loop(
            lambda i, *_: i < stop,
            body,
            (start, alive, running),
            maximum_iterations=self.most,
        )
        means = tf.unstack(running.stack(), axis=2)
        return stop, dict(zip(names, means, strict=True))

    def _evaluation(self, batch):
        """Returns name -> value for each run, up to this batch."""
        results = [
            step(part_of(run, batch))
            for run, step in enumerate(self._test_steps)
        ]
        return tf.nest.map_structure(lambda *each: tf.stack(each), *results)


class _Step:
    """A step of one model, traced once for each shape of a batch.

    Args:
        model: compiled, with all variables.
        name: `"train_step"` or `"test_step"`.
    """

    def __init__(self, model, name):
        self._model = model
        self._take = getattr(model, name)
        self._call = tf.function(self._taken, autograph=False)

    def __call__(self, batch):
        """Takes the step; returns name -> what it says, a number."""
        return self._call(batch)

    def names(self, batch):
        """Returns the names of what it says, in order."""
        traced = self._call.get_concrete_function(batch)
        return sorted(traced.structured_outputs)

    def unless(self, stays, batch):
        """Returns the values of what it says, `(names,)`.

        Args:
            stays: a boolean tensor; where it is true no step is taken. Of what
                the metrics do not know the values are NaN then.
            batch: inputs, labels and perhaps weights of these.
        """
        names = self.names(batch)

        def taken():
            results = self(batch)
            return tf.stack([results[name] for name in names])

        def unchanged():
            results = _numbers(self._model.get_metrics_result())
            nan = tf.constant(np.nan, keras.config.floatx())
            return tf.stack([results.get(name, nan) for name in names])

        return tf.cond(stays, unchanged, taken)

    def _taken(self, batch):
        return _numbers(self._take(batch))


def _variables(model):
    """Returns all `tf.Variable`s that training changes, in order."""
    return list(itertools.chain(*variables_of(model).values()))


def _numbers(results):
    dtype = keras.config.floatx()
    return {name: tf.cast(value, dtype) for name, value in results.items()}
