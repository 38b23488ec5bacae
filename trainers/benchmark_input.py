"""The benchmark suite `input`: whether a training step waits for its data."""

import pathlib
import tempfile

import tensorflow as tf

from ..configs import default
from . import classify, pipeline, timing
from .benchmark_report import Table, goal
from .logs import MetricsLog, StopOnDivergence

#: A run of `fit`, long enough that its beginning hardly counts.
_EPOCHS = 8
_LIMIT = 1.1


def run(repeats=20):
    """Measures `fit` of the CNN against its bare train step."""
    config = _config()
    data = pipeline.load_data(config)
    model = classify.compiled_model(config, data)
    steps = _EPOCHS * pipeline.steps_per_epoch(data.train, config.batch_size)
    with tempfile.TemporaryDirectory() as folder:
        seconds = timing.interleaved(
            {
                "fit": lambda: _fit(model, data, config, pathlib.Path(folder)),
                "bare": _bare(model, data, config, steps),
            },
            repeats,
            warm_up=1,
        )
    rows = [
        {"subject": name, "ms per step": 1e3 * value / steps}
        for name, value in seconds.items()
    ]
    ratio = seconds["fit"] / seconds["bare"]
    return [
        Table("CNN, digits at 28x28, batch 128", rows),
        Table("Goals", [goal("fit / bare train step", ratio, _LIMIT)]),
    ]


def _config():
    config = default.get_config()
    config.model.name = "cnn"
    config.model.width = 32
    config.dataset.image_size = 28
    config.batch_size = 128
    config.epochs = _EPOCHS
    return config


def _fit(model, data, config, folder):
    """Trains as `classify` does, logs included, without validation."""
    with MetricsLog(folder, config.log_every_steps) as log:
        classify.fit(model, data, config, [log, StopOnDivergence()])


def _bare(model, data, config, steps):
    """Returns a function that trains `steps` times on one batch at hand."""
    batch = next(
        iter(pipeline.training_batches(data.train, config.batch_size, 1, 0))
    )
    step = tf.function(model.train_step)

    def train():
        for _ in range(steps):
            logs = step(batch)
        return logs["loss"].numpy()

    return train
