"""A model that is used again trains as a new one does, bit by bit."""

import json

import pytest

from normzoo.configs import default
from normzoo.trainers import classify
from normzoo.trainers.comparison import sweep
from normzoo.trainers.run import reuse
from normzoo.trainers.run.session import Session


def recurrent(gamma, seed):
    model = default.get_recurrent_model()
    model.cell, model.units, model.gamma_initializer = "simple", (4,), gamma
    return {"model": model, "dataset.view": "rows", "seed": seed}


#: Settings of two runs that share a model, and what they may differ in.
PAIRS = {
    "batch": (
        {
            "model.norm": "batch",
            "model.dropout": 0.5,
            "model.norm_noise": 0.5,
            "model.initializer_scale": 1.0,
            "optimizer.learning_rate": 0.1,
            "optimizer.momentum": 0.9,
            "seed": 1,
        },
        {
            "model.norm": "batch",
            "model.dropout": 0.5,
            "model.norm_noise": 0.5,
            "model.initializer_scale": 2.0,
            "optimizer.learning_rate": 0.01,
            "optimizer.momentum": 0.9,
            "seed": 2,
        },
    ),
    "virtual": (
        {"model.norm": "virtual", "seed": 1},
        {"model.norm": "virtual", "seed": 2},
    ),
    "recurrent, gamma": (recurrent(None, 1), recurrent(0.5, 2)),
}


@pytest.fixture
def short(config):
    config.epochs = 1
    config.optimizer.name = "sgd"
    config.model.norm_noise = 0.0
    return config


def lines(path):
    text = (path / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PAIRS))
def test_the_second_run_is_bitwise_that_of_a_new_model(name, short, tmp_path):
    first, second = (run.config for run in sweep.plan(short, PAIRS[name]))
    runs = {"first": first, "again": second}
    if name == "batch":  # nothing of a run that diverged stays, either
        wild = first.copy_and_resolve_references()
        wild.optimizer.learning_rate = 1e30
        runs = {"first": first, "wild": wild, "again": second}
    with Session(reuse_models=True) as session:
        trained = {
            run: classify.train(
                config, tmp_path / run, verbose=0, session=session
            )
            for run, config in runs.items()
        }
        assert len(session.models) == 1
    if "wild" in trained:
        assert trained["wild"]["status"] == "diverged"
    assert len(session.models) == 0
    new = classify.train(second, tmp_path / "new", verbose=0)
    assert lines(tmp_path / "again") == lines(tmp_path / "new")
    assert trained["again"]["test_loss"] == new["test_loss"]
    assert trained["first"]["test_loss"] != new["test_loss"]


@pytest.mark.slow
@pytest.mark.parametrize(("most", "kept"), [(2**30, 2), (0, 1)])
def test_models_of_another_structure_are_not_shared(
    most, kept, short, monkeypatch, tmp_path
):
    monkeypatch.setattr(reuse, "_MAX_BYTES", most)
    with Session(reuse_models=True) as session:
        for width in (8, 16):
            short.model.width = width
            path = tmp_path / str(width)
            classify.train(short, path, verbose=0, session=session)
        assert len(session.models) == kept
    assert len(session.models) == 0
