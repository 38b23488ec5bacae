"""Runs as one program on stacked variables."""

import concurrent.futures
import contextlib
import time

import keras
import numpy as np
import tensorflow as tf

from ...layers.models.reestimation import references_in
from ...layers.numerics.restoring import restored
from ...layers.numerics.tracing import graph_of
from ..run.checkpointing.model_file import ModelFile
from .feed import batch_of_any_size
from .mapping import Mapping
from .one_run import OneRun
from .program import Program
from .vectorizing import NotVectorizableError

#: What TensorFlow raises for operations that XLA does not have.
_NOT_COMPILED = (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError)


class Stacked(Program):
    """Trains and measures runs whose variables are stacked.

    A step of one run is written once, see `OneRun`, and mapped over all of
    them: compiled by XLA each operation is vectorized, else there is a call for
    each run. The optimizer is elementwise, and updates the stacks as they are.

    A run that diverges ends the call, and stays as it is then: it is computed
    with the others from then on, for XLA to change all variables in place, and
    put back. The others do not notice.

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
        self._one = one = OneRun(model, state.optimizer)
        self._step_of = Mapping(model, one.step, is_vectorized=jit_compile)
        self._test_of, self._refresh_of = (
            Mapping(model, function, is_vectorized=False)
            for function in (one.test, one.refresh)
        )
        self._train = graph_of(self._training, jit_compile=jit_compile)
        # Called seldom, with batches of any size: XLA would compile each.
        self._evaluate = tf.function(
            self._evaluation, autograph=False, reduce_retracing=True
        )
        self._refresh = graph_of(self._refreshing)
        self._has_references = bool(references_in(model))
        self._has_run = False
        self._file = ModelFile(model)

    @property
    def variables(self):
        """The `tf.Variable`s that training changes, for a checkpoint."""
        return self._state.variables

    def compile_ahead(self, executor):
        """Traces the training, and has a thread compile it.

        Until the thread has ended, nothing else may be done with the program.

        Args:
            executor: a `concurrent.futures.Executor`.

        Returns:
            The `Future` of the seconds that both took, or of the error that
            `train` would raise at its first call.
        """
        began = time.perf_counter()
        nobody = np.zeros(self._state.runs, bool)
        upcoming, _ = self._upcoming(self.orders(0), 0, 0)
        arguments = upcoming, *map(tf.constant, (0, 0, nobody))
        try:
            graph = self._train.trace(*arguments)
        except NotVectorizableError as error:
            future = concurrent.futures.Future()
            future.set_exception(error)
            return future
        traced = time.perf_counter() - began

        def compile_graph():
            began = time.perf_counter()
            with _compiling():
                # For no steps: it is compiled, and changes nothing.
                graph(*arguments)
            self._has_run = True
            return traced + time.perf_counter() - began

        return executor.submit(compile_graph)

    def train(self, orders, start, stop, alive):
        """Takes steps of an epoch.

        Args:
            orders: from `Feed.orders`.
            start, stop: the first step in the epoch, and the first one that
                is not taken, at most `most` behind it.
            alive: booleans, (runs,); the others stay as they are.

        Returns:
            Name of a metric -> its means over the epoch so far, after each of
            the steps, `(steps, runs)`: those up to `stop`, or up to the one
            behind which a run is not finite any more. Those of the runs that
            are not alive mean nothing.

        Raises:
            NotVectorizableError: at the first call; nothing is changed then.
        """
        if not start:
            for variable, value in zip(
                self._state.metrics, self._one.beginning, strict=True
            ):
                variable.assign(_for_each(value, self._state.runs))
        first = contextlib.nullcontext() if self._has_run else _compiling()
        with first, self._state.keeping(np.flatnonzero(~alive)):
            running = self._take_steps(orders, start, stop, alive)
        self._has_run = True
        return running

    def file_of(self, model):
        """Returns the file of the model, which is that of all runs."""
        return self._file

    def evaluate(self, split):
        """Returns name of a metric -> its values on a split, `(runs,)`."""
        runs, found = self._state.runs, {}
        metrics = [_for_each(value, runs) for value in self._one.beginning]
        for batch in self._feed.evaluation_batches(split):
            # The last batch of a split is smaller: one trace for all sizes.
            evaluate = self._evaluate.get_concrete_function(
                batch_of_any_size(batch), metrics
            )
            metrics, found = evaluate(batch, metrics)
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
        self._state.lend(run)
        try:
            yield self._model
        finally:
            self._state.lend(0)

    def each(self):
        """Yields pairs of a run and the model in its current state."""
        for run, row in self._state.each(range(self._state.runs)):
            with self.holding(run, row) as model:
                yield run, model

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

    def _training(self, upcoming, start, stop, alive):
        names = self._one.result_names()
        running = {
            name: tf.TensorArray(
                keras.config.floatx(),
                self.most,
                element_shape=(self._state.runs,),
            )
            for name in names
        }

        def step(i, _, running):
            results = self._step(self._feed.batch_of(upcoming, i))
            running = {k: v.write(i, results[k]) for k, v in running.items()}
            finite = tf.reduce_all(
                tf.math.is_finite(tf.stack(list(results.values()))), 0
            )
            is_due = (i + 1) % self.check_every == 0
            goes_on = ~is_due | tf.reduce_all(finite | ~alive)
            return i + 1, goes_on, running

        end, _, running = tf.while_loop(
            lambda i, goes_on, _: goes_on & (i < stop),
            step,
            (start, True, running),
            maximum_iterations=self.most,
        )
        return end, {k: v.stack() for k, v in running.items()}

    def _step(self, batch):
        """Takes one step; returns name -> mean over the epoch so far."""
        state = self._state
        arguments = (
            _values(state.weights),
            _values(state.others),
            _values(state.metrics),
            state.rates,
            state.optimizer.limits,
            state.optimizer.loss_scales.scales,
            batch,
        )
        gradients, finite, others, metrics, results = self._step_of(arguments)
        state.optimizer.apply(gradients, finite)
        for variable, value in zip(
            [*state.others, *state.metrics], [*others, *metrics], strict=True
        ):
            variable.assign(value)
        return results

    def _evaluation(self, batch, metrics):
        """Returns the metrics' variables and their values after a batch."""
        state = self._state
        arguments = _values(state.weights), _values(state.others)
        arguments = *arguments, metrics, batch
        return self._test_of(arguments)

    def _refreshing(self):
        state = self._state
        arguments = _values(state.weights), _values(state.others)
        refreshed = self._refresh_of(arguments)
        for variable, value in zip(state.others, refreshed, strict=True):
            variable.assign(value)


@contextlib.contextmanager
def _compiling():
    try:
        yield
    except _NOT_COMPILED as error:
        raise NotVectorizableError(str(error)) from error


def _values(variables):
    return [variable.value for variable in variables]


def _for_each(value, runs):
    return tf.broadcast_to(value, (runs, *value.shape))
