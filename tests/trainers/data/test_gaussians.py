"""The mixture whose modes are known."""

import numpy as np
import pytest

from normzoo.trainers import classify
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import gaussians, loading
from normzoo.trainers.gans import real

FIRST = [0.008839420974254608, 0.00775286415591836]


@pytest.fixture
def config(config):
    config.dataset.name = gaussians.NAME
    return config


def test_the_points(config):
    data = loading.load_data(config)
    assert loading.load_data(config) is data
    assert data.input_shape == (2,)
    assert [len(s.labels) for s in data[:3]] == [50_000, 10_000, 10_000]
    centers, deviation = data.modes
    side = np.array([-0.8, -0.4, 0, 0.4, 0.8])
    grid = [(x, y) for y in side for x in side]
    np.testing.assert_allclose(centers, grid, atol=1e-12)
    offsets = data.train.inputs - centers[data.train.labels]
    np.testing.assert_allclose(offsets.std(0), deviation, rtol=0.01)
    # As in all runs so far.
    assert data.train.labels[:4].tolist() == [12, 4, 21, 0]
    assert data.train.inputs[0].tolist() == FIRST


def test_a_gan_sees_them_as_they_are(config):
    data = loading.load_data(config)
    real.check(data)
    np.testing.assert_array_equal(real.examples(data, "test"), data.test.inputs)
    batch = next(iter(real.training_batches(data, False, 64, 1, seed=0)))
    assert (batch.numpy()[:, None] == data.train.inputs).all(-1).any(1).all()


@pytest.mark.slow
def test_a_classifier_tells_the_modes_apart(config, tmp_path):
    config.model.width = 64
    config.batch_size = 500
    config.epochs = 4
    config.optimizer.learning_rate = 1e-2
    result = classify.train(config, tmp_path, verbose=0)
    # They are 40 standard deviations apart.
    assert result["test_accuracy"] > 0.99


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "dataset.train_split",
            "train[:50%]",
            "fixed.*train_split='train",
        ),
        ("dataset.train_share", 0.5, "fixed.*train_share=0.5"),
        ("dataset.image_size", 8, "not images.*image_size=8"),
        ("dataset.view", "rows", "not images.*view='rows'"),
        ("dataset.standardize", True, "standardize=True"),
        ("batch_size", 50_001, "1 to 50000.*gaussians25.*50001"),
        ("model.name", "cnn", r"A CNN takes images"),
    ],
)
def test_what_points_cannot_be_is_refused(
    config, key, value, message, tmp_path
):
    config.update_from_flattened_dict({key: value})
    with pytest.raises(InputError, match=message):
        classify.train(config, tmp_path / "run", verbose=0)
    assert not (tmp_path / "run").exists()
