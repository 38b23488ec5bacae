"""A run of a group ends as it does alone."""

import keras
import pytest

from normzoo.configs import default, mnist1d_cnn
from normzoo.trainers.run.session import Session
from normzoo.trainers.supervised.choice import structure

from ..data import made
from .group_runs import (
    TOLERANCE,
    alone,
    assert_same,
    changed,
    lines,
    members,
    together,
)

RATES = (1e-2, 2e-3)


def text():
    model = default.get_recurrent_model()
    model.cell, model.units, model.readout = "simple", (4,), "each"
    return {
        "model": model,
        "dataset.name": "verses",
        "dataset.window": 10,
        "dataset.train_split": "train",
        "dataset.validation_split": "test",
        "batch_size": 8,
        "optimizer.clipnorm": 1.0,
    }


def signal():
    config = mnist1d_cnn.get_config()
    return {
        "dataset": config.dataset,
        "model": config.model,
        "model.width": 4,
        "model.depth": 1,
        "model.kernel_size": (5,),
        "model.norm": "batch",
        "batch_size": 400,
        "evaluation_batch_size": 300,
    }


#: Overrides of a small model's config.
CASES = {
    "batch": {
        "log_every_steps": 4,
        "evaluation_batch_size": 100,
        "population.validation": True,
        "validate_every_epochs": 2,
    },
    "virtual, adamw": {
        "model.norm": "virtual",
        "optimizer.name": "adamw",
        "optimizer.weight_decay": 0.1,
        "optimizer.schedule": "cosine",
        "optimizer.warmup_steps": 7,
    },
    "renorm, spectral, dropout, sgd": {
        "model.norm_arguments": {"batch": {"renorm": True}},
        "model.weight_norm": "spectral",
        "model.dropout": 0.3,
        "optimizer.name": "sgd",
        "optimizer.momentum": 0.9,
        "optimizer.clipnorm": 0.5,
        "population.examples": 0,
    },
    "text": text(),
    "signal": signal(),
    "float16, cosine": {
        "precision": "mixed_float16",
        "model.norm": "layer",
        "model.dropout": 0.3,
        "optimizer.schedule": "cosine",
        "optimizer.clipnorm": 1.0,
    },
}
#: Those that cannot be stacked.
APART = {
    "muon, probe": {
        "optimizer.name": "muon",
        "probe": "layers",
        "log_every_steps": 4,
        "population.validation": True,
        "validate_every_epochs": 2,
    },
    "adaptive clipping": {
        "optimizer.name": "adafactor",
        "optimizer.adaptive_clipping": 0.02,
    },
    "float16": {"precision": "mixed_float16", "model.width": 2},
}
#: Mode -> names of cases. Each norm and each optimizer of a stack is in
#: `test_equal_weights.py`, where virtual norms call by call are, too.
TABLE = {
    "stacked": [name for name in CASES if name != "text"],
    "call_by_call": ("text", "float16, cosine"),
    "side_by_side": tuple(APART),
}
PAIRS = [(name, mode) for mode, names in TABLE.items() for name in names]

#: Numbers that each of two runs has for itself.
NUMBERS = {
    "optimizer.momentum": (0.9, 0.5),
    "optimizer.clipnorm": (0.2, 1.0),
    "optimizer.weight_decay": (0.1, 0.02),
    "model.dropout": (0.5, 0.1),
    "model.initializer_scale": (1.0, 0.5),
}


@pytest.fixture
def small(config, tmp_path):
    config.model.width = 8
    config.epochs = 3
    # The cases name others, which have no momentum.
    config.optimizer = default.get_config().optimizer
    config.checkpoint.best = "val_loss"
    config.checkpoint.best_mode = "min"
    return config


@pytest.fixture(scope="module")
def verses(tmp_path_factory):
    """Returns the folder of a prepared text; TFDS takes its name once."""
    folder = tmp_path_factory.mktemp("verses")
    verse = "to be, or not to be, that is the question. " * 10
    made.prepare(
        "verses",
        {"text": made.FEATURES.Text()},
        lambda i: {"text": verse[i:]},
        folder,
    )
    return folder


