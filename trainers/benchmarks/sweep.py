"""The benchmark suite `sweep`: many runs together, each alone, and PyTorch's.

Comparisons are whole processes, imports and reports included; they take turns.
Steps are those of one process, without logs.
"""

import functools
import importlib.util
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

from ...configs import default
from ..common import timing
from ..comparison import runner
from ..comparison.sweep import plan
from ..data import loading
from ..run.session import Session
from ..supervised.build import (
    compiled_model,
    steps_per_execution,
    training_batches,
)
from ..supervised.programs import PROGRAMS
from ..together.memory import bytes_of_parts
from . import memory
from .report import Table, goal

_TORCH = pathlib.Path(__file__).with_name("torch_sweep.py")
_NORMS = "none,batch,layer,group,rms"
#: Runs of each norm in the small and in the large comparison.
_FEW, _MANY = 3, 16
#: Of ten seeds with three learning rates each, as `make demo` would tune them.
_TUNED = "150 runs, tuned, --jobs=2"
#: Groups of so many runs are compared in memory.
_SIZES = 4, 16
#: Side by side, tracing takes minutes.
_MODES = ("stacked", "call_by_call")
#: Two comparisons -> the largest ratio of their seconds.
_RATIOS = {
    ("15 runs", "15 runs, PyTorch"): 0.85,
    ("15 runs, --jobs=2", "15 runs, PyTorch"): 0.85,
    ("80 runs", "80 runs, PyTorch"): 0.35,
    ("80 runs, --jobs=2", "80 runs, PyTorch"): 0.35,
    ("80 runs", "15 runs"): 2.0,
    ("15 runs", "15 runs, alone"): None,
}


def run(repeats=3):
    """Measures whole comparisons, and the steps and memory of their runs."""
    further = _memory_goals(repeats)
    seconds = _wholes(repeats)
    steps = {name: _steps(config) for name, config in _models().items()}
    rows = [
        {"what": what, "s": statistics.median(found)}
        for what, found in seconds.items()
    ]
    return [
        Table("Comparisons", rows),
        Table("Steps", [{"model": k, **v} for k, v in steps.items()]),
        Table("Goals", [*_goals(seconds), *_goals_of_steps(steps), *further]),
    ]


def _wholes(repeats):
    """Returns name of a process -> its seconds in each pass."""
    two = "--jobs=2"
    calls = {
        "15 runs": _comparison(_FEW),
        "15 runs, --jobs=2": _comparison(_FEW, two),
        "15 runs, alone": _comparison(_FEW, "--config.compare.together=alone"),
        "80 runs": _comparison(_MANY),
        "80 runs, --jobs=2": _comparison(_MANY, two),
        _TUNED: _comparison(
            10, two, "--config.compare.tune.rates=(1e-3,3e-3,1e-2)"
        ),
    }
    if importlib.util.find_spec("torch") is not None:
        calls["15 runs, PyTorch"] = _torch(_FEW)
        calls["80 runs, PyTorch"] = _torch(_MANY)
    seconds = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            seconds[name].append(timing.once(call))
    return seconds


def _comparison(seeds, *flags):
    def call():
        with tempfile.TemporaryDirectory() as folder:
            _process(
                "-m",
                "normzoo.trainers.compare",
                "--config=digits_mlp",
                f"--norms={_NORMS}",
                f"--seeds={seeds}",
                f"--workdir={folder}/runs",
                *flags,
            )

    return call


def _torch(seeds):
    return functools.partial(_process, str(_TORCH), str(seeds))


def _process(*arguments):
    subprocess.run(
        [sys.executable, *arguments], check=True, capture_output=True
    )


def _goals(seconds):
    """Returns rows of ratios: each is the median of those of the passes."""
    rows = []
    for (what, to), limit in _RATIOS.items():
        if to in seconds:
            pairs = zip(seconds[what], seconds[to], strict=True)
            ratio = statistics.median(x / y for x, y in pairs)
            rows.append(goal(f"{what} / {to}", ratio, limit))
    tuned = statistics.median(seconds[_TUNED])
    return [*rows, goal(f"{_TUNED}, s / 45 s", tuned / 45, 1.0)]


