"""The benchmark suite `input`: whether a training step waits for its data."""

import functools
import tempfile

import tensorflow as tf

from ...configs import default
from ..common import timing
from ..data import loading, pipeline
from ..run.rundir import RunDir
from ..supervised.build import compiled_model
from ..supervised.fit import training
from .report import Table, goal

#: A run of `fit`, long enough that its beginning hardly counts.
_EPOCHS = 8
_LIMIT = 1.1


def run(repeats=4):
    """Measures `fit` of the CNN against train steps without a pipeline."""
    config = _config()
    data = loading.load_data(config)
    model = compiled_model(config, data)
    steps = _EPOCHS * pipeline.steps_per_epoch(data.train, config.batch_size)
    with tempfile.TemporaryDirectory() as folder:
        fit = functools.partial(_fit, model, data, config, folder)
        fit()  # compiles `model.train_function`
        seconds = timing.interleaved(
            {"fit": fit, **_bare(model, data, config, steps)}, repeats, 1
        )
    rows = [
        {"subject": name, "ms per step": 1e3 * value / steps}
        for name, value in seconds.items()
    ]
    of_fit = seconds.pop("fit")
    limits = (_LIMIT, None)
    goals = [
        goal(f"fit / {name}", of_fit / value, limit)
        for (name, value), limit in zip(seconds.items(), limits, strict=True)
    ]
    return [
        Table("CNN, digits at 28x28, batch 128", rows),
        Table("Goals", goals),
    ]


def _config():
    config = default.get_config()
    config.model.name = "cnn"
    config.model.width = 32
    config.dataset.image_size = 28
    config.batch_size = 128
    config.epochs = _EPOCHS
    config.checkpoint.best = ""  # there is no validation
    return config


def _fit(model, data, config, folder):
    """Trains as `classify` does, logs included, without validation."""
    rundir = RunDir(tempfile.mkdtemp(dir=folder))
    with training(model, data, config, rundir) as run:
        run.fit()


def _bare(model, data, config, steps):
    """Returns functions that train `steps` times on one batch at hand."""
    batch = next(
        iter(pipeline.training_batches(data.train, config.batch_size, 1, 0))
    )
    step = tf.function(model.train_step)

    def keras_step():
        repeated = iter(tf.data.Dataset.from_tensors(batch).repeat(steps))
        for _ in range(steps):
            model.train_function(repeated)

    def function():
        for _ in range(steps):
            logs = step(batch)
        return logs["loss"].numpy()

    # What Keras compiles is itself slower than a plain tf.function of the same
    # step; only the first tells whether a step waits for its data.
    return {
        "Keras' compiled train step": keras_step,
        "tf.function(train_step)": function,
    }
