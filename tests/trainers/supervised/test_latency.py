"""Timing predictions."""

import json

import ml_collections
import numpy as np
import pytest

from normzoo.trainers import compare
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.trainers import trainer_of
from normzoo.trainers.data import loading
from normzoo.trainers.supervised import latency


@pytest.fixture
def timed(config):
    config.latency = ml_collections.ConfigDict({"repeats": 2})
    config.batch_size = 4
    config.deterministic = False
    return config


def test_a_run_times_all_variants(timed, tmp_path, tensorflow_logs):
    trainer = trainer_of(timed)
    assert trainer is latency.TRAINER
    trainer.check([timed])
    result = trainer.train(timed, tmp_path)
    times = {k: v for k, v in result.items() if k.startswith("latency_")}
    assert sorted(times) == [
        "latency_batch",
        "latency_folded",
        "latency_layer",
        "latency_none",
        "latency_virtual",
    ]
    assert all(0 < seconds < 10 for seconds in times.values())
    held = json.loads((tmp_path / "config.json").read_text())
    assert held["config"] == trainer.resolve(timed)
    # A second call finds the result.
    assert trainer.train(timed, tmp_path) == result
    assert not tensorflow_logs


def test_the_variants_are_what_they_are_called(timed):
    data = loading.load_data(timed)
    found = latency.models(timed, data)
    images = np.random.default_rng(0).random((4, 8, 8, 1), "float32")
    outputs = {name: found[name](images).numpy() for name in found}
    np.testing.assert_allclose(outputs["folded"], outputs["batch"], atol=1e-5)
    for name in ("batch", "layer", "virtual"):
        assert not np.allclose(outputs[name], outputs["none"], atol=1e-4)
    kinds_of = {
        name: {type(layer).__name__ for layer in found[name].layers}
        for name in ("none", "batch", "folded")
    }
    assert "BatchNormalization" in kinds_of["batch"]
    assert "BatchNormalization" not in kinds_of["folded"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("latency.repeats", 0, "repeats must be positive"),
        ("distribution", "mirrored", "on one device"),
        ("model.norm_position", "after", "cannot be folded"),
    ],
)
def test_what_cannot_be_timed(timed, key, value, message):
    if key == "model.norm_position":
        timed.model.name = "cnn"
        timed.model.depth = 2
    timed.update_from_flattened_dict({key: value})
    with pytest.raises(InputError, match=message):
        latency.check([timed])


def test_compare_is_told_off(timed, tmp_path):
    timed.compare.baseline = ""
    with pytest.raises(
        InputError, match=r"'latency'.*normzoo\.trainers\.claims"
    ):
        compare.compare(timed, [{"seed": 0}], tmp_path / "sweep")
    assert not (tmp_path / "sweep").exists()
