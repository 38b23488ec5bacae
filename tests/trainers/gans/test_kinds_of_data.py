"""Whole runs on stacked images and on a folder of photographs."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from normzoo.configs import gan_default
from normzoo.trainers import gan
from normzoo.trainers.gans.metrics import features

from ..data import prepared


def small(folder):
    """Returns the config of a few steps of tiny networks."""
    config = gan_default.get_config()
    for player in (config.generator, config.discriminator):
        player.base_width = 4
    config.generator.latent_dim = 4
    config.batch_size = 8
    config.epochs, config.steps_per_epoch = 1, 2
    config.metrics.feature_units = 4
    config.metrics.classifier_epochs = 1
    config.metrics.samples = 60
    config.metrics.cache_dir = str(folder)
    return config


@pytest.mark.slow
def test_modes_of_stacked_digits_are_counted(data_dir, tmp_path):
    config = small(tmp_path / "cache")
    config.dataset.name = "stacked_digits"
    config.dataset.data_dir = str(data_dir)
    config.conditional = True
    config.metrics.samples = 400
    result = gan.train(config, tmp_path / "run", verbose=0)
    assert 1 <= result["last_modes"] <= 400
    assert 0 <= result["last_mode_kl"] <= np.log(1000)
    assert result["last_n_fake"] == 400
    assert result["last_n_train"] == 10_000
    assert 0 <= result["last_memorization"] <= 1
    assert result["last_class_frechet"] > 0
    low, middle, high = (
        result[f"last_kernel{end}"] for end in ("_low", "", "_high")
    )
    assert low < middle < high
    # The classifier of single digits sees one color at a time.
    extractor = features.load_features(config)
    images = np.random.default_rng(0).uniform(-1, 1, (3, 8, 8, 3))
    vectors, classes = extractor.extract(images.astype("float32"))
    one = small(tmp_path / "cache")
    one.dataset.name = "digits"
    one.dataset.data_dir = str(data_dir)
    one = features.load_features(one)
    assert one.accuracy == extractor.accuracy
    alone = [one.extract(images[..., [i]].astype("f")) for i in range(3)]
    np.testing.assert_allclose(
        vectors, np.concatenate([v for v, _ in alone], 1), 1e-4, 1e-5
    )
    hundreds, tens, ones = (label for _, label in alone)
    np.testing.assert_array_equal(classes, 100 * hundreds + 10 * tens + ones)


@pytest.mark.slow
@prepared.needs("cifar10_jpeg")
def test_a_folder_of_photographs_without_classes(tmp_path):
    images = tfds.load(
        "cifar10_jpeg",
        data_dir=prepared.FOLDER,
        download=False,
        split="train[:400]",
        batch_size=-1,
    )["image"].numpy()
    folder = tmp_path / "photos"
    folder.mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{i:03}.png")
    config = small(tmp_path / "cache")
    config.dataset.name, config.dataset.image_size = str(folder), 32
    result = gan.train(config, tmp_path / "run", verbose=0)
    assert result["status"] == "finished"
    assert result["examples"] == {"train": 256, "validation": 64, "test": 80}
    assert result["last_frechet"] > 0
    assert 0 <= result["last_feature_accuracy"] <= 1  # of the turns
    assert "last_class_coverage" not in result
    with Image.open(tmp_path / "run/images/real.png") as picture:
        assert picture.mode == "RGB"
        assert picture.size == (8 * 34, 8 * 34)
