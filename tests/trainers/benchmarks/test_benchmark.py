import json
import shutil

import keras
import numpy as np
import pytest

from normzoo import layers
from normzoo.trainers import benchmark
from normzoo.trainers.benchmarks import (
    cell,
    dcgan,
    folding,
    formulas,
    gan,
    layer_memory,
    memory,
    norms,
    recurrent,
    report,
    virtual,
    watching,
)
from normzoo.trainers.benchmarks.report import Table, goal
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.run.reuse import UNSHARED


def test_report_is_written_and_read_back(tmp_path):
    tables = [
        Table("first", [{"layer": "a", "ms": 1.234}, {"layer": "b", "x": 2}]),
        Table("goals", [goal("a / b", 0.5, 0.6), goal("a / c", 0.7, 0.6)]),
    ]
    report.show(tables)
    report.write(tables, {"cores": 2}, tmp_path / "new", "norms")
    content = json.loads((tmp_path / "new/norms.json").read_text())
    assert content["facts"] == {"cores": 2}
    assert content["tables"]["first"][0] == {"layer": "a", "ms": 1.234}
    lines = (tmp_path / "new/norms.md").read_text().splitlines()
    assert lines[0] == "- cores: 2"
    assert lines[4:8] == [
        "| layer | ms | x |",
        "| --- | --- | --- |",
        "| a | 1.23 |  |",
        "| b |  | 2 |",
    ]
    assert lines[-2:] == [
        "| a / b | 0.50 | 0.60 | yes |",
        "| a / c | 0.70 | 0.60 | no |",
    ]


def test_a_case_of_a_suite_without_cases_is_refused():
    with pytest.raises(InputError, match="suite='gan' and case='memory'"):
        benchmark.run("gan", case="memory")


def test_facts_name_the_machine():
    assert {"processor", "cores", "TensorFlow", "Keras"} <= set(
        benchmark.facts()
    )


def test_rows_and_goals():
    seconds = {
        "ReLU, graph": 0.002,
        "ReLU, XLA": 0.001,
        "batch, graph": 0.003,
        "batch, XLA": 0.004,
        "Keras batch, graph": 0.012,
        "Keras batch, XLA": 0.010,
        "torch layer": 0.5,
        "layer, graph": 0.25,
        "layer, XLA": 0.3,
    }
    rows = {row["layer"]: row for row in norms._rows(seconds)}
    assert rows["batch"]["graph / Keras'"] == pytest.approx(0.25)
    assert rows["batch"]["XLA / Keras'"] == pytest.approx(0.4)
    assert rows["batch"]["best / ReLU"] == pytest.approx(3)
    assert rows["torch layer"]["graph, ms"] is None
    goals = norms._goals(seconds, "float32")
    assert {row["figure"]: row["ratio"] for row in goals} == pytest.approx(
        {
            "batch / Keras batch, float32": 0.3,
            "batch, XLA / Keras batch, XLA, float32": 0.4,
            "layer / torch layer, float32": 0.5,
        }
    )


@pytest.mark.slow
def test_a_tiny_measurement_has_all_subjects(monkeypatch):
    monkeypatch.setattr(
        norms.timing,
        "interleaved",
        lambda callables, repeats: {
            name: call() or repeats for name, call in callables.items()
        },
    )
    monkeypatch.setattr(norms, "MODES", ("graph",))
    seconds = norms.measure((2, 4, 4, 8), "float32", 1)
    assert {f"{name}, graph" for name in layers.NORMS} <= set(seconds)
    assert {"ReLU, graph", "Keras batch, graph"} <= set(seconds)
    assert {"Keras pixel, graph", "conditional batch, graph"} <= set(seconds)
    assert "conditional instance" not in norms.subjects(2)


@pytest.mark.parametrize("name", formulas.FORMULAS)
def test_formulas_compute_the_same_as_the_layers(name):
    x = np.random.default_rng(0).normal(size=(4, 5, 5, 16)).astype("float32")
    ours = layers.get(name)()
    if name == "scale":
        ours.build(x.shape)
        ours.scale.assign(1.0)
    by_batch = name in ("evonorm_b0", "ghost_batch")
    kwargs = {"training": True} if by_batch else {}
    theirs = formulas.FORMULAS[name]()
    np.testing.assert_allclose(theirs(x), ours(x, **kwargs), 1e-4, 1e-5)


@pytest.mark.slow
def test_dcgan_step_trains():
    call = dcgan.step(layers.BatchNormalization, "mixed_bfloat16", 8, 4)
    logs = [call() for _ in range(30)]
    assert logs[-1]["d_loss"] < 0.98 * logs[0]["d_loss"]
    assert all(log["g_norm"] > 0 for log in logs)


def test_dcgan_steps_are_compared_with_no_norm(monkeypatch):
    times = {"none": 2.0, "batch": 3.0, "Keras batch": 5.0}
    monkeypatch.setattr(dcgan, "step", lambda norm, *_: norm)
    monkeypatch.setattr(
        dcgan.timing,
        "interleaved",
        lambda steps, repeats: {name: times[name] for name in steps},
    )
    rows = dcgan.goals(1)
    assert [row["ratio"] for row in rows] == 2 * [1.5, 2.5]
    assert [row["goal"] for row in rows] == [1.1, None, 1.2, None]


def test_a_watched_step_is_measured_beside_one_alone(monkeypatch):
    monkeypatch.setattr(
        watching, "_seconds", lambda model, callbacks, steps: 2 + len(callbacks)
    )
    rows = watching.goals(1)
    assert [row["ratio"] for row in rows] == [1.5, 1.5, 1.5]
    assert [row["reached"] for row in rows] == ["no", "no", "no"]


