"""The benchmark suite `gan`: what a training step of a DCGAN costs."""

import itertools
import pathlib
import statistics
import tempfile
import time

import keras

from ...configs import digits_dcgan
from ...zoo.grouped_conv import GroupedConv2D
from ..common import timing
from ..data import loading
from ..gans import trainer, training
from ..run.rundir import RunDir
from ..run.session import Session
from . import dcgan, memory, norms, remote, virtual
from .report import Table, goal

#: Steps of the memory's measurement, and those before it begins.
_STEPS, _WARM_UP = 10_000, 200

#: Megabytes that count as growth.
_GROWTH = 10.0


def run(repeats=15, batch=64, width=64, steps=_STEPS):
    """Measures and returns the suite's tables."""
    rows, goals = [], []
    for dtype in dcgan.LIMITS:
        seconds = step_seconds(dtype, repeats, batch, width)
        columns = {f"{name}, ms": 1e3 * s for name, s in seconds.items()}
        rows.append({"type": dtype, **columns})
        goals += dcgan.ratios(seconds, dtype) + _torch_goals(seconds, dtype)
    goals.append(_grouped_goal(repeats))
    generators = virtual.measure(
        ("batch", "virtual"), repeats, ("float32", False, batch, width)
    )
    goals.append(virtual.ratio(generators, "float32"))
    goals.append(_fit_goal(batch, width, steps // 100))
    goals.append(_further_goal())
    goals.append(_memory_goal(steps))
    return [Table("DCGAN step", rows), Table("Goals", goals)]


def step_seconds(dtype, repeats, batch, width):
    """Returns name -> median seconds of a training step, PyTorch's, too."""
    with remote.torch_calls(
        "torch_gan.py", "steps", dtype=dtype, batch=batch, width=width
    ) as twins:
        steps = dcgan.step_per_norm(dtype, batch, width) | twins
        return timing.interleaved(steps, repeats)


def _torch_goals(seconds, dtype):
    torch = timing.best(seconds, "torch batch")
    if torch is None:
        return []
    limit = 0.85 if dtype == "float32" else None
    figure = f"DCGAN step, ours / torch, {dtype}"
    return [goal(figure, seconds["batch"] / torch, limit)]


def _grouped_goal(repeats, images=(64, 14, 14, 128), groups=8):
    """Returns the row that compares our grouped convolution with Keras'."""
    options = {"filters": images[-1], "kernel_size": 3, "groups": groups}
    makers = {"ours": GroupedConv2D, "Keras": keras.layers.Conv2D}
    steps = {
        name: norms.step(make(**options, padding="same"), images, False)
        for name, make in makers.items()
    }
    seconds = timing.interleaved(steps, repeats)
    figure = f"GroupedConv2D / Keras Conv2D, groups={groups}, float32"
    return goal(figure, seconds["ours"] / seconds["Keras"], 1.0)


def _fit_goal(batch, width, steps):
    """Returns the row that compares `fit`, data and logs, with bare steps."""
    config = dcgan.config(batch, width)
    config.checkpoint.best = ""
    config.epochs, config.steps_per_epoch = 1, steps
    data = loading.load_data(config)
    gan = dcgan.gan(config, "batch")
    turns = _Turns(dcgan.step("batch", "float32", batch, width))
    with tempfile.TemporaryDirectory() as folder:
        rundir = RunDir(pathlib.Path(folder))
        with training.training(gan, data, config, rundir) as run:
            run.fit(callbacks=[turns])
    ratio = turns.median("fit") / turns.median("bare")
    return goal("fit / compiled train steps", ratio, 1.05)


def _further_goal(repeats=3, steps=500):
    """Returns the row that compares a comparison's further runs with others.

    They share what the first of them has traced.
    """
    config = digits_dcgan.get_config()
    config.metrics.features = "raw"
    config.epochs, config.steps_per_epoch = 5, steps // 5
    seeds = itertools.count()

    def train(session):
        config.seed = next(seeds)
        with tempfile.TemporaryDirectory() as folder, session.run():
            trainer.train(config, folder, verbose=0, session=session)

    def alone():
        with Session() as session:
            train(session)

    with Session(reuse_models=True) as kept:
        seconds = timing.interleaved(
            {"alone": alone, "further": lambda: train(kept)}, repeats, 1
        )
    figure = f"{steps} steps on digits, further run of a comparison / alone"
    return goal(figure, seconds["further"] / seconds["alone"])


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
    call = dcgan.step("batch", "float32", 4, 4)
    for _ in range(_WARM_UP):
        call()
    before = memory.resident()
    for _ in range(steps - _WARM_UP):
        call()
    figure = f"MB that steps {_WARM_UP} to {steps:,} add"
    return goal(figure, (memory.resident() - before) / 2**20, _GROWTH)
