"""The metrics against closed forms, and in the order that they promise."""

import keras
import numpy as np
import pytest
from scipy import linalg

from normzoo import layers, zoo
from normzoo.configs import gaussians_gan
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import gaussians
from normzoo.trainers.gans import real as gan_data
from normzoo.trainers.gans import sampling
from normzoo.trainers.gans.metrics import (
    classes,
    conditional,
    dependence,
    distances,
    kernel,
    manifolds,
    memorization,
)

RNG = np.random.default_rng(0)


def whitened(samples, mean, covariance):
    """Returns samples with exactly this mean and covariance."""
    x = samples - samples.mean(0)
    x = x @ np.linalg.inv(linalg.cholesky(np.cov(x.T)))
    return mean + x @ linalg.cholesky(covariance)


def test_frechet_distance_is_that_of_the_gaussians():
    a, b = (x @ x.T + np.eye(4) for x in RNG.normal(size=(2, 4, 4)))
    mean = np.array([1.0, 0, -2, 0.5])
    x = whitened(RNG.normal(size=(50, 4)), np.zeros(4), a)
    y = whitened(RNG.normal(size=(70, 4)), mean, b)
    expected = mean @ mean + np.trace(a + b - 2 * linalg.sqrtm(a @ b).real)
    distance = distances.frechet_distance(x, y)
    np.testing.assert_allclose(distance, expected, 1e-8)
    np.testing.assert_allclose(distances.frechet_distance(y, x), expected)
    assert distances.frechet_distance(x, x) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_keeps_small_differences_of_large_features():
    x = RNG.normal(size=(200, 3))
    y = 2 * x + 1
    near = distances.frechet_distance(x, y)
    far = distances.frechet_distance(x + 1e6, y + 1e6)
    np.testing.assert_allclose(far, near, 1e-6)


def test_kernel_distance_is_the_mean_over_all_pairs():
    x, y = RNG.normal(size=(6, 3)), RNG.normal(size=(5, 3))

    def k(a, b):
        return (a @ b / 3 + 1) ** 3

    within = sum(
        np.mean([k(a, b) for i, a in enumerate(s) for b in np.delete(s, i, 0)])
        for s in (x, y)
    )
    expected = within - 2 * np.mean([k(a, b) for a in x for b in y])
    np.testing.assert_allclose(kernel.kernel_distance(x, y), expected)


def test_kernel_distance_has_no_bias():
    same = [
        kernel.kernel_distance(*RNG.normal(size=(2, 20, 4))) for _ in range(400)
    ]
    error = np.std(same) / np.sqrt(len(same))
    assert abs(np.mean(same)) < 4 * error


def test_the_kernel_distances_interval_is_that_of_the_bootstrap():
    x, y = RNG.normal(size=(9, 3)), RNG.normal(size=(7, 3)) + 1
    rng = np.random.default_rng(5)
    copies = [rng.multinomial(n, np.full(n, 1 / n), 200) for n in (9, 7)]

    def distance(i, j):
        def k(a, b):
            return (a @ b / 3 + 1) ** 3

        within = sum(
            np.mean([k(z[a], z[b]) for a in rows for b in rows if a != b])
            for z, rows in ((x, i), (y, j))
        )
        return within - 2 * np.mean([k(x[a], y[b]) for a in i for b in j])

    resampled = [
        distance(np.repeat(range(9), i), np.repeat(range(7), j))
        for i, j in zip(*copies, strict=True)
    ]
    point = distance(range(9), range(7))
    reach = 1.959964 * np.std(resampled, ddof=1)
    found = kernel.kernel_interval(x, y, seed=5)
    expected = {
        "kernel": point,
        "kernel_low": point - reach,
        "kernel_high": point + reach,
    }
    assert found == pytest.approx(expected, 1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_the_interval_holds_the_kernel_distance(shift):
    found = [
        kernel.kernel_interval(
            RNG.normal(size=(60, 3)), RNG.normal(size=(60, 3)) + shift
        )
        for _ in range(150)
    ]
    # Unbiased, so that the mean of many stands for the truth.
    truth = np.mean([each["kernel"] for each in found]) if shift else 0
    held = [e["kernel_low"] <= truth <= e["kernel_high"] for e in found]
    # 95 % and four standard errors; wider where the sets are alike.
    assert np.mean(held) > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 150)


def test_the_kernel_is_summed_in_parts(monkeypatch):
    x, y = RNG.normal(size=(20, 3)), RNG.normal(size=(15, 3))
    whole = kernel.kernel_interval(x, y)
    monkeypatch.setattr(kernel, "_ROWS", 7)
    assert kernel.kernel_interval(x, y) == pytest.approx(whole, 1e-12)


