"""Saving the state while `fit` runs."""

import time

import keras


class Saver(keras.callbacks.Callback):
    """Saves the state when a save is due, and when a signal ends the run.

    A save that is due at the last step of an epoch comes after the validation.
    This must be the last callback, so that the logs already contain the step.

    Args:
        checkpoints: `Checkpoints`.
        progress: `Progress`.
        config: of the run; its `epochs` and `checkpoint` are used.
        steps_per_epoch: steps of an epoch; None: not known yet.
        stop: `signals.StopRequest`.
        requests: `SharedRequests` of all workers.
        note: function without arguments that is called before each save. It
            notes in `progress` what else the checkpoint must hold.
        each_epoch: whether a save is due after each epoch, too.
    """

    def __init__(
        self,
        checkpoints,
        progress,
        config,
        steps_per_epoch,
        stop,
        requests,
        note,
        each_epoch=False,
    ):
        super().__init__()
        self.checkpoints = checkpoints
        self.progress = progress
        self.epochs = config.epochs
        self.settings = config.checkpoint
        self.steps_per_epoch = steps_per_epoch
        self.stop = stop
        self.requests = requests
        self.note = note
        self.each_epoch = each_epoch
        self._ends = False
        self._saved_step = progress.step
        self._saved_time = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        """Saves within an epoch, if a save is due."""
        known = self.steps_per_epoch is not None
        ends_epoch = known and self.progress.batch >= self.steps_per_epoch
        if ends_epoch or self.model.stop_training:
            return
        if self._is_due(self.requests.at_step):
            self._save()
            self._end_if_requested()

    def on_epoch_end(self, epoch, logs=None):
        """Saves between two epochs, if a save is due."""
        self.progress.end_epoch(logs, self.model.stop_training)
        if self.progress.takes_best(self.settings):
            self._save(best=True)
        is_due = self._is_due(self.requests.now)
        if is_due or self.each_epoch or self._is_last():
            self._save()
        self._end_if_requested()

    def _is_due(self, exchange):
        every_steps = self.settings.every_steps
        every_seconds = self.settings.every_seconds
        steps = self.progress.step - self._saved_step
        seconds = time.monotonic() - self._saved_time
        timely = 0 < every_seconds <= seconds
        requests = exchange(self.stop.signal or ("time" if timely else None))
        signals = [request for request in requests if request != "time"]
        if signals:
            # A signal to one worker counts for all, and all have heard of it.
            self.stop.signal = signals[0]
            self._ends = True
        return bool(requests) or 0 < every_steps <= steps

    def _end_if_requested(self):
        if self._ends:
            self.stop.raise_if_wanted()

    def _is_last(self):
        return self.progress.ended or self.progress.epoch == self.epochs

    def _save(self, best=False):
        self.progress.count_time()
        self.note()
        if best:
            self.checkpoints.save_best(self.progress)
        else:
            self.checkpoints.save(self.progress)
            self._saved_step = self.progress.step
            self._saved_time = time.monotonic()
