"""One GAN run: restartable, measured, and clear about what it cannot do."""

import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from normzoo import layers, zoo
from normzoo.configs import digits_dcgan, gaussians_gan
from normzoo.trainers import compare, gan
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import loading
from normzoo.trainers.gans import build
from normzoo.trainers.gans.callbacks import BackToFinite
from normzoo.trainers.gans.metrics import features
from normzoo.trainers.gans.model import losses
from normzoo.trainers.gans.model.gan import GAN
from normzoo.trainers.gans.sampling import latent
from normzoo.trainers.run.progress import Progress
from normzoo.trainers.run.session import Session

from ..equal_runs import assert_equal


def small(config):
    config.generator.base_width = 8
    config.discriminator.base_width = 8
    config.batch_size = 16
    config.epochs = 2
    config.steps_per_epoch = 6
    config.steps_per_execution = 1
    config.log_every_steps = 4
    config.metrics.samples = 100
    config.metrics.features = "raw"
    return config


@pytest.fixture
def config(data_dir):
    """A small GAN on the digits, measured without a classifier."""
    config = small(digits_dcgan.get_config())
    config.dataset.data_dir = str(data_dir)
    config.generator.latent_dim = 4
    config.generator.norm = "virtual"
    return config


def small_toy():
    """Returns the config of a GAN that is told which Gaussian is wanted."""
    config = small(gaussians_gan.get_config())
    config.conditional = True
    config.generator.norm = "virtual"
    return config


@pytest.fixture
def toy():
    """A small GAN on points, which is faster to compile."""
    return small_toy()


pytestmark = pytest.mark.usefixtures("shallow_toys")


def train(config, workdir, **kwargs):
    return gan.train(config, workdir, verbose=0, **kwargs)


