"""Derivatives up to the third, of each layer, against differences."""

import numpy as np
import pytest
import tensorflow as tf

from .cases import CASES, EVONORM_B0, FILTER_RESPONSE
from .stepping import perturbed

ORDERS = (1, 2, 3)
#: Values in a row from which derivatives are computed, and their distance.
POINTS = np.arange(-4, 5)
STEP = 2e-3


def make(case, dtype):
    # A threshold is a kink.
    smooth = {"threshold": False} if case.layer is FILTER_RESPONSE else {}
    return perturbed(case.make(dtype=dtype, **smooth), case.shape)


def value_of(layer, x, kwargs):
    """Returns a number that depends on all outputs that count."""
    y = layer(x, **kwargs)
    if "mask" in kwargs:
        y = tf.where(kwargs["mask"][..., np.newaxis], y, 0)
    factors = np.cos(np.arange(np.prod(y.shape))).reshape(y.shape)
    return tf.reduce_sum(tf.sin(y) * tf.cast(factors, y.dtype))


def derivatives(function, sources, directions):
    """Returns the derivatives of a number along a line, from the first on."""

    def derive(order):
        if not order:
            return function(), []
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(sources)
            value, lower = derive(order - 1)
        gradients = tape.gradient(value, sources, unconnected_gradients="zero")
        pairs = zip(gradients, directions, strict=True)
        slope = tf.add_n([tf.reduce_sum(g * d) for g, d in pairs])
        return slope, [*lower, slope]

    return derive(len(ORDERS))[1]


def line(case, layer, noise=None):
    """Returns x, the layer's variables, and a direction for each of them."""
    rng = np.random.default_rng(5)
    x = case.inputs()
    if noise is not None:
        mask = case.call_kwargs(training=True)["mask"][..., np.newaxis]
        x = np.where(mask, x, noise)
    sources = [tf.constant(x, layer.dtype)]
    sources += [weight.value for weight in layer.trainable_weights]
    directions = [
        tf.constant(rng.normal(size=source.shape), source.dtype)
        for source in sources
    ]
    return sources, directions


def differences(case, training):
    """Returns the derivatives, from values in float64 alone."""
    layer = make(case, "float64")
    (x, *variables), directions = line(case, layer)
    kwargs = case.call_kwargs(training)
    start = [variable.numpy() for variable in variables]
    values = []
    for point in POINTS:
        for variable, old, d in zip(
            variables, start, directions[1:], strict=True
        ):
            variable.assign(old + STEP * point * d)
        moved = x + STEP * point * directions[0]
        values.append(value_of(layer, moved, kwargs))
    powers = np.vander(POINTS, increasing=True)
    _, *slopes = np.linalg.solve(powers, values)[:4]
    factorials = (1, 2, 6)
    return [
        slope * factorial / STEP**order
        for slope, factorial, order in zip(
            slopes, factorials, ORDERS, strict=True
        )
    ]


def by_tapes(case, dtype, training, noise=None):
    layer = make(case, dtype)
    kwargs = case.call_kwargs(training)
    sources, directions = line(case, layer, noise)
    return derivatives(
        lambda: value_of(layer, sources[0], kwargs), sources, directions
    )


def ways():
    """Yields each case, in the modes that differ."""
    for case in CASES:
        for training in case.modes():
            name = f"{case.name}-{'training' if training else 'inference'}"
            yield pytest.param(case, training, id=name)


@pytest.mark.slow
@pytest.mark.parametrize(("case", "training"), list(ways()))
def test_derivatives_equal_differences(case, training):
    actual = by_tapes(case, "float32", training)
    kinked = case.layer is EVONORM_B0  # see test_evonorm_b0.py
    if kinked or training in case.stops:
        expected = by_tapes(case, "float64", training)
    else:
        expected = differences(case, training)
    tolerance = 1e-4 * case.amplifies
    np.testing.assert_allclose(actual, expected, tolerance, tolerance)


def test_third_derivatives_of_the_kernel_in_a_graph():
    case = next(case for case in CASES if case.name == "batch-vector")
    layer = make(case, "float32")
    sources, directions = line(case, layer)
    kwargs = case.call_kwargs(training=True)

    @tf.function(autograph=False)
    def run():
        return derivatives(
            lambda: value_of(layer, sources[0], kwargs), sources, directions
        )

    np.testing.assert_allclose(run(), differences(case, True), 1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "case", [c for c in CASES if c.mask], ids=lambda case: case.name
)
def test_no_derivative_depends_on_what_is_masked(case, training):
    expected, actual = (
        by_tapes(case, "float32", training, np.resize(noise, case.shape))
        for noise in ([0.0], [np.nan, np.inf, -np.inf])
    )
    np.testing.assert_allclose(actual, expected, 1e-5)
