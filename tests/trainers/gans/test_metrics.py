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
    dependence,
    distances,
    manifolds,
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
    np.testing.assert_allclose(distances.kernel_distance(x, y), expected)


def test_kernel_distance_has_no_bias():
    same = [
        distances.kernel_distance(*RNG.normal(size=(2, 20, 4)))
        for _ in range(400)
    ]
    error = np.std(same) / np.sqrt(len(same))
    assert abs(np.mean(same)) < 4 * error


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
        distances.kernel_distance,
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
                -distances.kernel_distance(real, fake),
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
        sampling.Sampler(generator, size)(noise) for size in (4, 32)
    )
    np.testing.assert_allclose(small, large, 1e-5, 1e-6)
    assert len(small) == 21


def test_statistics_are_estimated_for_sampling_only():
    generator = zoo.toy_generator(norm="batch", depth=1)
    norm = generator.get_layer("norm_dense_0")
    noise = sampling.latent(0, "statistics", 64, 2)
    with sampling.sampling_statistics(generator, noise, 16):
        made = generator.get_layer("dense_0")(noise)
        np.testing.assert_allclose(norm.moving_mean, np.mean(made, 0), 1e-4)
    np.testing.assert_array_equal(norm.moving_mean, np.zeros(128))


FEW = np.zeros((4, 4))
BAD = [
    (distances.frechet_distance, (FEW, FEW), "Too few real.*4.*least 5"),
    (distances.kernel_distance, (FEW[:1], FEW), "two samples.*1 real"),
    (manifolds.precision_recall, (FEW, FEW, 4), "neighbors=4"),
]


@pytest.mark.parametrize(("metric", "arguments", "message"), BAD)
def test_too_few_samples_are_refused(metric, arguments, message):
    with pytest.raises(InputError, match=message):
        metric(*arguments)
