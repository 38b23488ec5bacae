"""The checks of a device pass on the CPU, and see what is wrong."""

import types

import numpy as np
import pytest

from normzoo import layers
from normzoo.trainers import benchmark
from normzoo.trainers.benchmarks.device import numerics, suite, training
from normzoo.trainers.benchmarks.device.formulas import FORMULAS
from normzoo.trainers.benchmarks.device.subjects import subjects
from normzoo.trainers.benchmarks.report import Table

SUBJECTS = {subject.name: subject for subject in subjects()}


def answers(table):
    return [row["passed"] for row in table.rows]


def test_every_norm_has_a_formula():
    assert FORMULAS.keys() == layers.NORMS.keys() - {"none"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["batch", "virtual", "LayerNormGRU", "weight of Conv2D"]
)
def test_layers_are_right(name):
    table = numerics.table([SUBJECTS[name]])
    assert answers(table) == 3 * ["yes"]
    assert [row["type"] for row in table.rows] == list(numerics.TYPES)


def of_outputs(y, x):
    return 1.001 * y


def of_a_gradient(y, x):
    # As large as rounding, and steep.
    return y + 1e-6 * np.sin(1e4 * x)


def of_everything(y, x):
    return y * np.nan


@pytest.mark.parametrize("wrong", [of_outputs, of_a_gradient, of_everything])
def test_a_small_difference_is_seen(wrong):
    right = SUBJECTS["pixel"]

    def formula(layer, x):
        return wrong(right.formula(layer, x), x)

    table = numerics.table([right._replace(formula=formula)], ["float32"])
    assert answers(table) == ["NO"]
    assert answers(suite.verdict([table])) == ["NO"]


def test_no_checks_are_no_success():
    assert answers(suite.verdict([])) == ["NO"]


@pytest.mark.slow
def test_trainings_are_right():
    assert answers(training.loss_scales()) == 2 * ["yes"]
    assert answers(training.groups()) == 4 * ["yes"]


@pytest.mark.parametrize("passed", ["yes", "NO"])
def test_the_exit_code_is_the_verdict(passed, monkeypatch):
    tables = [Table("first", [{"ms": 1.0}]), Table("v", [{"passed": passed}])]
    monkeypatch.setattr(benchmark, "run", lambda *args: tables)
    flags = types.SimpleNamespace(suite="device", workdir=None, case=None)
    if passed == "yes":
        benchmark.main(flags)
    else:
        with pytest.raises(SystemExit, match="1"):
            benchmark.main(flags)
