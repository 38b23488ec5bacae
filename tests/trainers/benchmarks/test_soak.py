"""Long work stays as it began; `--suite=soak` measures it at length."""

import gc

import pytest
from tensorflow.python.framework import func_graph

from normzoo.trainers.benchmarks import soak
from normzoo.trainers.comparison import runner, sweep


def graphs():
    gc.collect()
    found = (type(thing) for thing in gc.get_objects())
    return sum(issubclass(t, func_graph.FuncGraph) for t in found)


@pytest.mark.slow
def test_a_sweep_leaves_no_graph_behind(config, tmp_path):
    config.epochs = 1
    runs = sweep.plan(config, [{"seed": seed} for seed in range(3)])
    runner.execute(runs[:1], tmp_path)
    before = graphs()
    runner.execute(runs[1:], tmp_path)
    assert graphs() <= before


@pytest.mark.slow
def test_memory_is_sampled_and_flat(config):
    config.steps_per_execution = 1
    memory = soak.memory_of_steps(config, 600, 200)
    assert list(memory)[:3] == [200, 400, 600]
    assert memory[600] < 1.03 * memory[200]


@pytest.mark.slow
def test_a_sweep_is_timed_in_parts(config):
    rows = soak.parts_of_sweep(config, 4, 2)
    assert [row["runs"] for row in rows] == ["1 to 2", "3 to 4"]
    assert all(row["s"] > 0 for row in rows)


def test_saving_is_timed():
    row = soak.saving(8, repeats=1)
    weights = 64 * 8 + 2 * 8 * 8 + 8 * 10 + 10 + 3 * 4 * 8
    moments = 2 * (weights - 3 * 2 * 8)  # not of the moving statistics
    total = weights + moments + 1  # the learning rate, beside 8 byte of steps
    assert row["MB"] == pytest.approx((4 * total + 8) / 1e6, rel=0.01)
    assert row["save, ms"] > 0
    assert row["restore, ms"] > 0
