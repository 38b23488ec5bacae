"""What the suite of norms of kernels measures."""

import numpy as np
import pytest

from normzoo import layers
from normzoo.trainers.benchmarks import weight_norms

SHAPE = (2, 4, 4, 8)


@pytest.mark.parametrize("name", weight_norms.FORMULAS)
def test_a_formula_in_keras_is_that_of_the_wrapper(name):
    subjects = weight_norms.subjects(8, "float32")
    ours, theirs = (subjects[n]() for n in (name, f"{name} in Keras"))
    rng = np.random.default_rng(0)
    for layer in (ours, theirs):
        layer.build(SHAPE)
    values = {np.shape(w): rng.uniform(0.5, 1.5, w.shape) for w in ours.weights}
    for weight in (*ours.weights, *theirs.weights):
        weight.assign(values[weight.shape])
    x = rng.normal(size=SHAPE).astype("float32")
    np.testing.assert_allclose(ours(x, training=True), theirs(x), 1e-4, 1e-5)
    others = {weight.shape: weight for weight in theirs.weights}
    assert len(others) == len(ours.weights)
    for weight in ours.weights:
        np.testing.assert_allclose(weight, others[weight.shape], 1e-5)


def test_each_weight_norm_has_a_formula_to_compare_with():
    assert {"none", *weight_norms.FORMULAS} == set(layers.WEIGHT_NORMS)


@pytest.mark.slow
def test_a_tiny_measurement_has_all_subjects(monkeypatch):
    def once(callables, repeats):
        return {name: call() or repeats for name, call in callables.items()}

    monkeypatch.setattr(weight_norms.timing, "interleaved", once)
    monkeypatch.setattr(weight_norms, "MODES", ("graph",))
    for policy in ("float32", "mixed_bfloat16"):
        seconds = weight_norms.measure(SHAPE, 8, policy, 1)
        named = {key.split(", ")[0] for key in seconds}
        assert {*layers.WEIGHT_NORMS, "Keras spectral"} <= named


@pytest.mark.slow
def test_a_gans_step_is_measured_with_spectral_norm(monkeypatch):
    def once(callables, repeats):
        return {
            name: call()["d_loss"] and repeats
            for name, call in callables.items()
        }

    monkeypatch.setattr(weight_norms.timing, "interleaved", once)
    seconds = weight_norms.step_seconds("float32", 1, batch=8, width=4)
    assert list(seconds) == ["none", "spectral", "Keras spectral"]


def test_tables_and_goals(monkeypatch):
    monkeypatch.setattr(
        weight_norms,
        "measure",
        lambda images, filters, policy, repeats: {
            f"{name}, {mode}": 0.002 if name.endswith("Keras") else 0.001
            for name in weight_norms.subjects(filters, policy)
            for mode in weight_norms.MODES
        },
    )
    steps = {"none": 1.0, "spectral": 1.1, "Keras spectral": 1.5}
    monkeypatch.setattr(weight_norms, "step_seconds", lambda *_: steps)
    *tables, goals = weight_norms.run(1)
    assert len(tables) == 2
    assert tables[0].rows[0] == {
        "weight norm": "none",
        "graph, ms": 1.0,
        "XLA, ms": 1.0,
    }
    figures = {row["figure"]: row for row in goals.rows}
    assert figures["spectral / spectral in Keras, graph, float32"] == {
        "figure": "spectral / spectral in Keras, graph, float32",
        "ratio": 0.5,
        "goal": 0.7,
        "reached": "yes",
    }
    spectral = figures["DCGAN step, spectral / none, bfloat16"]
    assert (spectral["ratio"], spectral["goal"]) == (1.1, 1.15)
    assert figures["DCGAN step, Keras spectral / none, float32"]["goal"] is None
