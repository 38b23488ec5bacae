import itertools

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from normzoo.layers.numerics import arithmetic, fused, sums

from .. import reference

EPSILON = 1e-3

few_examples = hypothesis.settings(max_examples=40, deadline=None)


@st.composite
def problems(draw):
    """Inputs of random shape, size and location, with axes and a mask."""
    shape = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    rank = len(shape)
    some_axes = st.lists(st.integers(0, rank - 1), min_size=1, unique=True)
    axes = tuple(sorted(draw(some_axes)))
    shared = set(draw(some_axes))
    mean, scale = draw(
        st.sampled_from(
            [(0, 1), (1000, 0.1), (-3, 1e-4), (0, 1e4), (0, 1e12), (1e5, 10)]
        )
    )
    dtype = draw(st.sampled_from(["float32", "float64"]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    affine_shape = [1 if i in shared else n for i, n in enumerate(shape)]
    mask = rng.random([*shape[:-1], 1]) < 0.6 if draw(st.booleans()) else None
    return {
        "x": rng.normal(mean, scale, shape).astype(dtype),
        "dy": rng.normal(size=shape).astype(dtype),
        "axes": axes,
        "gamma": rng.uniform(0.5, 1.5, affine_shape).astype(dtype),
        "beta": rng.uniform(-1, 1, affine_shape).astype(dtype),
        "mask": mask,
        # What rounding the mean of x by one part in 2^22 does to an output.
        "tolerance": 1e-6
        + np.finfo(dtype).eps * 4 * (abs(mean) + scale) / np.hypot(scale, 0.03),
    }


def normalize_own(x, axes, gamma, beta, mask):
    mean, variance, _ = arithmetic.moments(x, axes, mask)
    return arithmetic.normalize(x, mean, variance, EPSILON, gamma, beta)


def assert_close(actual, expected, tolerance):
    expected = np.asarray(expected, "float64")
    scale = max(1e-30, np.abs(expected).max(initial=0.0))
    actual = np.asarray(actual, "float64")
    np.testing.assert_allclose(actual / scale, expected / scale, 0, tolerance)


@few_examples
@hypothesis.given(problems())
def test_forward_and_gradients_match_numpy(problem):
    tolerance = 30 * problem.pop("tolerance")
    dy = problem.pop("dy")
    tensors = [tf.constant(problem[key]) for key in ("x", "gamma", "beta")]
    x, gamma, beta = tensors
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        y = normalize_own(x, problem["axes"], gamma, beta, problem["mask"])
    actual = tape.gradient(y, tensors, dy)
    expected_y = reference.normalize(epsilon=EPSILON, **problem)
    expected = reference.gradients(dy=dy, epsilon=EPSILON, **problem)
    assert y.dtype == x.dtype
    assert_close(y, expected_y, tolerance)
    # The gradient to x is a difference of numbers of the size of dy, divided
    # by the deviation.
    variance = reference.moments(x, problem["axes"], problem["mask"])[1]
    deviation = np.sqrt(variance + EPSILON)
    actual[0], expected = actual[0] * deviation, list(expected)
    expected[0] *= deviation
    # What is masked can lie very far from the rest, and its terms cancel out.
    standard = {**problem, "gamma": 1.0, "beta": 0.0}
    normal = reference.normalize(epsilon=EPSILON, **standard)
    terms = np.abs(dy * np.maximum(1, np.abs(normal))).sum()
    for a, b in zip(actual, expected, strict=True):
        slack = tolerance * (terms + np.abs(b).max())
        np.testing.assert_allclose(a, b, 0, slack)


@few_examples
@hypothesis.given(problems())
def test_moments_match_numpy(problem):
    x, axes, mask = problem["x"], problem["axes"], problem["mask"]
    mean, variance, count = arithmetic.moments(tf.constant(x), axes, mask)
    expected = reference.moments(x, axes, mask)
    eps = np.finfo(x.dtype).eps
    size = np.abs(x).max()
    np.testing.assert_allclose(mean, expected[0], 0, 4 * eps * size)
    slack = 30 * eps * expected[1] + (4 * eps * size) ** 2
    assert (np.abs(variance - expected[1]) <= slack).all()
    np.testing.assert_array_equal(np.maximum(count, 1) + 0 * mean, expected[2])


def plain(x, axes, gamma, beta):
    mean, variance = tf.nn.moments(x, axes, keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, EPSILON)


def by_kernel(x, axes, gamma, beta):
    affine = tf.reshape(gamma, [-1]), tf.reshape(beta, [-1])
    return fused.normalize_batch(x, *affine, EPSILON)[0]


def by_arithmetic(x, axes, gamma, beta):
    return normalize_own(x, axes, gamma, beta, None)


def first_and_second_gradients(function, x, axes, gamma, beta):
    tensors = [x, gamma, beta]
    with tf.GradientTape() as outer:
        outer.watch(tensors)
        with tf.GradientTape() as inner:
            inner.watch(tensors)
            y = tf.reduce_sum(tf.sin(function(x, axes, gamma, beta)))
        first = inner.gradient(y, tensors)
        # The penalty of WGAN-GP.
        penalty = tf.square(tf.norm(first[0]) - 1)
    return first + outer.gradient(penalty, tensors)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "axes", "mode"),
    [
        *itertools.product(
            [by_arithmetic], [(0, 1), (2,), (1, 2), (1,)], ["eager"]
        ),
        (by_arithmetic, (0, 1), "graph"),
        *itertools.product([by_arithmetic], [(0, 1), (2,)], ["xla"]),
        # There is no kernel for other axes, nor for XLA.
        *itertools.product([by_kernel], [(0, 1)], ["eager", "graph"]),
    ],
)
def test_gradients_of_gradients_match_autodiff(function, axes, mode):
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(6, 3, 4)), tf.float32)
    gamma = tf.constant(rng.uniform(0.5, 1.5, (1, 1, 4)), tf.float32)
    beta = tf.constant(rng.uniform(-1, 1, (1, 1, 4)), tf.float32)
    expected = first_and_second_gradients(plain, x, axes, gamma, beta)

    def run(x):
        return first_and_second_gradients(function, x, axes, gamma, beta)

    if mode != "eager":
        run = tf.function(run, jit_compile=mode == "xla", autograph=False)
    for a, b in zip(run(x), expected, strict=True):
        assert_close(a, b, 2e-5)


