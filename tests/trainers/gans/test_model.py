"""A GAN's training step: what it updates, by what, and when it does not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers, zoo
from normzoo.trainers.gans.model import losses
from normzoo.trainers.gans.model.gan import GAN
from normzoo.trainers.gans.model.given import given
from normzoo.trainers.gans.model.noise import Noise
from normzoo.trainers.gans.model.regularizers import Penalty

LATENT, CLASSES = 3, 4


def points(rows, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, 2)).astype("float32")


def classes(rows, seed=0):
    return np.random.default_rng(seed).integers(
        CLASSES, size=rows, dtype="int32"
    )


def networks(
    g_norm="batch",
    d_norm="batch",
    weight_norm="none",
    classes=0,
    condition="projection",
):
    knobs = {"base_width": 8, "depth": 2, "classes": classes}
    generator = zoo.toy_generator(latent_dim=LATENT, norm=g_norm, **knobs)
    if g_norm == "virtual":
        reference = np.random.default_rng(5).normal(size=(6, LATENT))
        generator = layers.ReferenceModel(generator, reference)
    knobs |= {"weight_norm": weight_norm, "condition": condition}
    return generator, zoo.toy_discriminator(norm=d_norm, **knobs)


def gan(
    norms=("batch", "batch"),
    loss="non_saturating",
    optimizer=lambda: keras.optimizers.SGD(0.1),
    jit_compile=False,
    run_eagerly=False,
    **options,
):
    model = GAN(*networks(*norms), losses.get(loss), **options)
    model.compile(
        optimizer(),
        optimizer(),
        jit_compile=jit_compile,
        run_eagerly=run_eagerly,
    )
    model.reset_average()
    return model


def fit(model, examples, batch_size):
    data = tf.data.Dataset.from_tensor_slices(examples)
    return model.fit(data.batch(batch_size, True), verbose=0).history


def values(model):
    return [w.numpy() for w in model.weights]


def assert_close(left, right, rtol=1e-5, atol=1e-6):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, rtol, atol)


def cross_entropy(discriminator, real, fakes):
    """Both losses of the original GAN."""
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = tf.ones([len(real), 1]), tf.zeros([len(real), 1])

    def of_discriminator():
        of_real = discriminator(real, training=True)
        of_fakes = discriminator(fakes, training=True)
        return bce(ones, of_real) + bce(zeros, of_fakes)

    def of_generator():
        return bce(ones, discriminator(fakes, training=True))

    return of_discriminator, of_generator


#: Of R1 and of R2, the latter in one of two updates.
GAMMAS = (0.3, 0.2)


def r3gan(discriminator, real, fakes):
    """Both losses of R3GAN, in an update with both penalties."""

    def gaps():
        of_real = discriminator(real, training=True)
        return of_real - discriminator(fakes, training=True)

    def squared_slopes(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            logits = discriminator(x)
        return tf.reduce_sum(tape.gradient(logits, x) ** 2, -1)

    def of_discriminator():
        loss = tf.reduce_mean(tf.nn.softplus(-gaps()))
        r1, r2 = (tf.reduce_mean(squared_slopes(x)) for x in (real, fakes))
        gamma_1, gamma_2 = GAMMAS
        return loss + gamma_1 / 2 * r1 + 2 * gamma_2 / 2 * r2

    def of_generator():
        return tf.reduce_mean(tf.nn.softplus(gaps()))

    return of_discriminator, of_generator


def acgan(losses_of):
    """Both losses with those of the classes, as Odena et al. write them."""

    def with_classes(judge, real, fakes):
        def logits(x, training=False):
            return judge(x, training)[:, :1]

        def likelihood(x):
            return tf.reduce_mean(judge(x, training=True)[:, 1])

        of_discriminator, of_generator = losses_of(logits, real, fakes)
        return (
            lambda: of_discriminator() - likelihood(real) - likelihood(fakes),
            lambda: of_generator() - likelihood(fakes),
        )

    return with_classes


def by_hand(
    generator, discriminator, real, noise, losses_of, labels=None, rate=0.1
):
    """One step of both, as the papers write it."""

    def descend(network, loss_of):
        with tf.GradientTape() as tape:
            loss = loss_of()
        weights = network.trainable_variables
        slopes = tape.gradient(loss, [w.value for w in weights])
        for weight, slope in zip(weights, slopes, strict=True):
            weight.assign(weight - rate * slope)

    noise = given(noise, labels)
    fakes = generator(noise, training=True)

    def judge(x, training=False):
        return discriminator(given(x, labels), training=training)

    descend(discriminator, lambda: losses_of(judge, real, fakes)[0]())
    kept = [w.numpy() for w in discriminator.non_trainable_variables]
    moved = [w.numpy() for w in generator.non_trainable_variables]

    def of_generator():
        fakes = generator(noise, training=True)
        return losses_of(judge, real, fakes)[1]()

    descend(generator, of_generator)
    for network, statistics in ((discriminator, kept), (generator, moved)):
        for weight, value in zip(
            network.non_trainable_variables, statistics, strict=True
        ):
            weight.assign(value)


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


def scaled(rate=0.1):
    return keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(rate))


@pytest.mark.slow
@pytest.mark.parametrize("skips", ["d", "g"])
@pytest.mark.parametrize("weight_norm", ["none", "spectral"])
def test_nothing_of_a_network_advances_on_a_skipped_step(weight_norm, skips):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = gan(("batch", "batch", weight_norm), optimizer=scaled)
    finally:
        keras.config.set_dtype_policy("float32")
    parts = {"d": model.discriminator, "g": model.generator}
    player = model.players[skips]
    player.optimizer.dynamic_scale.assign(1e30)
    before = {name: values(part) for name, part in parts.items()}
    average = [a.numpy() for a in model.average.weights]
    logs = fit(model, points(16), 16)
    for name, part in parts.items():
        same = [
            np.array_equal(a, b)
            for a, b in zip(values(part), before[name], strict=True)
        ]
        skipped = name == skips
        assert all(same) if skipped else not any(same)
        assert logs[f"{name}_skipped"][-1] == skipped
        assert model.players[name].optimizer.iterations == 1 - skipped
    kept = all(
        np.array_equal(a, b)
        for a, b in zip(model.average.weights, average, strict=True)
    )
    assert kept == (skips == "g")
    assert logs[f"{skips}_loss_scale"][-1] == np.float32(5e29)
    assert logs["nonfinite"][-1] == 0
    assert model.tally.steps == 1


@pytest.mark.slow
def test_the_loss_scale_changes_nothing_else():
    plain = gan(run_eagerly=True)
    with_scale = gan(optimizer=scaled, run_eagerly=True)
    for model in (plain, with_scale):
        fit(model, points(48), 16)
    assert_close(values(plain.generator), values(with_scale.generator), 1e-4)
    assert_close(
        values(plain.discriminator), values(with_scale.discriminator), 1e-4
    )


@pytest.mark.quick("True")
@pytest.mark.parametrize("finite_only", [True, False])
def test_what_is_not_finite_is_counted_and_seen_unless_told(finite_only):
    model = gan(("none", "none"), finite_only=finite_only)
    examples = points(48)
    examples[20] = np.nan
    logs = fit(model, examples, 16)
    assert logs["nonfinite"][-1] >= 2
    assert np.isfinite(logs["d_norm"][-1]) == finite_only


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


@pytest.mark.slow
def test_a_skipped_step_is_skipped_on_all_replicas(two_replicas):
    with two_replicas.scope():
        model = gan(("layer", "layer"), optimizer=scaled)
    before = values(model.discriminator)
    examples = points(8)
    examples[6] = np.inf  # goes to the second replica
    logs = fit(model, examples, 8)
    assert_close(values(model.discriminator), before, 0, 0)
    assert logs["d_skipped"][-1] == 1
    assert logs["g_skipped"][-1] == 0
