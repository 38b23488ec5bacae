"""A GAN's training step, by hand and under XLA."""

import pytest
import tensorflow as tf

from normzoo.trainers.gans.model.noise import Noise
from normzoo.trainers.gans.model.regularizers import Penalty

from .small_gans import (
    CLASSES,
    LATENT,
    assert_close,
    classes,
    fit,
    gan,
    networks,
    points,
    values,
)
from .steps_by_hand import GAMMAS, acgan, by_hand, cross_entropy, r3gan

#: Norms, name of the loss and what it is by hand.
GAMES = {
    "batch": (("batch", "batch"), "non_saturating", cross_entropy),
    "virtual": (("virtual", "layer"), "non_saturating", cross_entropy),
    "spectral": (
        ("batch", "none", "spectral"),
        "non_saturating",
        cross_entropy,
    ),
    "conditional": (
        ("batch", "none", "spectral", CLASSES),
        "non_saturating",
        cross_entropy,
    ),
    "auxiliary": (
        ("batch", "layer", "none", CLASSES, "auxiliary"),
        "non_saturating",
        acgan(cross_entropy),
    ),
    "auxiliary and paired": (
        ("none", "layer", "none", CLASSES, "auxiliary"),
        "relativistic",
        acgan(r3gan),
    ),
    "relativistic": (("none", "layer", "spectral"), "relativistic", r3gan),
    "all": (("none", "layer", "none", CLASSES), "relativistic", r3gan),
}


PENALTIES = [
    Penalty("r1", GAMMAS[0]),
    Penalty("r2", GAMMAS[1], every=2),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", GAMES)
def test_a_step_is_what_the_papers_write(name):
    norms, loss, losses_of = GAMES[name]
    penalties = PENALTIES if loss == "relativistic" else ()
    model = gan(norms, loss, penalties=penalties, seed=11)
    generator, discriminator = networks(*norms)
    real = tf.constant(points(16))
    labels = tf.constant(classes(16)) if model.conditional else None
    logs = fit(model, real if labels is None else (real, labels), 16)
    noise = Noise(11).normal(0, 0, 16, LATENT)
    by_hand(generator, discriminator, real, noise, losses_of, labels)
    assert_close(values(model.generator), values(generator))
    assert_close(values(model.discriminator), values(discriminator))
    assert logs["d_norm"][0] > 0
    assert 0 < logs["d_real"][0] < 1 or loss == "relativistic"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("norms", "loss"),
    [
        (("batch", "batch"), "non_saturating"),
        (("virtual", "layer", "spectral"), "wasserstein"),
        (("batch", "none", "spectral", CLASSES), "relativistic"),
    ],
)
def test_xla_computes_the_same(norms, loss, monkeypatch):
    penalties = {
        "wasserstein": [Penalty("gradient_penalty", 10.0)],
        "relativistic": PENALTIES,
    }.get(loss, ())

    def waves(noise, step, draw, *shape):
        values = tf.range(1, tf.math.reduce_prod(shape) + 1)
        phase = tf.cast(tf.cast(step, tf.int32) + draw, tf.float32)
        return tf.cos(tf.reshape(tf.cast(values, tf.float32), shape) + phase)

    # XLA's random numbers are others.
    monkeypatch.setattr(Noise, "normal", waves)
    monkeypatch.setattr(Noise, "uniform", waves)

    def trained(jit_compile):
        model = gan(norms, loss, jit_compile=jit_compile, penalties=penalties)
        data = (points(64), classes(64)) if model.conditional else points(64)
        logs = fit(model, data, 32)
        return values(model), logs

    (plain, logs), (compiled, compiled_logs) = trained(False), trained(True)
    assert_close(plain, compiled, 1e-3, 2e-4)
    for name in logs:
        assert logs[name][-1] == pytest.approx(
            compiled_logs[name][-1], 1e-3, 1e-4
        )
