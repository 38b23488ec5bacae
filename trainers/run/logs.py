"""What a run writes while it trains: `metrics.jsonl` and TensorBoard events."""

import contextlib
import json
import math

import keras
import tensorflow as tf

from ..common.files import append
from . import metrics_file
from .events import ScalarEvents
from .rundir import CONTINUES
from .state import optimizers_of


class MetricsLog(keras.callbacks.Callback):
    """Writes the metrics of `fit` to a run's folder, as a context manager.

    `metrics.jsonl` gets one object per logged step:

    - `{"step", "epoch", "split": "running", ...}`: the means over the epoch so
      far, at steps 1, 2, 4, 8, ... and then at every `every_steps`-th;
    - `{"step", "epoch", "split": "train" | "validation", ...}` at the end of
      each epoch. A value that is not finite is null.

    TensorBoard finds Keras' tags in Keras' folders: `train/` with
    `batch_*`, `epoch_*`, `epoch_learning_rate`, and `validation/` with
    `epoch_*`. The step of `batch_*` is the optimizer's, that of `epoch_*` the
    epoch, counted from 1.

    Lines that are in the files already are kept.

    Args:
        path: the run's folder.
        every_steps: number of steps between two logged ones.
        progress: the `Progress` that tells the step and the epoch.
    """

    def __init__(self, path, every_steps, progress):
        super().__init__()
        self.path = path
        self.every_steps = every_steps
        self.progress = progress
        self._file = path / metrics_file.NAME
        self._writers = {}
        self._open = contextlib.ExitStack()

    def __enter__(self):
        append(self._file, "", "The log", CONTINUES)
        with contextlib.ExitStack() as opened:
            for split in ("train", "validation"):
                writer = ScalarEvents(self.path / split)
                self._writers[split] = opened.enter_context(writer)
            self._open = opened.pop_all()
        return self

    def __exit__(self, *error):
        self._open.close()

    def flush(self):
        """Hands what has been logged so far to the operating system."""
        for writer in self._writers.values():
            writer.flush()

    def on_train_batch_end(self, batch, logs=None):
        """Logs the running means if this step is due."""
        self.log_running(logs)

    def on_epoch_end(self, epoch, logs=None):
        """Logs the epoch's metrics."""
        self.log_epoch(epoch + 1, logs, _learning_rates(self.model))

    def log_running(self, logs):
        """Logs the means over the epoch so far if `progress.step` is due."""
        step = self.progress.step
        if step < self.progress.next_log:
            return
        self.progress.next_log = step + min(step, self.every_steps)
        self._write_line(self.progress.epoch + 1, "running", logs)
        self._write_events("train", "batch", step, logs)

    def log_epoch(self, epoch, logs, rates):
        """Logs the metrics of an epoch.

        Args:
            epoch: that has just ended, from 1.
            logs: Keras' names -> values; those of validation have `val_`.
            rates: `"learning_rate"`, or what else it is called -> value.
        """
        prefix = "val_"
        validation = {
            key.removeprefix(prefix): value
            for key, value in logs.items()
            if key.startswith(prefix)
        }
        train = {k: v for k, v in logs.items() if not k.startswith(prefix)}
        train |= rates
        for split, values in (("train", train), ("validation", validation)):
            if not values:
                continue
            self._write_line(epoch, split, values)
            self._write_events(split, "epoch", epoch, values)

    def write(self, split, values, epoch):
        """Appends one line to `metrics.jsonl`, outside of `fit`'s own logs.

        Args:
            split: of the line, such as `"test"`.
            values: dict of numbers.
            epoch: that has just ended, from 1; 0 before the first one.
        """
        self._write_line(epoch, split, values)

    def _write_line(self, epoch, split, values):
        line = {"step": self.progress.step, "epoch": epoch, "split": split}
        # Opened for each line, of which there are few: none waits in a buffer.
        text = json.dumps(line | finite(values)) + "\n"
        append(self._file, text, "The log", CONTINUES)

    def _write_events(self, split, prefix, step, values):
        tagged = {f"{prefix}_{name}": value for name, value in values.items()}
        self._writers[split].write(tagged, step)


def _learning_rates(model):
    """Returns `learning_rate`, with a prefix for optimizers of other names."""
    rates = {
        name.replace("optimizer", "learning_rate"): optimizer.learning_rate
        for name, optimizer in optimizers_of(model).items()
    }
    # float() of the variable itself fails under a strategy.
    return {k: float(tf.convert_to_tensor(r)) for k, r in rates.items()}


class StopOnDivergence(keras.callbacks.Callback):
    """Ends training at the first metric that is not finite.

    Args:
        progress: the `Progress` whose `diverged` is set.
    """

    def __init__(self, progress):
        super().__init__()
        self.progress = progress

    def on_train_batch_end(self, batch, logs=None):
        """Checks the running means, which never recover from a NaN."""
        if not all(map(math.isfinite, logs.values())):
            self.progress.diverged = True
            self.model.stop_training = True


def finite(values):
    """Returns `values` with None, null in JSON, for those not finite."""
    return {k: v if math.isfinite(v) else None for k, v in values.items()}
