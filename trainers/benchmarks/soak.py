"""The benchmark suite `soak`: whether long work stays as it began."""

import operator
import pathlib
import statistics
import tempfile
import time

import keras

from ... import zoo
from ...configs import default
from ..comparison import runner
from ..comparison.engines.engine import Work
from ..comparison.sweep import plan
from ..data import loading, pipeline
from ..run.checkpointing.checkpoints import Checkpoints
from ..run.checkpointing.saved_state import SavedState
from ..run.progress import Progress
from ..run.state import variables_of
from ..supervised import trainer
from .memory import resident
from .report import Table, goal

#: Of a long run: all steps, and those until the memory has to stay.
_STEPS, _SETTLED = 20_000, 1_000
#: Of a sweep: all runs, and those of a part.
_RUNS, _PART = 200, 20
#: The interval between two saves that `configs/default.py` sets, in seconds.
_INTERVAL = 60.0


def run():
    """Trains long, trains often, and saves states of several sizes."""
    config = default.get_config()
    config.checkpoint.every_steps = 500
    memory = memory_of_steps(config, _STEPS, _SETTLED)
    parts = parts_of_sweep(config, _RUNS, _PART)
    goals = [
        goal(
            f"memory after {_STEPS:,} steps / after {_SETTLED:,}",
            memory[_STEPS] / memory[_SETTLED],
            1.01,
        ),
        goal(
            f"CPU s of a run, the last {_PART} / the first",
            parts[-1]["CPU s"] / parts[0]["CPU s"],
            1.1,
        ),
        goal(
            f"memory after {_RUNS} runs / after {_PART}",
            parts[-1]["MB"] / parts[0]["MB"],
            1.02,
        ),
    ]
    return [
        Table("Memory of a long run", _megabytes("step", memory)),
        Table("A sweep", parts),
        Table("Saving", [saving(width) for width in (128, 1024, 4096)]),
        Table("Goals", goals),
    ]


def memory_of_steps(config, steps, every):
    """Trains for so many steps; returns step -> resident bytes."""
    config = config.copy_and_resolve_references()
    data = loading.load_data(config)
    per_epoch = pipeline.steps_per_epoch(data.train, config.batch_size)
    config.epochs = -(-steps // per_epoch)
    memory = _Memory(every)
    with tempfile.TemporaryDirectory() as folder:
        trainer.train(
            config, pathlib.Path(folder), callbacks=[memory], verbose=0
        )
    return memory.found


def parts_of_sweep(config, count, size):
    """Trains a sweep of runs of one epoch in parts of equal size.

    Returns:
        A row for each part: the median seconds of a run and the mean of its
        processor time, which other processes hardly change, and the memory
        that is held at its end.
    """
    config = config.copy_and_resolve_references()
    config.epochs = 1
    config.compare.together = "alone"
    runs = plan(config, [{"seed": seed} for seed in range(count)])
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, count, size):
            part = runs[start : start + size]
            before = time.process_time()
            ends = _ends(part, pathlib.Path(folder))
            row = {
                "runs": f"{start + 1} to {start + size}",
                "s": statistics.median(map(operator.sub, ends[1:], ends)),
                "CPU s": (time.process_time() - before) / size,
                "MB": resident() / 1e6,
            }
            rows.append(row)
    return rows


def _ends(runs, folder):
    """Trains runs; returns when each has ended, in seconds."""
    found = []
    with runner.Runner(Work(folder)) as running:
        running.execute(
            runs, tell=lambda results: found.append(time.perf_counter())
        )
    return found


def saving(width, repeats=5):
    """Returns a row: how long a state is saved and read."""
    model = zoo.mlp((64,), 10, depth=3, width=width, norm="batch")
    model.compile("adam")
    model.optimizer.build(model.trainable_variables)
    groups = variables_of(model)
    size = sum(
        v.dtype.size * v.shape.num_elements()
        for g in groups.values()
        for v in g
    )
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = Checkpoints(
            pathlib.Path(folder), SavedState(groups), keep=2
        )
        progress = iter(range(1, repeats + 2))
        save = _median(
            lambda: checkpoints.save(Progress(step=next(progress))), repeats
        )
        restore = _median(checkpoints.restore, repeats)
    return {
        "MB": size / 1e6,
        "save, ms": 1e3 * save,
        "% of a minute": 100 * save / _INTERVAL,
        "restore, ms": 1e3 * restore,
    }


class _Memory(keras.callbacks.Callback):
    def __init__(self, every):
        super().__init__()
        self.every = every
        self.found = {}
        self._step = 0

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        if self._step % self.every == 0:
            self.found[self._step] = resident()


def _megabytes(what, found):
    return [{what: key, "MB": value / 1e6} for key, value in found.items()]


def _median(function, repeats):
    function()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