def test_class_frechet_is_the_mean_of_the_classes():
    labels = np.repeat([0, 2, 5, 7], [30, 4, 1, 20])
    real = RNG.normal(size=(55, 6)) + labels[:, None]
    fake = 2 * RNG.normal(size=(55, 6))

    def of_class(label):
        x, y = real[labels == label], fake[labels == label]
        offset = x.mean(0) - y.mean(0)
        c, d = np.cov(x.T), np.cov(y.T)
        shared = np.sqrt(np.maximum(np.linalg.eigvals(c @ d).real, 0)).sum()
        return offset @ offset + np.trace(c) + np.trace(d) - 2 * shared

    found = conditional.class_frechet(real, fake, labels)
    # One example alone has no covariance.
    expected = np.mean([of_class(label) for label in (0, 2, 7)])
    np.testing.assert_allclose(found["class_frechet"], expected, 1e-5)
    assert found["n_class"] == 4


def test_class_frechet_sees_classes_that_are_mixed_up():
    real, labels = mixture(500)
    fake = np.concatenate([mixture(1, [label])[0] for label in labels])
    right, wrong = (
        conditional.class_frechet(real, x, labels)["class_frechet"]
        for x in (fake, fake[::-1])
    )
    assert wrong > 10 * right
    plain = distances.frechet_distance(real, fake)
    assert distances.frechet_distance(real, fake[::-1]) == pytest.approx(plain)


def test_memorization_is_the_share_of_nearer_pairs():
    made, held_out = RNG.normal(size=(8, 3)), RNG.normal(size=(6, 3))
    training = RNG.normal(size=(30, 3))
    made[:2] = training[:2]
    held_out[0] = training[9]  # a tie

    def nearest(x):
        return min(np.linalg.norm(x - t) for t in training)

    scores = [
        np.heaviside(nearest(h) - nearest(m), 0.5)
        for m in made
        for h in held_out
    ]
    parts = np.split(training, 3)
    found = memorization.memorization(made, held_out, parts)
    assert found == pytest.approx(np.mean(scores))


def test_memorization_tells_copies_from_new_examples():
    training, held_out, new = RNG.normal(size=(3, 300, 5))
    found = [
        memorization.memorization(made, held_out, [training])
        for made in (new + 9, new, training + 0.01 * new)
    ]
    assert found[0] == 0
    # Mann and Whitney's standard error.
    error = np.sqrt((300 + 300 + 1) / (12 * 300 * 300))
    assert abs(found[1] - 0.5) < 5 * error
    assert found[2] > 0.99


def test_modes_of_stacked_images_are_classes():
    labels = RNG.integers(0, 1000, 5000)
    found = classes.class_modes(labels, 1000)
    assert found["modes"] == len(set(labels))
    shares = np.array([np.mean(labels == label) for label in set(labels)])
    expected = np.sum(shares * np.log(shares * 1000))
    assert found["mode_kl"] == pytest.approx(expected)
    one = classes.class_modes(np.zeros(9, int), 1000)
    assert one == {"modes": 1, "mode_kl": pytest.approx(np.log(1000))}


def test_precision_and_recall_by_definition():
    real, fake = RNG.normal(size=(12, 2)), RNG.normal(size=(9, 2)) + 0.5

    def share(samples, centers):
        inside = 0
        for x in samples:
            for c in centers:
                radius = np.sort(np.linalg.norm(centers - c, axis=1))[3]
                if np.linalg.norm(x - c) <= radius:
                    inside += 1
                    break
        return inside / len(samples)

    expected = share(fake, real), share(real, fake)
    assert manifolds.precision_recall(real, fake) == pytest.approx(expected)
    assert manifolds.precision_recall(real, real) == (1, 1)
    assert manifolds.precision_recall(real, real + 99) == (0, 0)


def mixture(count, kept=range(10)):
    """Returns features of ten well separated classes, and their labels."""
    labels = RNG.choice(list(kept), count)
    centers = 5 * np.random.default_rng(1).normal(size=(10, 6))
    return centers[labels] + RNG.normal(size=(count, 6)), labels


def test_distances_grow_with_noise():
    real, clean = mixture(500)[0], mixture(500)[0]
    for distance in (
        distances.frechet_distance,
        kernel.kernel_distance,
        lambda x, y: -manifolds.precision_recall(x, y)[0],
    ):
        values = [
            distance(real, clean + noise * RNG.normal(size=clean.shape))
            for noise in (0, 1, 2, 4)
        ]
        assert values == sorted(values)
        assert values[0] < values[-1]


