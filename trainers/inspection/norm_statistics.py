"""What the norms of a model do while it trains, for TensorBoard."""

import os
import pathlib
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from ...layers.models.norm_paths import norm_paths
from ..common.errors import InputError
from ..common.paths import user_path
from ..run.events import ScalarEvents
from ..run.state import has_all_variables, steps_of
from ..run.summaries import histogram, image, steps_histogram
from . import magnitudes
from .batches import Watched, unwatched
from .distances import distances
from .heat_maps import heat_map
from .norm_measures import PERCENTILES, moving_over_time, weights_of
from .watched_step import step_watcher

#: Below the log folder: TensorBoard reads one file of a folder at a time.
FOLDER = "norms"


class NormStatistics(keras.callbacks.Callback):
    """Shows inputs of norms and sizes of gradients in TensorBoard.

    At the first step of a `fit` and at every `every`-th step, it takes the
    batch of the training step, computes the step once more, and then restores
    all variables, so training is bit-identical with and without it. A model
    that has never been trained is examined from its second step on, when Keras
    has created all variables. For the weights before the step, it writes

    - for each norm, histograms of its inputs, outputs and weights, including
      moving statistics; the {15, 50, 85} percentiles of the middle unit's
      input; and the distance of the moving statistics from the batch's;
    - the norms of gradients, of weights and of their updates, in total and for
      each layer;
    - for recurrent layers with norms, heat maps of the mean and variance of the
      outputs, of the inputs of the norms inside and of the moving statistics at
      each time step; the distance of the latter from the batch's; and the norm
      of the loss gradient with respect to the input of each time step. For
      layers in the cell of a `keras.layers.RNN`, also their inputs.

    Masked positions are left out.

    `docs/tensorboard.md` explains each tag. Steps are numbered by the
    optimizer, also after training was resumed. With `steps_per_execution` above
    1, the call into TensorFlow that contains such a step is examined: figures
    are those of its first batch, and the update is that of the whole call.
    Under a `MirroredStrategy`, gradients are those of all replicas, and norms
    are shown as the first replica has them; under other strategies, only
    weights and updates are written.

    Args:
        log_dir: folder for TensorBoard; the events are in `norms` below it.
        every: number of steps between two that are examined.

    Raises:
        InputError: `every` is not a positive whole number.

    Example:

    >>> import keras, numpy as np, tempfile
    >>> from normzoo.trainers.callbacks import NormStatistics
    >>> model = keras.Sequential([keras.layers.Dense(4)])
    >>> model.add(keras.layers.BatchNormalization())
    >>> model.compile("sgd", "mse")
    >>> callback = NormStatistics(tempfile.mkdtemp(), every=10)
    >>> x, y = np.ones((8, 2)), np.ones((8, 4))
    >>> history = model.fit(x, y, verbose=0, callbacks=[callback])
    """

    def __init__(self, log_dir: str | os.PathLike, every: int = 200) -> None:
        super().__init__()
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise InputError(
                "`every` must be a positive whole number of steps. Received: "
                f"{every!r}."
            )
        self.log_dir = pathlib.Path(user_path(log_dir, "log_dir"))
        self.every = every

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Opens the file, and watches the model's train function."""
        model = self.model
        self._norms = self._watch = None  # a model may have no layers yet
        self._per_call = model.steps_per_execution
        self._count = steps_of(self.model)
        self._events = ScalarEvents(self.log_dir / FOLDER)
        model.train_function = self._watched = Watched(
            unwatched(model.train_function),
            self._per_call,
            model.distribute_strategy,
            self._is_due,
            self._before,
            self._after,
        )

    def on_epoch_begin(
        self, epoch: int, logs: Mapping[str, float] | None = None
    ) -> None:
        """Counts again: the last call of an epoch may hold fewer steps."""
        self._count = steps_of(self.model)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Closes the file, and lets the train function alone."""
        self._watched.stop()
        self.model.train_function = unwatched(self.model.train_function)
        self._events.close()

    def _is_due(self):
        first, last = self._count + 1, self._count + self._per_call
        self._count = last
        if self._watch is None:
            return has_all_variables(self.model)
        return last // self.every > (first - 1) // self.every

    def _before(self, batch):
        """Measures the model before a step."""
        if self._watch is None:
            self._prepare()
        self._step = steps_of(self.model) + 1
        self._old = [w.value + 0 for w in self.model.trainable_weights]
        self._sizes("weight_norm", magnitudes.squares(self._old))
        seen = [{}] * len(self._norms)
        if batch is not None:
            seen, gradients = self._watch(batch)
            squares = magnitudes.squares(gradients)
            self._sizes("gradient_norm", squares, through_depth=True)
        for (norm, path), found in zip(self._norms.items(), seen, strict=True):
            found = {name: value.numpy() for name, value in found.items()}
            self._write_norm(norm, path, found)

    def _prepare(self):
        self._norms = norm_paths(self.model)
        self._watch = step_watcher(self.model, list(self._norms))
        self._layers = magnitudes.places(self.model.trainable_weights)

    def _after(self):
        """Measures the update, and hands everything to the system."""
        new = [w.value + 0 for w in self.model.trainable_weights]
        changes = magnitudes.squared_changes(self._old, new)
        self._sizes("update_norm", changes)
        self._old = None
        self._events.flush()

    def _sizes(self, tag, squares, through_depth=False):
        sizes = magnitudes.by_layer(squares.numpy(), self._layers)
        tagged = {f"{tag}/{path}": size for path, size in sizes.items()}
        self._events.write(tagged, self._step)
        if through_depth:
            _, *by_depth = sizes.values()
            self._add(steps_histogram, f"{tag}_through_depth", by_depth)

    def _write_norm(self, norm, path, seen):
        seen = seen | distances(norm, seen)
        scalars = {
            f"{name}/{path}": value
            for name, value in seen.items()
            if name.endswith("_distance") or "_distance_" in name
            if not name.endswith("_through_time")
        }
        if "unit" in seen and seen["unit"].size:
            ends = np.percentile(seen["unit"], PERCENTILES)
            for percent, value in zip(PERCENTILES, ends, strict=True):
                scalars[f"unit_input_{percent}/{path}"] = value
        self._events.write(scalars, self._step)
        for name in ("inputs", "outputs"):
            if name in seen:
                self._add(histogram, f"{name}/{path}", seen[name])
        for name, values in seen.items():
            if name.endswith("_through_time"):
                self._add(steps_histogram, f"{name}/{path}", values)
            elif name.endswith("_over_time"):
                self._add_map(f"{name}/{path}", values)
        for name, variable in weights_of(norm).items():
            value = tf.convert_to_tensor(variable).numpy()
            self._add(histogram, f"{name}/{path}", value)
        for name, values in moving_over_time(norm):
            self._add_map(f"{name}/{path}", values)

    def _add_map(self, tag, values):
        self._add(image, tag, heat_map(values))

    def _add(self, make, tag, values):
        self._events.add(make(tag, values), self._step)
