"""How a GAN is trained: on replicas, in 16 bits, and where it diverges."""

import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import zoo
from normzoo.trainers import gan
from normzoo.trainers.data import loading
from normzoo.trainers.gans import build
from normzoo.trainers.gans.callbacks import BackToFinite
from normzoo.trainers.gans.model import losses
from normzoo.trainers.gans.model.gan import GAN
from normzoo.trainers.gans.sampling import latent
from normzoo.trainers.run.progress import Progress

from .runs import lines, train, weights

pytestmark = pytest.mark.usefixtures("shallow_toys")


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
