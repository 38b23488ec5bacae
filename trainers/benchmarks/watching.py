"""What it costs a training to be watched by `NormStatistics`."""

import statistics
import tempfile
import time

import keras
from sklearn.datasets import load_digits

from ... import zoo
from ..inspection.norm_statistics import NormStatistics
from .report import goal

_SHAPE = (8, 8, 1)
#: Name -> function that makes the model, and how many steps are counted.
MODELS = {
    "MLP": (lambda: zoo.mlp(_SHAPE, 10, norm="batch"), 2000),
    "CNN": (lambda: zoo.cnn(_SHAPE, 10, norm="batch"), 2000),
    "LSTM": (lambda: zoo.stacked_rnn(_SHAPE[:2], 10, norm="batch"), 600),
}
#: Steps before the clock starts.
WARM_UP = 100
_BATCH = 32


def goals(repeats=5):
    """Returns the rows that compare a step with and without the callback."""
    return [
        goal(
            f"step with NormStatistics / without, digits {name}",
            _ratio(make(), repeats, steps),
            1.10,
        )
        for name, (make, steps) in MODELS.items()
    ]


def _ratio(model, repeats, steps):
    """Returns the median over trainings that take turns, at the default."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    ratios = []
    _seconds(model, [], 1)
    for _ in range(repeats):
        alone = _seconds(model, [], steps)
        with tempfile.TemporaryDirectory() as folder:
            watched = _seconds(model, [NormStatistics(folder)], steps)
        ratios.append(watched / alone)
    return statistics.median(ratios)


def _seconds(model, callbacks, steps):
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, *model.input_shape[1:]) / 16
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
