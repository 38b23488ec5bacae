"""One GAN run: restartable, measured, sampled and compared."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from normzoo import layers
from normzoo.trainers import compare, gan
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import loading
from normzoo.trainers.gans.metrics import features
from normzoo.trainers.run.session import Session

from ..equal_runs import assert_equal
from .runs import lines, small_digits, small_toy, train

pytestmark = pytest.mark.usefixtures("shallow_toys")


@pytest.fixture(scope="module")
def finished(data_dir, tmp_path_factory):
    """Config, folder and result of a run."""
    config = small_digits(data_dir)
    folder = tmp_path_factory.mktemp("runs") / "run"
    return config, folder, train(config, folder)


@pytest.mark.slow
def test_the_workdir_tells_the_whole_story(finished):
    config, folder, result = finished
    assert json.loads((folder / "DONE").read_text()) == result
    assert result["status"] == "finished"
    assert result["steps"] == 12
    assert result["last_n_real"] == result["last_n_fake"] == 100
    assert result["last_batch_dependence_training"] == 0
    memory = result["memory"]
    assert memory["weights"] > 3 * 4 * result["parameters"]  # and its average
    # Real and made images at the least.
    assert memory["activations"] > 2 * 4 * config.batch_size * 64
    validated = [x for x in lines(folder) if x["split"] == "validation"]
    assert [x["epoch"] for x in validated] == [1, 2]
    for name in ("frechet", "kernel", "precision", "recall"):
        assert result[f"validation_{name}"] == validated[-1][name]
    frechet = [x["frechet"] for x in validated]
    assert result["best_frechet"] == min(frechet)
    assert result["best_epoch"] == 1 + int(np.argmin(frechet))
    running = [x for x in lines(folder) if x["split"] == "running"]
    assert [x["step"] for x in running] == [1, 2, 4, 8, 12]
    assert {"d_real", "d_norm", "g_loss_scale", "g_skipped"} <= set(running[0])
    names = {path.name for path in (folder / "images").iterdir()}
    assert names == {
        "fixed-00000006.png",
        "fixed-00000012.png",
        "fixed.gif",
        "random.png",
        "real.png",
    }
    with Image.open(folder / "images/fixed.gif") as film:
        assert film.n_frames == 2
    assert list((folder / "train/images").glob("events*"))
    assert list((folder / "train/speed").glob("events*"))


@pytest.mark.slow
def test_a_finished_run_is_measured_again_and_sampled(finished):
    config, folder, result = finished
    assert train(config, folder) == result
    measured = gan.evaluate(config, folder)
    for name in ("frechet", "kernel", "precision", "recall"):
        assert measured[name] == pytest.approx(result[f"last_{name}"], 1e-4)
    paths = gan.sample(config, folder, seed=3, count=9)
    assert [path.name for path in paths] == [
        "sample-3.png",
        "interpolation-3.png",
    ]
    # Images of 32 pixels and a line around each; rows of ten in the second.
    for path, size in zip(paths, [(102, 102), (322, 340)], strict=True):
        with Image.open(path) as picture:
            assert picture.size == size


@pytest.mark.slow
def test_a_finished_run_is_measured_by_other_settings(finished):
    config, folder, _ = finished
    config = config.copy_and_resolve_references()
    config.metrics.samples, config.metrics.neighbors = 90, 2
    measured = gan.evaluate(config, folder)
    assert measured["n_real"] == measured["n_fake"] == 90
    config.metrics.features = "pixels"
    with pytest.raises(InputError, match=r"'pixels'.*classifier, raw"):
        gan.evaluate(config, folder)


@pytest.fixture(scope="module")
def finished_toy(shallow_toys, tmp_path_factory):
    """Folder and result of a run of `toy`."""
    folder = tmp_path_factory.mktemp("runs") / "toy"
    return folder, train(small_toy(), folder)


class Interrupt(keras.callbacks.Callback):
    """Ends the run as a signal would, but for the saving."""

    def __init__(self, step):
        super().__init__()
        self.left = step

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_longer_and_resumed_run_is_bitwise_the_same(
    toy, finished_toy, tmp_path
):
    assert toy.discriminator.norm == "batch"
    assert toy.conditional
    whole, _ = finished_toy
    toy.checkpoint.every_steps = 4
    toy.epochs = 1
    with Session(reuse_models=True) as session:
        assert train(toy, tmp_path, session=session)["steps"] == 6
        toy.epochs = 2
        with pytest.raises(KeyboardInterrupt):  # in step 10
            train(toy, tmp_path, callbacks=[Interrupt(4)], session=session)
    train(toy, tmp_path)  # from 8 on, with a new model
    assert_equal(tmp_path, whole)


@pytest.mark.slow
def test_a_classifier_is_trained_once_per_data_set(config, tmp_path):
    config.metrics.features = "classifier"
    config.metrics.feature_units = 16
    config.metrics.classifier_epochs = 2
    config.metrics.cache_dir = str(tmp_path / "cache")
    extractor = features.load_features(config)
    data = loading.load_data(config)
    images = 2 * (data.test.inputs / np.float32(255)) - 1
    vectors, classes = extractor.extract(images)
    assert vectors.shape == (len(images), 16)
    assert vectors.dtype == np.float64
    accuracy = np.mean(classes == data.test.labels)
    assert accuracy == pytest.approx(extractor.accuracy, abs=1e-6)
    (folder,) = (x for x in (tmp_path / "cache").iterdir() if x.is_dir())
    stamp = (folder / "DONE").stat().st_mtime_ns
    assert features.load_features(config).accuracy == extractor.accuracy
    assert (folder / "DONE").stat().st_mtime_ns == stamp


@pytest.mark.slow
def test_a_conditional_gan_is_asked_for_classes(toy, finished_toy, finished):
    folder, _ = finished_toy
    paths = gan.sample(toy, folder, seed=3, count=9, labels=[3, 24])
    assert all(path.exists() for path in paths)
    with pytest.raises(InputError, match=r"0 to 24.*25"):
        gan.sample(toy, folder, labels=[25])
    config, folder, _ = finished
    with pytest.raises(InputError, match=r"Only a conditional GAN.*3"):
        gan.sample(config, folder, labels=[3])


@pytest.mark.slow
def test_modes_of_the_toy_are_counted(finished_toy):
    folder, result = finished_toy
    assert 0 <= result["last_modes"] <= 25
    assert 0 <= result["last_good"] <= 1
    assert (folder / "images/fixed.gif").exists()


@pytest.mark.slow
def test_gans_are_compared(config, tmp_path):
    config.epochs = 1
    config.compare.baseline = ""
    overrides = [
        {"generator.norm": norm, "discriminator.norm": "layer", "seed": 0}
        for norm in ("none", "batch")
    ]
    summary = compare.compare(config, overrides, tmp_path, command="x")
    assert summary.metrics == ("last_frechet", "best_frechet")
    assert [row.runs for row in summary.rows] == [1, 1]
    page = (tmp_path / "report.html").read_text()
    assert page.count("<figure>") == 3  # and real ones
    assert "100 real and 100 generated examples, split test" in page
    table = (tmp_path / "summary.md").read_text()
    titles = "| variant | Frechet | difference | verdict | best | difference |"
    assert titles in table
    assert "Frechet distances are biased upward" in table
    assert "compare 100 real with 100 generated examples" in table
    assert "Frechet distances are biased upward" in page


@pytest.mark.slow
def test_a_workdir_of_another_config_is_refused(finished):
    config, folder, _ = finished
    config = config.copy_and_resolve_references()
    config.discriminator.norm = "layer"
    for use in (train, gan.evaluate, gan.sample):
        with pytest.raises(InputError, match="norm: 'batch' there"):
            use(config, folder)


@pytest.mark.slow
def test_the_generator_that_is_saved_is_a_reference_model(finished):
    config, folder, _ = finished
    generator = gan.load_generator(config, folder)
    assert isinstance(generator, layers.ReferenceModel)