@pytest.mark.slow
def test_the_clock_counts_the_steps_behind_the_first(monkeypatch):
    monkeypatch.setattr(watching, "WARM_UP", 3)
    layers = [keras.Input((64,)), keras.layers.Dense(10)]
    model = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    assert 0 < watching._seconds(model, [], 5) < 10


def test_folding_is_measured_against_no_norm(monkeypatch):
    monkeypatch.setattr(
        folding.timing,
        "interleaved",
        lambda callables, repeats: {
            name: len(call()) for name, call in callables.items()
        },
    )
    rows = folding.goals(1)
    assert [row["ratio"] for row in rows] == [1, 1]


@pytest.mark.slow
def test_peak_memory_is_that_of_a_few_tensors():
    shape = (64, 64, 64, 16)
    peak = layer_memory.peak(layers.LayerNormalization, shape)
    tensors = peak / (4 * np.prod(shape))
    assert 0.5 < tensors < 20


@pytest.mark.parametrize("linux", [True, False])
def test_memory_of_this_process(linux, monkeypatch, tmp_path):
    if not linux:
        monkeypatch.setattr(memory, "_STATUS", tmp_path / "none")
        if shutil.which("ps") is None:
            monkeypatch.setattr(
                memory.subprocess, "check_output", lambda _: b" 99999\n"
            )
    before = memory.resident()
    held = np.ones(2**26, "uint8")
    grown = memory.resident() - before
    if linux:
        assert 0.9 * held.size < grown < 2 * held.size
    assert 2**24 < memory.resident() <= 1.1 * memory.peak()


@pytest.mark.slow
def test_step_with_a_reference_batch_trains():
    call = dcgan.generator_step("virtual", True, "float32", False, 2, 2)
    first, *_, last = (call() for _ in range(5))
    assert last["loss"] < first["loss"]


def test_virtual_suite_compares_with_batch_norm(monkeypatch):
    monkeypatch.setattr(
        virtual.timing,
        "interleaved",
        lambda steps, repeats: {name: len(name) for name in steps},
    )
    monkeypatch.setattr(dcgan, "generator_step", lambda *_: None)
    times, goals = virtual.run()
    assert [row["ratio"] for row in goals.rows] == [7 / 5] * 4
    assert {row["virtual, ms"] for row in times.rows} == {7000}


@pytest.fixture
def _tiny_cases(monkeypatch):
    sizes = {"tiny": (2, 3, 2), recurrent._SMALL: (2, 3, 2)}
    monkeypatch.setattr(recurrent, "RECURRENT_SIZES", sizes)
    monkeypatch.setattr(recurrent, "MODES", ("graph",))


@pytest.mark.usefixtures("_tiny_cases")
@pytest.mark.parametrize(
    "what", [pytest.param("training", marks=pytest.mark.slow), "inference"]
)
def test_recurrent_layers_are_measured(what):
    seconds, first = recurrent.measure("tiny", "bfloat16", what, 1)
    assert set(seconds) == set(first)
    figures = recurrent._goals(seconds, what, "tiny")
    names = [row["figure"].split(" / ")[0] for row in figures]
    assert "BatchNormLSTM" in names
    cell = "RNN(BatchNormLSTMCell), graph" in seconds
    assert cell == (what == "training")


@pytest.mark.usefixtures("_tiny_cases")
def test_recurrent_suite_runs_a_case_alone(monkeypatch):
    # What is measured is in the test above; it takes seconds to compile.
    for make in ("train", "infer"):
        monkeypatch.setattr(recurrent, make, lambda *_: lambda: None)
    *tables, goals = benchmark.run("recurrent", case="tiny,float32")
    titles = [table.title for table in tables]
    assert titles == ["training, tiny,float32", "inference, tiny,float32"]
    assert all("tiny,float32" in row["figure"] for row in goals.rows)


def test_obvious_cell_equals_the_layer():
    x = np.random.default_rng(0).normal(size=(8, 5, 3)).astype("float32")
    layer = layers.BatchNormLSTM(4, epsilon=1e-3)
    y = layer(x, training=True)
    obvious = keras.layers.RNN(cell.BatchNormLSTMCell(4))
    obvious.build(x.shape)
    for ours, theirs in zip(
        layer.trainable_weights, obvious.trainable_weights, strict=True
    ):
        theirs.assign(ours)
    np.testing.assert_allclose(obvious(x, training=True), y, 0, 1e-5)


@pytest.mark.slow
def test_gan_goals(monkeypatch):
    seconds = {"none": 2.0, "batch": 3.0, "Keras batch": 4.0}
    twins = {"torch batch, threads=1": 6.0, "torch batch, threads=2": 5.0}
    assert gan._torch_goals(seconds, "float32") == []
    rows = [
        *dcgan.ratios(seconds, "float32"),
        *gan._torch_goals(seconds | twins, "float32"),
    ]
    assert [row["ratio"] for row in rows] == [1.5, 2.0, 0.6]
    assert [row["reached"] for row in rows] == ["no", None, "yes"]
    calls = []
    monkeypatch.setattr(dcgan, "step", lambda *_: lambda: calls.append(1))
    assert gan._grouped_goal(1, (2, 4, 4, 8), groups=2)["ratio"] > 0
    row = gan._memory_goal(300)
    assert row["reached"] == "yes"
    assert len(calls) == 300
    assert gan._fit_goal(4, 4, 2)["ratio"] > 0
    assert len(calls) == 302


def test_further_runs_of_a_gan_share_models(monkeypatch):
    runs = []

    def train(config, folder, verbose, session):
        runs.append((config.seed, session.models is not UNSHARED))

    monkeypatch.setattr(gan.trainer, "train", train)
    assert gan._further_goal(1, 5)["ratio"] > 0
    assert len({seed for seed, _ in runs}) == len(runs) == 6
    assert sum(shares for _, shares in runs) == 3