def test_dropped_classes_cost_recall_coverage_and_entropy():
    real, labels = mixture(500)
    found = []
    for kept in (10, 6, 2):
        fake, fake_labels = mixture(500, range(kept))
        balance = classes.class_balance(labels, fake_labels, 10)
        found.append(
            (
                -distances.frechet_distance(real, fake),
                -kernel.kernel_distance(real, fake),
                manifolds.precision_recall(real, fake)[1],
                *balance.values(),
            )
        )
        assert balance["class_coverage"] == kept / 10
    for values in zip(*found, strict=True):
        assert values[0] > values[1] > values[2]


def test_duplicated_samples_cost_recall():
    real, fake = mixture(400)[0], mixture(400)[0]
    distinct = (400, 40, 8)
    pairs = [
        manifolds.precision_recall(real, np.resize(fake[:n], fake.shape))
        for n in distinct
    ]
    recalls = [recall for _, recall in pairs]
    assert recalls[0] > recalls[1] >= recalls[2]
    assert recalls[2] == 0


def test_modes_are_counted_within_three_deviations():
    data = gaussians.load(gaussians_gan.get_config().dataset)
    points, modes = gan_data.examples(data, "test"), data.modes
    counts = classes.mode_counts(points, *modes)
    assert counts["modes"] == 25
    # P(|x| < 3 sigma) in the plane is 1 - exp(-9 / 2).
    assert counts["good"] == pytest.approx(1 - np.exp(-4.5), abs=0.004)
    few = points[data.test.labels < 7]
    assert classes.mode_counts(few, *modes)["modes"] == 7
    between = np.full((5, 2), 0.2)
    assert classes.mode_counts(between, *modes) == {"modes": 0, "good": 0.0}


ALONE = ["none", "layer", "virtual", "group", "rms"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("norm", "policy"),
    [
        *((norm, "float32") for norm in [*ALONE, "batch"]),
        *((n, "mixed_bfloat16") for n in ("layer", "virtual", "batch")),
    ],
)
def test_batch_dependence_is_batch_norms_alone(norm, policy, request):
    keras.config.set_dtype_policy(policy)
    request.addfinalizer(lambda: keras.config.set_dtype_policy("float32"))
    generator = zoo.dcgan_generator(8, base_width=8, latent_dim=4, norm=norm)
    reference, noise, *mates = RNG.normal(size=(4, 16, 4)).astype("float32")
    if norm == "virtual":
        generator = layers.ReferenceModel(generator, reference)
    before = [w.numpy() for w in generator.weights]
    moved = dependence.batch_dependence(generator, noise, mates)
    assert moved["batch_dependence_inference"] == 0
    assert (moved["batch_dependence_training"] > 0) == (norm == "batch")
    for weight, value in zip(generator.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_samples_do_not_depend_on_the_batch_size():
    generator = zoo.toy_generator(norm="layer")
    noise = sampling.latent(3, "samples", 21, 2)
    small, large = (
        sampling.Sampling(generator, size)(noise) for size in (4, 32)
    )
    np.testing.assert_allclose(small, large, 1e-5, 1e-6)
    assert len(small) == 21


def test_statistics_are_estimated_for_sampling_only(monkeypatch):
    generator = zoo.toy_generator(norm="batch", depth=1)
    norm = generator.get_layer("norm_dense_0")
    noise = sampling.latent(0, "statistics", 64, 2)
    sampled = sampling.Sampling(generator, 16)
    first = generator.get_layer("dense_0")
    calls, call, counts = [], first.call, []

    def noted(*arguments, **keywords):
        calls.append(arguments)
        return call(*arguments, **keywords)

    monkeypatch.setattr(first, "call", noted)
    for scale in (1.0, 2.0):
        first.kernel.assign(scale * first.kernel)
        with sampled.statistics(noise):
            mean = np.mean(noise @ first.kernel.numpy(), 0)
            np.testing.assert_allclose(norm.moving_mean, mean, 1e-4, 1e-6)
        np.testing.assert_array_equal(norm.moving_mean, np.zeros(128))
        counts.append(len(calls))
    # What is traced for the first weights is run for the others.
    assert counts[0] == counts[1] > 0


FEW = np.zeros((4, 4))
BAD = [
    (distances.frechet_distance, (FEW, FEW), "Too few real.*4.*least 5"),
    (kernel.kernel_distance, (FEW[:1], FEW), "two samples.*1 real"),
    (manifolds.precision_recall, (FEW, FEW, 4), "neighbors=4"),
    (conditional.class_frechet, (FEW, FEW, range(4)), "two examples.*4 ex"),
]


@pytest.mark.parametrize(("metric", "arguments", "message"), BAD)
def test_too_few_samples_are_refused(metric, arguments, message):
    with pytest.raises(InputError, match=message):
        metric(*arguments)
