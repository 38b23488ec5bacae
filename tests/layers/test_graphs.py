"""Each layer in graphs: compiled, mapped, on replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from .cases import CASES, public_layers
from .selections import (
    COMPILED,
    FEW,
    IN_GRAPHS,
    IN_INFERENCE,
    OF_INPUTS,
    PATHS,
    SHARED,
    table,
)
from .stepping import assert_close, check_compiled, perturbed, step


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "mode"),
    # Not of weights alone: what those learn does not depend on the batch.
    table(
        (OF_INPUTS, ["eager"]),
        ([c for c in FEW if c in OF_INPUTS], ["graph", "xla"]),
    ),
)
def test_empty_batch_changes_nothing(case, mode):
    layer = perturbed(case.make(), case.shape)
    kwargs = case.call_kwargs(training=True)
    if case.reference:
        layer(case.inputs(), **kwargs)  # which learns the reference
    before = [weight.numpy() for weight in layer.weights]
    mask, shape = kwargs.pop("mask", None), (0, *case.shape[1:])
    given = [tf.zeros(shape)]
    if mask is not None:
        given.append(tf.constant(mask[:0]))

    def run(x, *masks):
        masks = dict(zip(["mask"], masks, strict=False))
        return step(layer, x, tf.zeros_like(x), {**kwargs, **masks})

    if mode != "eager":
        signature = [
            tf.TensorSpec((None, *v.shape[1:]), v.dtype) for v in given
        ]
        run = tf.function(
            run, signature, jit_compile=mode == "xla", autograph=False
        )
    y, *rest = run(*given)
    assert y.shape == shape
    for value in rest:
        assert np.isfinite(value).all()
    # XLA computes the moments of the same reference to the last bit or so.
    rtol = 1e-6 if case.reference else 0
    for weight, value in zip(layer.weights, before, strict=True):
        np.testing.assert_allclose(weight, value, rtol, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "training"),
    table((PATHS, [True]), (IN_INFERENCE, [False])),
)
def test_vectorized_map_of_a_gradient(case, training):
    kwargs = case.call_kwargs(training)
    inputs = tf.stack([case.inputs(seed=seed) for seed in range(2)])

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.sin(layer(x, **kwargs)))
        return tape.gradient(y, x)

    layer = perturbed(case.make(), case.shape)
    start = layer.get_weights()
    actual = tf.vectorized_map(gradient, inputs)
    expected = []
    for x in inputs:
        layer.set_weights(start)  # each of the mapped calls starts there
        expected.append(gradient(x))
    assert_close(actual, expected, case.amplifies * 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "mode"),
    # What XLA compiles is traced by the same code.
    table((IN_GRAPHS, ["graph"]), (COMPILED, ["xla"])),
)
def test_compiled_is_the_same_as_eager(case, mode):
    signature = [tf.TensorSpec((None, *case.shape[1:]))] * 2
    check_compiled(case, input_signature=signature, jit_compile=mode == "xla")


@pytest.mark.slow
@pytest.mark.parametrize("case", SHARED, ids=lambda case: case.name)
def test_replicas_agree(case, two_replicas):
    with two_replicas.scope():
        layer = perturbed(case.make(), case.shape)
    single = perturbed(case.make(), case.shape)
    x, dy = tf.constant(case.inputs()), tf.constant(case.inputs(seed=3))
    kwargs = case.call_kwargs(training=True)
    half = case.shape[0] // 2

    @tf.function(autograph=False)
    def run():
        def replica():
            i = tf.distribute.get_replica_context().replica_id_in_sync_group
            rows = slice(i * half, (i + 1) * half)
            mine = dict(kwargs)
            if case.mask:
                mine["mask"] = tf.constant(mine["mask"])[rows]
            return step(layer, x[rows], dy[rows], mine)

        return two_replicas.run(replica)

    results = [two_replicas.experimental_local_results(r) for r in run()]
    weights = len(layer.weights)
    for first, second in results[len(results) - weights :]:
        assert_close([first], [second], 0)
    if case.whole_batch:
        y, dx, *rest = step(single, x, dy, kwargs)
        trained = len(layer.trainable_weights)
        merged = [tf.concat(result, 0) for result in results[:2]]
        merged += [tf.add_n(result) for result in results[2 : 2 + trained]]
        merged += [result[0] for result in results[2 + trained :]]
        assert_close(merged, [y, dx, *rest], case.amplifies * 1e-5)


@pytest.mark.slow
def test_a_model_of_all_layers_trains_under_xla():
    # One model: a number that is not finite anywhere reaches its loss.
    layers = {case.layer: case.make() for case in reversed(CASES)}
    assert layers.keys() == public_layers()
    inputs = keras.Input((3, 3))
    y = inputs
    for layer in layers.values():
        y = layer(y)
    model = keras.Model(inputs, keras.layers.Dense(1)(y))
    model.compile("sgd", "mse", jit_compile=True)
    x = np.random.default_rng(0).normal(2.0, 3.0, (4, 3, 3))
    losses = [model.train_on_batch(x, x[..., :1]) for _ in range(2)]
    assert np.isfinite(losses).all()
    assert losses[0] != losses[1]
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
