"""Models of the zoo learn numbers."""

import numpy as np
import pytest

from normzoo.configs import default
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison import compare
from normzoo.trainers.data import loading
from normzoo.trainers.supervised.build import fitting_model
from normzoo.trainers.supervised.trainer import train

DEPTHS = {"one target": (), "three targets": (3,)}


def regression(folder, targets, task=""):
    """Returns a config for the zoo's MLP and made-up numbers."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4)).astype(np.float32)
    weights = rng.normal(size=(4, *targets))
    path = folder / "numbers.npz"
    np.savez(path, x_train=x, y_train=(x @ weights).astype(np.float32))
    config = default.get_config()
    config.dataset.name, config.task = str(path), task
    config.model.depth, config.model.width = 1, 16
    config.epochs, config.batch_size = 2, 16
    config.steps_per_execution = 1
    config.checkpoint.best, config.checkpoint.best_mode = "val_loss", "min"
    return config


@pytest.mark.slow
@pytest.mark.parametrize("name", DEPTHS)
def test_errors_are_those_of_the_saved_model(name, tmp_path):
    targets = DEPTHS[name]
    config = regression(tmp_path, targets)
    result = train(config, tmp_path / "run", verbose=0)
    data = loading.load_data(config)
    model = fitting_model(config, data)
    assert model.output_shape == (None, *(targets or (1,)))
    model.load_weights(tmp_path / "run/checkpoints/final.keras")
    predicted = model.predict(data.test.inputs, verbose=0)
    errors = predicted - data.test.labels.reshape(predicted.shape)
    expected = {
        "test_loss": np.mean(errors**2),
        "test_root_mean_squared_error": np.sqrt(np.mean(errors**2)),
        "test_mean_absolute_error": np.abs(errors).mean(),
    }
    measured = {key: result[key] for key in expected}
    assert measured == pytest.approx(expected, rel=1e-4)


KEY = "root_mean_squared_error"


def errors(together, folder):
    """Returns seed -> the test error, of two seeds with batch norm."""
    config = regression(folder, ())
    config.compare.metric, config.compare.together = KEY, together
    config.compare.baseline = ""
    norms = [{"model.norm": "batch"}]
    summary = compare.compare(config, norms, folder / together, seeds=2)
    return summary.rows[0].values[f"test_{KEY}"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return errors("alone", tmp_path_factory.mktemp("alone"))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["stacked", "side_by_side"])
def test_together_as_alone(mode, alone, tmp_path):
    assert errors(mode, tmp_path) == pytest.approx(alone, rel=1e-4)


@pytest.mark.parametrize("task", ["classification", "characters"])
def test_numbers_are_no_classes(task, tmp_path):
    config = regression(tmp_path, (), task)
    with pytest.raises(InputError, match=r"whole number.*float32"):
        train(config, tmp_path / "run", verbose=0)


def test_classes_are_no_numbers(config, tmp_path):
    config.task = "regression"
    with pytest.raises(InputError, match=r"as floats.*int64"):
        train(config, tmp_path / "run", verbose=0)
