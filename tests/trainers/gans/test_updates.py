"""What a GAN's step updates beside the weights, and with which numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import zoo
from normzoo.trainers.gans.model import losses
from normzoo.trainers.gans.model.gan import GAN
from normzoo.trainers.gans.model.noise import Noise
from normzoo.trainers.gans.model.regularizers import Penalty

from .small_gans import (
    CLASSES,
    LATENT,
    assert_close,
    classes,
    fit,
    gan,
    points,
    values,
)


@pytest.mark.slow
@pytest.mark.parametrize("seen", ["real", "fake", "both"])
def test_the_discriminators_statistics_follow_the_chosen_pass(seen):
    model = gan(("none", "batch"), statistics=seen, seed=2, run_eagerly=True)
    first = model.discriminator.get_layer("dense_0")
    second = model.discriminator.get_layer("dense_1")
    norm = model.discriminator.get_layer("norm_dense_1")
    real = points(32)
    fakes = model.generator(Noise(2).normal(0, 0, 32, LATENT))
    expected = norm.moving_mean.numpy()
    for name, examples in (("real", real), ("fake", fakes)):
        if seen in (name, "both"):
            mean = np.mean(second(tf.nn.relu(first(examples))), 0)
            expected = 0.9 * expected + 0.1 * mean
    fit(model, real, 32)
    np.testing.assert_allclose(norm.moving_mean, expected, 1e-4, 1e-6)


@pytest.mark.slow
def test_joint_and_separate_passes_differ_by_the_batch_norm_only():
    def trained(norm, batch):
        knobs = {"discriminator_batch": batch, "seed": 3}
        norms = ("none", norm, "none", CLASSES)
        model = gan(norms, run_eagerly=True, **knobs)
        fit(model, (points(32), classes(32)), 16)
        return values(model.discriminator)

    plain = trained("none", "separate"), trained("none", "joint")
    assert_close(*plain)
    normed = trained("batch", "separate"), trained("batch", "joint")
    assert max(np.abs(a - b).max() for a, b in zip(*normed, strict=True)) > 1e-3


@pytest.mark.slow
def test_more_discriminator_updates_use_other_examples_and_noise():
    norms = ("none", "none", "none", CLASSES)
    model = gan(norms, n_dis=2, loss="hinge")
    fit(model, (points(32), classes(32)), 32)
    assert model.d_optimizer.iterations == 2
    assert model.g_optimizer.iterations == 1
    assert model.tally.steps == 1
    draws = [Noise(0).normal(0, 2 * i, 16, LATENT) for i in range(2)]
    assert not np.allclose(*draws)


def augmented():
    """A GAN of tiny images, with all that counts its updates."""
    model = GAN(
        zoo.dcgan_generator(8, base_width=2, latent_dim=LATENT, norm="none"),
        zoo.dcgan_discriminator(8, base_width=2, norm="none"),
        losses.get("relativistic"),
        penalties=[Penalty("r1", 1.0, every=2)],
        augmentation="color,translation,cutout",
    )
    optimizers = [keras.optimizers.SGD(0.1) for _ in range(2)]
    model.compile(*optimizers, run_eagerly=True)
    return model


@pytest.mark.slow
def test_penalties_and_augmentation_go_on_from_the_step():
    images = np.random.default_rng(0).uniform(-1, 1, (16, 8, 8, 1))
    images = images.astype("float32")
    whole, first, second = (augmented() for _ in range(3))
    fit(whole, images, 4)
    fit(first, images[:12], 4)  # the fourth step has no penalty
    for old, new in zip(first.variables, second.variables, strict=True):
        new.assign(old)
    fit(second, images[12:], 4)
    assert second.tally.steps == 4
    assert_close(values(second), values(whole), 0, 0)


#: Decay and ramp -> the decay of each step.
DECAYS = {
    "fixed": (0.75, False, [0.75, 0.75, 0.75]),
    "rising": (0.75, True, [1 / 10, 2 / 11, 3 / 12]),
    "risen": (0.15, True, [0.1, 0.15, 0.15]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DECAYS)
def test_the_average_follows_all_the_generators_weights(name):
    decay, ramp, expected = DECAYS[name]
    knobs = {"ema_decay": decay, "ema_ramp": ramp, "run_eagerly": True}
    model = gan(("virtual", "layer"), **knobs)
    average = [a.numpy() for a in model.average.weights]
    for i, kept in enumerate(expected):
        fit(model, points(16, seed=i), 16)
        average = [
            kept * a + (1 - kept) * w.numpy()
            for a, w in zip(average, model.generator.variables, strict=True)
        ]
    assert_close([a.numpy() for a in model.average.weights], average)
    names = {v.name for v in model.generator.variables}
    assert {"reference_mean", "reference_variance"} <= names
    before = values(model.generator)
    with model.averaged_generator() as generator:
        assert_close(values(generator), average)
    assert_close(values(model.generator), before, 0, 0)


def test_noise_is_stateless_and_split_among_replicas(two_replicas):
    noise = Noise(4)
    np.testing.assert_array_equal(
        noise.normal(7, 0, 6, 2), Noise(4).normal(7, 0, 6, 2)
    )
    for other in (noise.normal(8, 0, 6, 2), Noise(5).normal(7, 0, 6, 2)):
        assert not np.allclose(noise.normal(7, 0, 6, 2), other)
    parts = two_replicas.run(lambda: noise.normal(7, 0, 3, 2))
    both = np.concatenate(two_replicas.experimental_local_results(parts))
    np.testing.assert_array_equal(both, noise.normal(7, 0, 6, 2))
