"""Gradients with a condition: derivatives, types, graphs, replicas."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers

from ..stepping import assert_close
from .conditioned import RNG, SHAPE, X, each_source, make, perturbed, step


@each_source
@pytest.mark.parametrize("norm", ["batch", "group", "dynamic_tanh"])
def test_gradients_equal_finite_differences(norm, source):
    layer, condition = make(norm, source, dtype="float64")
    perturbed(layer, condition)
    rng = np.random.default_rng(1)
    dy, x = rng.normal(size=SHAPE), tf.constant(X, "float64")
    weights = layer.trainable_weights
    _, *gradients = step(layer, x, dy, condition)[: 2 + len(weights)]

    def value(moved):
        y = layer(moved, condition=condition, training=True)
        return np.sum(dy * y)

    directions = [rng.normal(size=g.shape) for g in gradients]
    h = 1e-6
    differences = [
        (value(x + h * directions[0]) - value(x - h * directions[0])) / (2 * h)
    ]
    for weight, direction in zip(weights, directions[1:], strict=True):
        start, values = weight.numpy(), []
        for sign in (1, -1):
            weight.assign(start + sign * h * direction)
            values.append(value(x))
        weight.assign(start)
        differences.append((values[0] - values[1]) / (2 * h))
    products = zip(gradients, directions, strict=True)
    slopes = [np.sum(g * d) for g, d in products]
    np.testing.assert_allclose(slopes, differences, 1e-5, 1e-5)


@each_source
def test_second_derivatives(source):
    layer, condition = make("layer", source, dtype="float64")
    perturbed(layer, condition)
    rng = np.random.default_rng(1)
    x, weights = tf.constant(X, "float64"), layer.trainable_weights

    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, condition=condition)
            value = tf.reduce_sum(tf.sin(y))
        return tape.gradient(value, x)

    along = tf.constant(rng.normal(size=X.shape))
    sources = [weight.value for weight in weights]
    with tf.GradientTape() as tape:
        tape.watch(x)
        inner = tf.reduce_sum(slope(x) * along)
    gradients = tape.gradient(inner, sources)
    for weight, gradient in zip(weights, gradients, strict=True):
        start, direction = weight.numpy(), rng.normal(size=weight.shape)
        values = []
        for sign in (1, -1):
            weight.assign(start + sign * 1e-6 * direction)
            values.append(np.sum(slope(x) * along))
        weight.assign(start)
        expected = (values[0] - values[1]) / 2e-6
        actual = np.sum(gradient * direction)
        np.testing.assert_allclose(actual, expected, 1e-5, 1e-5)


@pytest.mark.slow
@each_source
def test_replicas_learn_as_one_device(source, two_replicas):
    with two_replicas.scope():
        layer, condition = make("batch", source)
        layer.norm.synchronized = True
        perturbed(layer, condition)
    single, _ = make("batch", source)
    perturbed(single, condition)
    dy = tf.constant(RNG.normal(size=SHAPE))

    @tf.function(autograph=False)
    def run():
        def replica():
            i = tf.distribute.get_replica_context().replica_id_in_sync_group
            rows = slice(2 * i, 2 * i + 2)
            given = tf.constant(condition)[rows]
            return step(layer, tf.constant(X)[rows], dy[rows], given)

        return two_replicas.run(replica)

    results = [two_replicas.experimental_local_results(r) for r in run()]
    expected = step(single, tf.constant(X), dy, condition)
    trained = len(layer.trainable_weights)
    merged = [tf.concat(result, 0) for result in results[:2]]
    merged += [tf.add_n(result) for result in results[2 : 2 + trained]]
    merged += [result[0] for result in results[2 + trained :]]
    assert_close(merged, expected)


@each_source
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(source, policy):
    keras.config.set_dtype_policy(policy)
    try:
        layer, condition = make("batch", source)
        y = layer(X, condition=condition, training=True)
    finally:
        keras.config.set_dtype_policy("float32")
    assert y.dtype == policy.removeprefix("mixed_")
    assert {w.dtype for w in layer.weights} == {"float32"}
    plain = layers.BatchNormalization()(X, training=True)
    np.testing.assert_allclose(tf.cast(y, "float32"), plain, 0.05, 0.05)


@pytest.mark.slow
@each_source
@pytest.mark.parametrize("norm", ["batch", "layer", "evonorm_s0"])
@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
def test_compiled_is_the_same_as_eager(norm, source, jit_compile):
    layer, condition = make(norm, source)
    start = perturbed(layer, condition).get_weights()
    x, dy = tf.constant(X), RNG.normal(size=SHAPE)
    expected = step(layer, x, dy, condition)
    layer.set_weights(start)
    rest = condition.shape[1:]
    signature = [
        tf.TensorSpec((None, None, None, 8)),
        tf.TensorSpec((None, *rest), condition.dtype),
    ]
    if jit_compile:  # XLA resizes to sizes that it knows
        signature[0] = tf.TensorSpec(SHAPE)
    compiled = tf.function(
        lambda x, c: step(layer, x, dy, c),
        signature,
        jit_compile=jit_compile,
        autograph=False,
    )
    assert_close(compiled(x, condition), expected)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["class", "vector"])
def test_vectorized_map_of_a_gradient(source):
    layer, condition = make("layer", source)
    perturbed(layer, condition)
    tables = [weight.value for weight in layer.trainable_weights]

    def gradient(x, condition):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, condition=condition)
            loss = tf.reduce_sum(tf.sin(y))
        return tape.gradient(loss, [x, *tables])

    x = tf.constant(np.stack([X, X[::-1]]))
    conditions = tf.constant(np.stack([condition, condition[::-1]]))
    actual = tf.vectorized_map(lambda args: gradient(*args), (x, conditions))
    for i in range(2):
        assert_close([v[i] for v in actual], gradient(x[i], conditions[i]))


def passes(norm, jit):
    """Returns how many results of the size of the inputs a step computes."""
    if isinstance(norm, layers.Conditional):
        norm.build(SHAPE, (4,))
        kwargs = {"condition": tf.constant([3, 0, 4, 3])}
    else:
        norm.build(SHAPE)
        kwargs = {}
    norm.built = True
    if "training" in inspect.signature(norm.call).parameters:
        kwargs["training"] = True

    @tf.function(jit_compile=jit, autograph=False)
    def run(x, dy):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = norm(x, **kwargs)
        weights = [w.value for w in norm.trainable_weights]
        return tape.gradient(y, [x, *weights], dy)

    graph = run.get_concrete_function(*[tf.TensorSpec(SHAPE)] * 2).graph
    outputs = [out for op in graph.get_operations() for out in op.outputs]
    costly = [out for out in outputs if out.shape.as_list() == list(SHAPE)]
    return len([out for out in costly if out.op.type != "Identity"])


@pytest.mark.parametrize(
    ("norm", "jit"),
    [("layer", False), ("instance", False), ("rms", False), ("batch", True)],
)
def test_it_takes_no_more_passes_than_the_plain_norm(norm, jit):
    conditional, _ = make(norm, "class")
    # RMS norm has no shift of its own.
    more = 1 if norm == "rms" else 0
    assert passes(conditional, jit) <= passes(layers.get(norm)(), jit) + more
