"""The benchmark suite `gan`: what a training step of a DCGAN costs.

28x28 pixels, 64 wide, batch 64, with everything that the trainer does in a
step: both updates, the moving average, the logged means.
"""

import functools
import pathlib
import statistics
import tempfile
import time

import keras
import numpy as np
import tensorflow as tf

from ...configs import digits_dcgan
from ..common import precision, timing
from ..data import loading
from ..gans import build, training
from ..run.rundir import RunDir
from . import gan_torch, virtual
from .report import Table, goal

#: Norm -> what both networks take. Keras' layer with the options of ours.
SUBJECTS = {
    "none": "none",
    "batch": "batch",
    "Keras batch": functools.partial(
        keras.layers.BatchNormalization, momentum=0.9, epsilon=1e-5
    ),
}

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}

#: The most that a step with batch norm may cost, in steps without.
LIMITS = {"float32": 1.10, "bfloat16": 1.20}

#: Steps of the memory's measurement, and those before it begins.
_STEPS, _WARM_UP = 10_000, 200

#: Megabytes that count as growth.
_GROWTH = 10.0


def run(repeats=15, batch=64, width=64, steps=_STEPS):
    """Measures and returns the suite's tables."""
    rows, goals = [], []
    for dtype, limit in LIMITS.items():
        seconds = step_seconds(dtype, repeats, batch, width)
        columns = {f"{name}, ms": 1e3 * s for name, s in seconds.items()}
        rows.append({"type": dtype, **columns})
        goals += _step_goals(seconds, dtype, limit)
    goals.append(_generator_goal(repeats, batch, width))
    goals.append(_fit_goal(batch, width, steps // 100))
    goals.append(_memory_goal(steps))
    return [Table("DCGAN step", rows), Table("Goals", goals)]


def step_seconds(dtype, repeats, batch, width):
    """Returns name -> median seconds of a training step."""
    steps = {
        name: step(norm, POLICIES[dtype], batch, width)
        for name, norm in SUBJECTS.items()
    }
    steps |= gan_torch.steps(dtype, batch, width)
    return timing.interleaved(steps, repeats)


def step(norm, policy, batch, width):
    """Returns a callable that trains both networks once, as `fit` does."""
    config = _config(batch, width)
    config.precision = policy
    gan = _gan(config, norm)
    images = np.random.default_rng(0).uniform(-1, 1, (batch, 28, 28, 1))
    data = tf.data.Dataset.from_tensors(images.astype("float32"))
    batches = iter(data.repeat())
    gan.make_train_function()

    def call():
        logs = gan.train_function(batches)
        return keras.tree.map_structure(np.asarray, logs)

    return call


def _config(batch, width):
    config = digits_dcgan.get_config()
    config.dataset.image_size = 28
    config.batch_size = batch
    config.steps_per_execution = 1
    for network in (config.generator, config.discriminator):
        network.base_width = width
    config.generator.latent_dim = 100
    return config


def _gan(config, norm):
    config = config.copy_and_resolve_references()
    # A config holds names only; a class goes straight to the networks.
    with config.ignore_type():
        config.generator.norm = config.discriminator.norm = norm
    data = loading.load_data(config)
    with precision.dtype_policy(config.precision):
        return build.compiled_gan(config, data)


def _step_goals(seconds, dtype, limit):
    none = seconds["none"]
    rows = []
    for name in ("batch", "Keras batch"):
        figure = f"DCGAN step, {name} / none, {dtype}"
        most = limit if name == "batch" else None
        rows.append(goal(figure, seconds[name] / none, most))
    torch = [s for name, s in seconds.items() if name.startswith("torch")]
    if torch:
        ratio = seconds["batch"] / min(torch)
        most = 0.85 if dtype == "float32" else None
        rows.append(goal(f"DCGAN step, ours / torch, {dtype}", ratio, most))
    return rows


def _generator_goal(repeats, batch, width):
    names = {"batch": False, "virtual": True}
    steps = {
        norm: virtual.step(norm, "float32", False, reference, batch, width)
        for norm, reference in names.items()
    }
    seconds = timing.interleaved(steps, repeats)
    ratio = seconds["virtual"] / seconds["batch"]
    figure = "generator step, virtual / batch, float32"
    return goal(figure, ratio, virtual.LIMIT)


def _fit_goal(batch, width, steps):
    """Returns the row that compares `fit`, data and logs, with bare steps."""
    config = _config(batch, width)
    config.checkpoint.best = ""
    config.epochs, config.steps_per_epoch = 1, steps
    data = loading.load_data(config)
    gan = _gan(config, "batch")
    turns = _Turns(step("batch", "float32", batch, width))
    with tempfile.TemporaryDirectory() as folder:
        rundir = RunDir(pathlib.Path(folder))
        with training.training(gan, data, config, rundir) as run:
            run.fit(callbacks=[turns])
    ratio = turns.median("fit") / turns.median("bare")
    return goal("fit / compiled train steps", ratio, 1.05)


class _Turns(keras.callbacks.Callback):
    """Makes a bare step after each step of `fit`, and times both.

    Whole runs that take turns are too long for it: what else the machine does
    changes in between.
    """

    def __init__(self, bare):
        super().__init__()
        self._bare = bare
        self._seconds = {"fit": [], "bare": []}

    def on_train_begin(self, logs=None):
        self._last = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._note("fit")
        self._bare()
        self._note("bare")

    def _note(self, name):
        now = time.perf_counter()
        self._seconds[name].append(now - self._last)
        self._last = now

    def median(self, name):
        """Returns the median seconds of a step."""
        return statistics.median(self._seconds[name])


def _memory_goal(steps):
    """Returns the row with the megabytes that a long run grows by."""
    call = step("batch", "float32", 4, 4)
    for _ in range(_WARM_UP):
        call()
    before = _resident()
    for _ in range(steps - _WARM_UP):
        call()
    figure = f"MB that steps {_WARM_UP} to {steps:,} add"
    return goal(figure, (_resident() - before) / 2**20, _GROWTH)


def _resident():
    """Returns the bytes of memory that this process has now, on Linux."""
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    return pages * 4096
