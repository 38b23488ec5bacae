"""Training that resumes where it was interrupted, and ends bit-identical."""

import contextlib
import functools
import itertools

import keras

from ...layers.numerics.restoring import remember, restore
from ..cluster.broadcast import (
    SharedRequests,
    broadcast_variables,
    from_chief,
    on_all_workers,
)
from ..cluster.strategies import distribute
from ..common import signals
from .checkpointing.checkpoints import Checkpoints
from .checkpointing.saved_state import SavedState
from .logs import MetricsLog, StopOnDivergence
from .progress import Progress, epochs_due
from .saving import Saver
from .state import variables_of


class Training:
    """A run of `keras.Model.fit` that survives its process, as a context.

    On entry the model gets the state of the newest checkpoint in
    `rundir.path/checkpoints`, if there is one, and the logs are cut back to
    it. `fit` then trains the rest. After N steps all variables and logs are
    bitwise the same however often the process was killed in between, if

    - the model computes the same from the same state, for which there is
      `config.deterministic`, and
    - all its state is in variables of its layers, metrics, optimizers and seed
      generators.

    SIGTERM and Ctrl-C save the state after the current step and end the
    process, see `normzoo.trainers.common.signals`.

    Args:
        model: a compiled `keras.Model` with all variables, see `build_state`.
            Its optimizers are attributes of it.
        batches: function of the epoch, from 0, the step in it, from 0, and a
            `Part`; it returns the `tf.data.Dataset` of that part of all
            training batches from there to the end of the run. It must return
            the same batches each time.
        steps_per_epoch: steps of an epoch; a multiple of the model's
            `steps_per_execution`.
        config: of the run; its `epochs`, `validate_every_epochs`,
            `log_every_steps` and `checkpoint` are used.
        rundir: the `RunDir`, started.

    Attributes:
        progress: the `Progress` of the run.
        log: the `MetricsLog`, for more lines.
    """

    def __init__(self, model, batches, steps_per_epoch, config, rundir):
        self.model = model
        self.batches = batches
        self.steps_per_epoch = steps_per_epoch
        self.config = config
        self.rundir = rundir
        self.progress = Progress()
        self.log = None
        self._checkpoints = None
        self._stop = None
        self._contexts = contextlib.ExitStack()

    def __enter__(self):
        variables = variables_of(self.model)
        self._checkpoints = Checkpoints(
            self.rundir.path / "checkpoints",
            SavedState(variables),
            self.config.checkpoint.keep,
        )
        self.progress = self._restore(variables)
        self.rundir.rewind(self.progress.outputs)
        log = MetricsLog(
            self.rundir.path, self.config.log_every_steps, self.progress
        )
        with contextlib.ExitStack() as contexts:
            self._stop = contexts.enter_context(signals.catch())
            self.log = contexts.enter_context(log)
            self._contexts = contexts.pop_all()
        return self

    def __exit__(self, *error):
        self._contexts.close()

    def _restore(self, variables):
        """Returns the `Progress` of the chief's checkpoint, if there is one."""
        strategy = self.model.distribute_strategy
        progress = on_all_workers(strategy, self._checkpoints.restore)
        text = from_chief(strategy, progress and progress.to_json())
        if text is None:
            return self.progress
        broadcast_variables(strategy, itertools.chain(*variables.values()))
        return progress or Progress.from_json(text)

    def fit(self, validation=None, callbacks=(), verbose=0):
        """Trains from the current position to the end.

        Args:
            validation: data and the number of steps, as from
                `distribute_one_pass`, or None.
            callbacks: Keras callbacks. Their own state is not saved.
            verbose: as in `keras.Model.fit`.
        """
        progress, epochs = self.progress, self.config.epochs
        callbacks = list(callbacks)  # they may be asked for twice
        progress.start_clock()
        if progress.batch:
            # Keras resets the metrics before each epoch, this one included.
            first = _KeepMetrics(self.model)
            self._fit(
                progress.epoch + 1, validation, [*callbacks, first], verbose
            )
        if progress.epoch < epochs and not progress.ended:
            self._fit(epochs, validation, callbacks, verbose)
        progress.count_time()

    def _fit(self, epochs, validation, callbacks, verbose):
        progress = self.progress
        data, steps = validation or (None, None)
        batches = functools.partial(
            self.batches, progress.epoch, progress.batch
        )
        self.model.fit(
            distribute(self.model.distribute_strategy, batches),
            initial_epoch=progress.epoch,
            epochs=epochs,
            steps_per_epoch=self.steps_per_epoch - progress.batch,
            validation_data=data,
            validation_steps=steps,
            validation_freq=epochs_due(
                self.config.validate_every_epochs, self.config.epochs
            ),
            callbacks=self._with_own(callbacks),
            shuffle=False,  # the batches come shuffled
            verbose=verbose,
        )

    def _with_own(self, callbacks):
        progress = self.progress
        return [
            _Counter(progress),
            self.log,
            StopOnDivergence(progress),
            *callbacks,
            Saver(
                self._checkpoints,
                progress,
                self.config,
                self.steps_per_epoch,
                self._stop,
                SharedRequests(self.model.distribute_strategy),
                self._note_sizes,
            ),
        ]

    def _note_sizes(self):
        self.log.flush()
        self.progress.outputs = self.rundir.sizes()


class _Counter(keras.callbacks.Callback):
    """Counts the steps; must come before all callbacks that read them."""

    def __init__(self, progress):
        super().__init__()
        self.progress = progress

    def on_epoch_begin(self, epoch, logs=None):
        self._batch = self.progress.batch
        self._step = self.progress.step

    def on_train_batch_end(self, batch, logs=None):
        self.progress.batch = self._batch + batch + 1
        self.progress.step = self._step + batch + 1


class _KeepMetrics(keras.callbacks.Callback):
    """Restores the metrics' state after Keras has reset it."""

    def __init__(self, model):
        super().__init__()
        self._values = remember(model.metrics_variables)

    def on_epoch_begin(self, epoch, logs=None):
        restore(self._values)
