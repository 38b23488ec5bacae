"""Runs of one process with different precision, batches and determinism."""

import json

import pytest

from normzoo.trainers.comparison.procedure.axes import crossed
from normzoo.trainers.comparison.runner import execute
from normzoo.trainers.comparison.sweep import plan
from normzoo.trainers.comparison.trainers import trainer_of

POLICIES = "float32,mixed_float16"


@pytest.mark.slow
def test_precision_is_an_axis_like_any_other(config, tmp_path):
    """Whatever runs before, a run is the same bit by bit."""
    config.epochs = 1
    variants = crossed(
        config, trainer_of(config), ["batch"], [f"precision:{POLICIES}"]
    )
    sweep = [{**each, "seed": seed} for seed in (0, 1) for each in variants]
    logs = []
    for i, order in enumerate((sweep, sweep[::-1])):
        workdir = tmp_path / str(i)
        runs = plan(config, order)
        results = execute(runs, workdir)
        assert {r["status"] for r in results.values()} == {"finished"}
        logs.append(
            {
                run.name: (workdir / run.name / "metrics.jsonl").read_text()
                for run in runs
            }
        )
    assert logs[0] == logs[1]
    assert len(set(logs[0].values())) == len(sweep)


@pytest.mark.slow
def test_determinism_is_an_axis(config, tmp_path):
    """Each run has its own, whatever the one before had.

    A warning of Keras, that it compiles nothing by XLA, would be an error.
    """
    config.epochs = 1
    runs = plan(
        config,
        [
            {"deterministic": True, "jit_compile": False, "seed": 0},
            {"deterministic": False, "jit_compile": True, "seed": 0},
            {"deterministic": True, "jit_compile": False, "seed": 1},
        ],
    )
    results = execute(runs, tmp_path)
    assert {r["status"] for r in results.values()} == {"finished"}
    kept = json.loads((tmp_path / runs[1].name / "config.json").read_text())
    assert kept["config"]["jit_compile"] is True