def lines(workdir):
    text = (workdir / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def weights(workdir):
    folder = workdir / "checkpoints"
    models = [
        keras.saving.load_model(folder / f"{name}.keras")
        for name in ("generator", "discriminator")
    ]
    return [w.numpy() for model in models for w in model.weights]


@pytest.fixture(scope="module")
def finished(data_dir, tmp_path_factory):
    """Config, folder and result of a run."""
    config = small(digits_dcgan.get_config())
    config.dataset.data_dir = str(data_dir)
    config.generator.latent_dim = 4
    config.generator.norm = "virtual"
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


def test_all_variants_share_noise_reference_and_kernels(config):
    data = loading.load_data(config)
    models = []
    for norm in ("virtual", "virtual", "none"):
        config.generator.norm = norm
        models.append(build.compiled_gan(config, data))
    first, second, plain = (model.generator for model in models)
    np.testing.assert_array_equal(first.reference[0], second.reference[0])
    np.testing.assert_array_equal(
        first.reference[0], latent(0, "reference", 16, 4)
    )
    kernels = [
        [w.numpy() for w in model.weights if w.name == "kernel"]
        for model in (first, plain)
    ]
    for a, b in zip(*kernels, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
@pytest.mark.parametrize("on_nan", ["raise", "restore", "ignore"])
def test_what_is_not_finite_ends_the_run_or_not(toy, on_nan, tmp_path):
    toy.generator.norm = "none"
    toy.loss.on_nan = on_nan
    toy.generator.optimizer.learning_rate = 1e30
    toy.discriminator.optimizer.learning_rate = 1e30
    result = train(toy, tmp_path)
    assert result["status"] == (
        "finished" if on_nan == "ignore" else "diverged"
    )
    assert (result["steps"] < 12) == (on_nan != "ignore")
    assert result["last_frechet"] is None
    assert result["validation_frechet"] is None


@pytest.mark.slow
def test_a_run_goes_back_to_where_all_was_finite():
    generator, discriminator = zoo.toy_generator(), zoo.toy_discriminator()
    loss = losses.get("hinge")
    model = GAN(generator, discriminator, loss, finite_only=True)
    model.compile(*(keras.optimizers.Adam(1e-2) for _ in range(2)))
    points = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
    points[45] = np.nan  # in the fifth of six batches
    progress = Progress()
    back = BackToFinite(2, progress)
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            progress.step = batch + 1
            seen.append([v.numpy() for v in model.learned()])

    data = tf.data.Dataset.from_tensor_slices(points).batch(10)
    model.fit(data, callbacks=[Watch(), back], verbose=0)
    for kept, now in zip(seen[4], seen[5], strict=True):
        np.testing.assert_array_equal(kept, now)
    assert not progress.diverged
    assert all(np.isfinite(v.numpy()).all() for v in model.learned())


@pytest.mark.slow
def test_two_replicas_train_like_one_device(toy, tmp_path, two_replicas):
    toy.discriminator.norm = "layer"
    toy.discriminator.weight_norm = "spectral"
    toy.loss.name = "relativistic"
    toy.regularizers.r1.weight = toy.regularizers.r2.weight = 0.1
    toy.regularizers.r1.every = 4
    plain = train(toy, tmp_path / "plain")
    toy.distribution = "mirrored"
    mirrored = train(toy, tmp_path / "mirrored")
    for name in ("last_frechet", "last_recall", "best_frechet"):
        assert mirrored[name] == pytest.approx(plain[name], 1e-3)
    pairs = zip(
        weights(tmp_path / "plain"), weights(tmp_path / "mirrored"), strict=True
    )
    for a, b in pairs:
        np.testing.assert_allclose(a, b, 1e-4, 1e-4)


@pytest.mark.slow
def test_float16_scales_both_losses(toy, tmp_path):
    toy.precision = "mixed_float16"
    toy.epochs, toy.steps_per_epoch = 1, 3
    result = train(toy, tmp_path)
    assert result["status"] == "finished"
    assert lines(tmp_path)[0]["d_loss_scale"] == 2**15
    assert lines(tmp_path)[0]["g_loss_scale"] == 2**15


@pytest.mark.slow
def test_statistics_can_be_estimated_for_sampling(toy, tmp_path):
    toy.generator.norm = "batch"
    folders = tmp_path / "with", tmp_path / "without"
    found = []
    for folder, reestimate in zip(folders, (True, False), strict=True):
        toy.generator.reestimate = reestimate
        if not reestimate:
            as_if_not_measured(folders[0], folder)
        found.append(train(toy, folder)["last_frechet"])
        measured = gan.evaluate(toy, folder)
        assert measured["frechet"] == pytest.approx(found[-1], 1e-3)
    assert found[0] != found[1]


def as_if_not_measured(run, copy):
    """Copies a run whose training, not its end, is one without estimates."""
    shutil.copytree(run, copy)
    (copy / "DONE").unlink()
    held = json.loads((copy / "config.json").read_text())
    held["config"]["generator"]["reestimate"] = False
    (copy / "config.json").write_text(json.dumps(held))


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


BAD = {
    "resolution": ({"dataset.image_size": 9}, "multiple of 4.*9"),
    "no reference": ({"discriminator.norm": "virtual"}, "reference batch"),
    "penalty": (
        {"loss.name": "wasserstein", "discriminator.norm": "batch"},
        "each example separately",
    ),
    "penalty and groups": (
        {"loss.name": "wasserstein", "discriminator.norm": "ghost_batch"},
        "each example separately.*norm='ghost_batch'",
    ),
    "r1": (
        {"regularizers.r1.weight": 1.0, "discriminator.norm": "evonorm_b0"},
        "r1, with loss.name='non_saturating'.*'evonorm_b0'",
    ),
    "two penalties": (
        {
            "loss.name": "wasserstein",
            "discriminator.norm": "layer",
            "regularizers.gradient_penalty.weight": 1.0,
        },
        "has a gradient penalty already.*10.0.*1.0.*to 0",
    ),
    "batch of 1": (
        {"batch_size": 1, "generator.norm": "batch"},
        "more than one example.*generator.norm='batch'",
    ),
    "few samples": ({"metrics.samples": 60}, "64 features.*60.*samples"),
    "networks": ({"networks": "toy"}, "'toy' makes the points"),
    "points": ({"dataset.name": "gaussians25"}, "'toy' makes the points"),
    "unknown networks": (
        {"networks": "gan"},
        "'gan'.*dcgan, sngan, r3gan, toy",
    ),
    "unknown norm": ({"generator.norm": "btach"}, "'btach'.*none, batch"),
    "loss": ({"loss.name": "wgan"}, "'wgan'.*hinge"),
    "joint": (
        {"discriminator.batch": "joint", "discriminator.statistics": "real"},
        "joint batch.*'real'",
    ),
    "large batch": ({"discriminator.updates": 99}, "1584.*1204"),
    "inception": ({"metrics.features": "inception"}, "Nothing is downloaded"),
    "average": ({"ema_decay": 1.0}, r"\[0, 1\).*1.0"),
    "XLA": ({"jit_compile": True}, "deterministic=False"),
}


def test_points_are_not_augmented(toy, tmp_path):
    toy.augmentation = "cutout"
    with pytest.raises(InputError, match=r"Only images.*'cutout'"):
        train(toy, tmp_path / "run")


@pytest.mark.parametrize("name", BAD)
def test_bad_configs_are_refused_before_anything_is_written(
    config, name, tmp_path
):
    overrides, message = BAD[name]
    config.metrics.inception_weights = str(tmp_path / "weights.h5")
    config.update_from_flattened_dict(overrides)
    with pytest.raises(InputError, match=message):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_workdir_of_another_config_is_refused(finished):
    config, folder, _ = finished
    config = config.copy_and_resolve_references()
    config.discriminator.norm = "layer"
    for use in (train, gan.evaluate, gan.sample):
        with pytest.raises(InputError, match="norm: 'batch' there"):
            use(config, folder)


def test_an_unfinished_run_has_no_samples(config, tmp_path):
    with pytest.raises(InputError, match="no finished run"):
        gan.sample(config, tmp_path)


@pytest.mark.slow
def test_the_generator_that_is_saved_is_a_reference_model(finished):
    config, folder, _ = finished
    generator = gan.load_generator(config, folder)
    assert isinstance(generator, layers.ReferenceModel)
