"""What is looked at of finished runs: their models, and images of them."""

import keras
import numpy as np
import pytest

import normzoo
from normzoo.trainers import gan
from normzoo.trainers.gans import finished as gans
from normzoo.trainers.supervised import finished
from normzoo.trainers.supervised.trainer import train

pytestmark = pytest.mark.slow


@pytest.fixture
def counted(monkeypatch):
    """The counts of the confusion matrices that are drawn, a list."""
    counted, draw = [], finished.confusion_image

    def drawn(counts):
        counted.append(counts)
        return draw(counts)

    monkeypatch.setattr(finished, "confusion_image", drawn)
    return counted


def shown(module, config, folder):
    models = module.models(config, folder)
    return models, dict(module.images(config, models, folder))


@pytest.mark.parametrize("norm", ["batch", "virtual"])
def test_the_diagonal_is_the_test_accuracy(norm, config, counted, tmp_path):
    config.model.norm = norm
    result = train(config, tmp_path, verbose=0)
    shown(finished, config, tmp_path)
    (counts,) = counted
    assert counts.sum() == result["test_examples"]
    share = np.trace(counts) / counts.sum()
    assert share == pytest.approx(result["test_accuracy"])


def test_many_models_are_no_warning(config, tensorflow_logs, tmp_path):
    for units in range(1, 7):
        model = keras.Sequential([keras.Input((8, 8, 1))])
        model.add(keras.layers.Flatten())
        model.add(keras.layers.Dense(units, "relu"))
        model.add(keras.layers.Dense(10))
        models = {finished.MODEL: model}
        images = dict(finished.images(config, models, tmp_path))
        assert list(images) == ["test_confusion"]
    assert not tensorflow_logs


def test_recurrent_norms_have_heat_maps(config, tmp_path):
    config.dataset.view = "rows"
    config.model = {"name": "stacked_rnn", "norm": "batch", "units": (4,)}
    config.epochs = 1
    train(config, tmp_path, verbose=0)
    _, images = shown(finished, config, tmp_path)
    maps = [tag for tag in images if tag.startswith("moving_mean_")]
    assert maps
    assert all(tag.partition("/")[0].endswith("_over_time") for tag in maps)


def test_a_gan_shows_its_samples(toy_gan, shallow_toys, tmp_path):
    toy_gan.epochs = 1
    gan.train(toy_gan, tmp_path, verbose=0)
    models, images = shown(gans, toy_gan, tmp_path)
    assert list(models) == ["discriminator", "generator"]
    assert list(images) == ["samples", "real_examples"]
    for pixels in images.values():
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3


def test_a_model_of_ones_own_has_a_confusion_matrix(counted, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 5)).astype("float32")
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(8)])
    model.add(keras.layers.BatchNormalization())
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    found = normzoo.compare_norms(
        model,
        (x, (x[:, 0] > 0).astype(int)),
        norms=["as_is", "layer"],
        epochs=1,
        batch_size=16,
        seeds=1,
        workdir=tmp_path,
    )
    for row, counts in zip(found.summary.rows, counted, strict=True):
        (accuracy,) = row.values["test_accuracy"].values()
        share = np.trace(counts) / counts.sum()
        assert share == pytest.approx(accuracy, abs=1e-6)
