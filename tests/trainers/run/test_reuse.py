"""A model that is used again trains as a new one does, bit by bit."""

import json

import pytest

from normzoo.configs import default
from normzoo.trainers import classify
from normzoo.trainers.comparison import runner, sweep
from normzoo.trainers.run.session import Session


def recurrent(gamma, seed):
    model = default.get_recurrent_model()
    model.units, model.gamma_initializer = (4,), gamma
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
    with Session(reuse_models=True) as session:
        results = [
            classify.train(config, tmp_path / name, verbose=0, session=session)
            for name, config in (("first", first), ("again", second))
        ]
        assert len(session.models) == 1
    assert len(session.models) == 0
    results.append(classify.train(second, tmp_path / "new", verbose=0))
    assert lines(tmp_path / "again") == lines(tmp_path / "new")
    assert results[1]["test_loss"] == results[2]["test_loss"]
    assert results[0]["test_loss"] != results[1]["test_loss"]


@pytest.mark.slow
def test_a_run_after_one_that_diverged(short, tmp_path):
    runs = sweep.plan(
        short,
        [{"optimizer.learning_rate": rate, "seed": 0} for rate in (1e30, 0.1)],
    )
    results = runner.execute(runs, tmp_path)
    wild, tame = (results[run.name] for run in runs)
    assert wild["status"] == "diverged"
    assert tame["status"] == "finished"
    alone = classify.train(runs[1].config, tmp_path / "alone", verbose=0)
    assert alone["test_loss"] == tame["test_loss"]


@pytest.mark.slow
def test_models_of_another_structure_are_not_shared(short, tmp_path):
    with Session(reuse_models=True) as session:
        for width in (8, 16):
            short.model.width = width
            path = tmp_path / str(width)
            classify.train(short, path, verbose=0, session=session)
        assert len(session.models) == 2
    assert len(session.models) == 0
