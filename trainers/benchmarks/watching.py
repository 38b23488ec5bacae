"""What it costs a training to be watched by `NormStatistics`."""

import statistics
import tempfile
import time

import keras
from sklearn.datasets import load_digits

from ... import zoo
from ..inspection.norm_statistics import NormStatistics
from .report import goal

MODELS = {"MLP": zoo.mlp, "CNN": zoo.cnn}
#: Steps before the clock starts, and those that it counts.
WARM_UP, STEPS = 100, 2000
_BATCH = 32


def goals(repeats=5, steps=STEPS):
    """Returns the rows that compare a step with and without the callback."""
    return [
        goal(
            f"step with NormStatistics / without, digits {name}",
            _ratio(make, repeats, steps),
            1.10,
        )
        for name, make in MODELS.items()
    ]


def _ratio(make, repeats, steps):
    """Returns the median over trainings that take turns, at the default."""
    model = make((8, 8, 1), 10, norm="batch")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    alone, watched = [], []
    _seconds(model, [], 1)
    for _ in range(repeats):
        alone.append(_seconds(model, [], steps))
        with tempfile.TemporaryDirectory() as folder:
            watched.append(_seconds(model, [NormStatistics(folder)], steps))
    return statistics.median(watched) / statistics.median(alone)


def _seconds(model, callbacks, steps):
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1) / 16
    size = len(images) // _BATCH * _BATCH
    clock = _Clock()
    model.fit(
        images[:size],
        labels[:size],
        batch_size=_BATCH,
        epochs=-(-(WARM_UP + steps) * _BATCH // size),
        verbose=0,
        callbacks=[*callbacks, clock],
    )
    return (clock.moments[WARM_UP + steps - 1] - clock.moments[WARM_UP]) / steps


class _Clock(keras.callbacks.Callback):
    """Notes when each step has ended."""

    def __init__(self):
        super().__init__()
        self.moments = []

    def on_train_batch_end(self, batch, logs=None):
        """Notes the time."""
        self.moments.append(time.perf_counter())
