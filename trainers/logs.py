"""What a run writes while it trains: `metrics.jsonl` and TensorBoard events."""

import contextlib
import json
import math

import keras
import tensorflow as tf


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

    Args:
        path: the run's folder.
        every_steps: number of steps between two logged ones.
    """

    def __init__(self, path, every_steps):
        super().__init__()
        self.path = path
        self.every_steps = every_steps
        self.step = 0
        self.epoch = 0
        self._next_due = 1
        self._writers = {}
        self._open = contextlib.ExitStack()

    def __enter__(self):
        self._file = self._open.enter_context(
            open(self.path / "metrics.jsonl", "w")
        )
        for split in ("train", "validation"):
            writer = tf.summary.create_file_writer(str(self.path / split))
            self._open.callback(writer.close)
            self._writers[split] = writer
        return self

    def __exit__(self, *error):
        self._open.close()

    def on_epoch_begin(self, epoch, logs=None):
        """Notes the epoch, and how many steps have come before it."""
        self.epoch = epoch + 1
        self._first_step = self.step

    def on_train_batch_end(self, batch, logs=None):
        """Logs the running means if this step's turn has come."""
        self.step = self._first_step + batch + 1
        if self.step < self._next_due:
            return
        self._next_due = self.step + min(self.step, self.every_steps)
        self.write("running", logs)
        self._write_events("train", "batch", self.step, logs)

    def on_epoch_end(self, epoch, logs=None):
        """Logs the epoch's metrics."""
        # float() of the variable itself fails under a strategy.
        rate = float(tf.convert_to_tensor(self.model.optimizer.learning_rate))
        prefix = "val_"
        validation = {
            key.removeprefix(prefix): value
            for key, value in logs.items()
            if key.startswith(prefix)
        }
        train = {k: v for k, v in logs.items() if not k.startswith(prefix)}
        train["learning_rate"] = rate
        for split, values in (("train", train), ("validation", validation)):
            self.write(split, values)
            self._write_events(split, "epoch", self.epoch, values)

    def write(self, split, values):
        """Appends one line to `metrics.jsonl`."""
        line = {"step": self.step, "epoch": self.epoch, "split": split}
        self._file.write(json.dumps(line | finite(values)) + "\n")
        self._file.flush()

    def _write_events(self, split, prefix, step, values):
        with self._writers[split].as_default():
            for name, value in values.items():
                tf.summary.scalar(f"{prefix}_{name}", value, step=step)


class StopOnDivergence(keras.callbacks.Callback):
    """Ends training at the first loss that is not finite.

    Attributes:
        diverged: whether that has happened.
    """

    def __init__(self):
        super().__init__()
        self.diverged = False

    def on_train_batch_end(self, batch, logs=None):
        """Looks at the running mean, which never recovers from a NaN."""
        if not math.isfinite(logs["loss"]):
            self.diverged = True
            self.model.stop_training = True


def finite(values):
    """Returns `values` with None, JSON's null, for what is not finite."""
    return {k: v if math.isfinite(v) else None for k, v in values.items()}
