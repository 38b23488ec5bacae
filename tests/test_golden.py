"""What an older version has saved loads, and goes on where it stopped.

`golden/` was written at commit e7005c8, before the modules moved into folders:
models with outputs of theirs, and runs that SIGTERM ended, with the rest of
the same runs unbroken.
"""

import json
import pathlib
import shutil

import keras
import ml_collections
import numpy as np
import pytest

import normzoo.layers
import normzoo.trainers
import normzoo.zoo  # noqa: F401
from normzoo.trainers.comparison.trainers import trainer_of

GOLDEN = pathlib.Path(__file__).parent / "golden"
MODELS = sorted(path.stem for path in (GOLDEN / "models").glob("*.keras"))
RUNS = sorted(path.name for path in (GOLDEN / "runs").iterdir())


@pytest.mark.keras((3, 15))  # older ones refuse what newer ones have saved
@pytest.mark.parametrize("name", MODELS)
def test_a_saved_model_loads(name):
    model = keras.saving.load_model(GOLDEN / "models" / f"{name}.keras")
    with np.load(GOLDEN / "models" / f"{name}.npz") as held:
        outputs = np.asarray(model(held["x"], training=False))
        np.testing.assert_allclose(outputs, held["y"], rtol=1e-4, atol=1e-5)


@pytest.fixture
def golden_run(data_dir, tmp_path):
    """A function of a run's name that copies it; returns it and its config."""

    def copy(name):
        workdir = tmp_path / name
        shutil.copytree(GOLDEN / "runs" / name / "interrupted", workdir)
        path = workdir / "config.json"
        path.write_text(path.read_text().replace("DATA_DIR", str(data_dir)))
        config = json.loads(path.read_text())["config"]
        return workdir, with_defaults(config)

    return copy


def with_defaults(config):
    """Returns a run's config with the keys that only its script reads."""
    from normzoo.configs import default, gan_default

    gan = "generator" in config
    full = (gan_default if gan else default).get_config()
    with full.unlocked():
        if not gan:
            del full.model
        full.update(ml_collections.ConfigDict(config))
        for key, done in trainer_of(full).settings.older.items():
            if key not in config:
                full[key] = done
    return full


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_an_interrupted_run_goes_on(name, golden_run):
    workdir, config = golden_run(name)
    before = (workdir / "metrics.jsonl").read_text()
    result = trainer_of(config).train(config, workdir, verbose=0)
    finished = GOLDEN / "runs" / name / "finished"
    log = (workdir / "metrics.jsonl").read_text()
    assert log.startswith(before)  # not from the beginning
    close(with_moving(result), json.loads((finished / "DONE").read_text()))
    lines = zip(
        with_moving_lines(log),
        map(json.loads, (finished / "metrics.jsonl").read_text().splitlines()),
        strict=True,
    )
    for line, expected in lines:
        close(line, expected)


def with_moving(result):
    """Returns a result as if population statistics were not known yet."""
    end = "_moving"
    moving = {k.removesuffix(end): v for k, v in result.items() if end in k}
    return result | moving


def with_moving_lines(log):
    """Returns the lines of a log likewise."""
    lines = list(map(json.loads, log.splitlines()))
    new = {"validation_moving", "validation_population", "test_moving"}
    moving = [line for line in lines if line["split"] == "test_moving"]
    lines = [line for line in lines if line["split"] not in new]
    if moving:
        lines[-1] = moving[0] | {"split": "test"}
    return lines


def close(actual, expected):
    """Compares what an old version wrote, as far as machines agree on it."""
    for key in expected.keys() - {"seconds"}:
        if isinstance(expected[key], float):
            assert actual[key] == pytest.approx(expected[key], rel=1e-2), key
        else:
            assert actual[key] == expected[key], key