def _models():
    """Returns name -> config of a model whose steps are timed."""
    mlp = default.get_config()
    mlp.steps_per_execution = 37
    cnn = mlp.copy_and_resolve_references()
    cnn.model.update({"name": "cnn", "width": 8})
    cnn.model.dense_units = 64
    rnn = mlp.copy_and_resolve_references()
    rnn.model = default.get_recurrent_model()
    rnn.model.units = (32,)
    rnn.dataset.view = "rows"
    rnn.dataset.image_size = 28
    return {"mlp": mlp, "cnn": cnn, "batch_norm_lstm": rnn}


def _steps(config, repeats=5):
    """Returns microseconds of a step of one run: alone, and of 16 together."""
    data = loading.load_data(config)
    with Session() as session:
        calls = {"alone": _alone(config, data, session)}
        counts = {"alone": 1}
        for mode in _MODES:
            calls[mode] = _together(config, data, session, PROGRAMS[mode])
            counts[mode] = _MANY
        seconds = timing.interleaved(calls, repeats, warm_up=2)
    steps = data.train.count // config.batch_size
    return {
        name: 1e6 * value / steps / counts[name]
        for name, value in seconds.items()
    }


def _alone(config, data, session):
    session.seed(config.seed, config.deterministic)
    model = compiled_model(config, data)
    batches = training_batches(config, data)
    steps = data.train.count // config.batch_size
    assert steps_per_execution(config, steps) == steps
    return lambda: model.fit(
        batches, epochs=1, steps_per_epoch=steps, shuffle=False, verbose=0
    )


def _together(config, data, session, make):
    configs = []
    for seed in range(_MANY):
        configs.append(config.copy_and_resolve_references())
        configs[-1].seed = seed
    program, _ = make(configs, [data] * _MANY, session)
    orders, alive = program.orders(0), np.ones(_MANY, bool)
    return lambda: program.train(orders, 0, program.steps, alive)


def _goals_of_steps(steps):
    limits = {"mlp": 0.15, "cnn": 0.5, "batch_norm_lstm": 0.5}
    return [
        goal(
            f"a step of one of {_MANY} runs / alone, {name}",
            min(steps[name][mode] for mode in _MODES) / steps[name]["alone"],
            limit,
        )
        for name, limit in limits.items()
    ]


def _wide(**checkpoint):
    """Returns the config of an MLP whose memory is that of its runs."""
    config = default.get_config()
    config.model.width, config.batch_size, config.epochs = 1024, 128, 3
    config.compare.together = "stacked"
    config.checkpoint.update(checkpoint)
    return config


def _memory_goals(repeats):
    """Returns rows on the memory of a further run of a group.

    It is compared with that of the run's variables, optimizer and outputs of
    layers; with `checkpoint.best`, a run has its best state as well.
    """
    own = sum(_bytes_of_run(_wide()))
    to = f"{own / 1e6:.1f} MB of its own"
    best, without = (
        _further_run(config, repeats) / own
        for config in (_wide(), _wide(best=""))
    )
    return [
        goal(f"memory of a further run, best kept / {to}", best),
        goal(f"memory of a further run / {to}", without, 1.3),
    ]


def _further_run(config, repeats):
    """Returns the bytes by which the peak of a process grows with a run."""
    few, many = (
        statistics.median(
            memory.in_own_process(_trained_together, config, count)
            for _ in range(repeats)
        )
        for count in _SIZES
    )
    return (many - few) / (_SIZES[1] - _SIZES[0])


def _bytes_of_run(config):
    model = compiled_model(config, loading.load_data(config))
    model.optimizer.build(model.trainable_variables)
    return bytes_of_parts(model, config.batch_size)


def _trained_together(config, count):
    """Trains so many runs; returns the peak of this process, in bytes."""
    runs = plan(config, [{"seed": seed} for seed in range(count)])
    with tempfile.TemporaryDirectory() as folder:
        runner.execute(runs, pathlib.Path(folder))
    return memory.peak()