MODES = ("eager", "xla", "xla-unknown-batch")
#: Many rows, parts of them, few, all, none.
SUMMED = [
    ((5000, 3), (0,)),
    ((2, 2050, 3), (0, 1)),
    ((4, 5, 6), (0, 2)),
    ((4, 5, 6), (0, 1, 2)),
    ((0, 3), (0,)),
    ((4, 5, 6), (2,)),
]
#: The number of examples does not matter to most of these.
ALSO_SUMMED = [
    ((2, 2048, 3), (1,)),
    ((1024, 3), (0,)),
    ((7, 3), (1,)),
    ((4, 5, 6), (0, 1)),
    ((4, 5, 6), (1,)),
    ((0, 5, 6), (1,)),
    ((2, 3, 4, 5), (1, 3)),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "axes", "mode"),
    [
        *((*row, mode) for row in SUMMED for mode in MODES),
        *((*row, mode) for row in ALSO_SUMMED for mode in MODES[:2]),
    ],
    ids=str,
)
def test_total(shape, axes, mode):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape).astype("float32")
    factors = [None]
    others = set(range(len(shape))) - set(axes)
    for ones in ({0}, set(axes), others, {1}, {len(shape) - 1}):
        by_shape = [1 if i in ones else n for i, n in enumerate(shape)]
        factors.append(rng.normal(size=by_shape).astype("float32"))

    def run(x):
        by = [b if b is None else tf.constant(b) for b in factors]
        return [sums.total(x, axes, b) for b in by]

    if mode != "eager":
        batch = None if mode == "xla-unknown-batch" else shape[0]
        signature = [tf.TensorSpec((batch, *shape[1:]))]
        run = tf.function(run, signature, jit_compile=True, autograph=False)
    for actual, by in zip(run(tf.constant(x)), factors, strict=True):
        product = np.float64(x) * (1 if by is None else by)
        expected = product.sum(axes, keepdims=True)
        assert actual.shape == expected.shape
        slack = 1e-6 * np.abs(product).sum(axes).max(initial=0)
        np.testing.assert_allclose(actual, expected, 0, slack)


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize(
    "shape", [(99991, 2), (16, 80, 80, 2), (1, 99991, 2)], ids=str
)
def test_many_rows_far_from_zero(shape, jit):
    rng = np.random.default_rng(0)
    x = rng.normal(1000, 0.1, shape).astype("float32")
    axes = tuple(range(len(shape) - 1))
    run = tf.function(
        lambda x: arithmetic.moments(x, axes), jit_compile=jit, autograph=False
    )
    mean, variance, _ = run(x)
    expected_mean, expected_variance, _ = reference.moments(x, axes)
    np.testing.assert_allclose(mean, expected_mean, 0, 2e-3)
    np.testing.assert_allclose(variance, expected_variance, 1e-3)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("shape", [(9, 3), (1, 3), (4, 5, 3), (2, 3, 3, 3)])
def test_kernel_matches_numpy(dtype, shape):
    rng = np.random.default_rng(0)
    x = tf.cast(rng.normal(300, 3, shape), dtype)
    x64 = tf.cast(x, tf.float64).numpy()
    axes = tuple(range(len(shape) - 1))
    y, mean, variance, rows = fused.normalize_batch(
        x, tf.ones(3), tf.zeros(3), EPSILON
    )
    expected = reference.moments(x64, axes)
    np.testing.assert_allclose(mean, expected[0].ravel(), 1e-6)
    np.testing.assert_allclose(variance, expected[1].ravel(), 1e-4, 1e-6)
    assert rows == expected[2].ravel()[0]
    assert y.dtype == x.dtype
    expected_y = reference.normalize(x64, axes, EPSILON, 1.0, 0.0)
    tolerance = {"float32": 1e-3, "bfloat16": 2e-2, "float16": 2e-3}[dtype]
    np.testing.assert_allclose(tf.cast(y, tf.float64), expected_y, 0, tolerance)