@pytest.fixture
def prepared(small, verses):
    """Returns a function of the name of a case that makes its config."""

    def make(name):
        if name == "text":
            small.dataset.data_dir = str(verses)
        return changed(small, (CASES | APART)[name])

    return make


@pytest.mark.slow
@pytest.mark.parametrize(("name", "mode"), PAIRS)
def test_a_member_ends_as_it_does_alone(name, mode, prepared, tmp_path):
    configs = members(prepared(name), RATES)
    with Session(reuse_models=True) as session:
        results = together(configs, tmp_path, session, mode)
        alone(configs[1], tmp_path / "alone", session)
    assert sorted(results) == [0, 1]
    assert not (tmp_path / "group").exists()
    assert_same(tmp_path / "1", tmp_path / "alone", TOLERANCE[mode])


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["stacked", "side_by_side"])
def test_runs_have_numbers_of_their_own(mode, small, tmp_path):
    small.optimizer.name = "sgd"
    configs = [
        changed(config, {key: values[i] for key, values in NUMBERS.items()})
        for i, config in enumerate(members(small, RATES))
    ]
    assert structure(configs[0]) == structure(configs[1])
    with Session(reuse_models=True) as session:
        together(configs, tmp_path, session, mode)
        alone(configs[1], tmp_path / "alone", session)
    assert_same(tmp_path / "1", tmp_path / "alone", TOLERANCE[mode])
    saved = keras.saving.load_model(tmp_path / "1/checkpoints/final.keras")
    for key, (_, number) in list(NUMBERS.items())[:3]:
        found = getattr(saved.optimizer, key.split(".")[1])
        assert found == pytest.approx(number)
    assert {x.rate for x in saved.layers if hasattr(x, "rate")} == {0.1}


@pytest.mark.slow
# Call by call it is the program that is stacked, but for XLA.
@pytest.mark.parametrize("mode", ["stacked", "side_by_side"])
def test_a_run_that_diverges_does_so_by_itself(mode, small, tmp_path):
    config = changed(small, {"optimizer.name": "sgd", "model.norm": "none"})
    configs = members(config, (1e-2, 1e30, 2e-3))
    with Session(reuse_models=True) as session:
        results = together(configs, tmp_path / "all", session, mode)
        without = together(
            [configs[0], configs[2]], tmp_path / "finite", session, mode
        )
        alone(configs[1], tmp_path / "alone", session)
    statuses = [results[run]["status"] for run in range(3)]
    assert statuses == ["finished", "diverged", "finished"]
    assert results[1]["steps"] < results[0]["steps"]
    # Its numbers are as large as there are, and their last bits decide.
    held, wanted = lines(tmp_path / "all/1"), lines(tmp_path / "alone")
    kinds = [[(x["step"], x["split"]) for x in each] for each in (held, wanted)]
    assert kinds[0] == kinds[1]
    if mode == "side_by_side":
        assert_same(tmp_path / "all/1", tmp_path / "alone", 0)
    assert sorted(without) == [0, 1]
    for with_it, without_it in ((0, 0), (2, 1)):
        assert_same(
            tmp_path / f"all/{with_it}", tmp_path / f"finite/{without_it}", 0
        )


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["call_by_call", "side_by_side"])
def test_a_finished_member_stays_as_it_is(mode, small, tmp_path):
    small.epochs = 1
    configs = members(small, RATES)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    with Session(reuse_models=True) as session:
        alone(configs[0], parts / "0", session)
        before = files(parts / "0")
        results = together(configs, parts, session, mode)
        assert files(parts / "0") == before
        together(configs, whole, session, mode)
        # Killed at its very end, it has nothing left to do.
        (whole / "group").mkdir()
        assert together(configs, whole, session, mode) == {}
    assert not (whole / "group").exists()
    assert list(results) == [1]
    assert_same(parts / "1", whole / "1", 0)


def files(folder):
    # The lock says who holds it now.
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".lock")
    }
