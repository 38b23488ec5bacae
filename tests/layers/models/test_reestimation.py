"""Statistics of a data set, compared with NumPy's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from normzoo.layers import BatchNormalization, reestimate_statistics

from .estimated import BN, BOTH, chain, check, check_exact, draw, population


@pytest.mark.slow
@pytest.mark.parametrize(
    ("batch", "layerwise"),
    [(1, True), (7, True), (32, True), (100, True), (7, False)],
)
def test_one_norm_equals_numpy(batch, layerwise):
    x = draw(45, 3, 4, 5)
    model = chain((3, 4, 5), BN())
    passes = reestimate_statistics(
        model, x, batch_size=batch, layerwise=layerwise, verbose=0
    )
    assert passes == 1
    check(model.layers[0], *population(x))


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(
    axis=st.sampled_from([1, 2, 3, -1]),
    rows=st.integers(1, 20),
    batch=st.integers(1, 9),
    exponent=st.integers(-3, 3),
    seed=st.integers(0, 2**31),
)
def test_any_axis_and_scale(axis, rows, batch, exponent, seed):
    x = draw(rows, 2, 3, 4, deviation=10.0**exponent, mean=0.0, seed=seed)
    model = chain((2, 3, 4), BN(axis=axis))
    reestimate_statistics(model, x, batch_size=batch, verbose=0)
    mean, variance = population(x, axis)
    norm = model.layers[0]
    np.testing.assert_allclose(
        norm.moving_mean.numpy(), mean, atol=1e-6 * 10.0**exponent
    )
    np.testing.assert_allclose(
        norm.moving_variance.numpy(), variance, rtol=1e-5, atol=0
    )


@BOTH
def test_large_mean_keeps_its_variance(norm):
    x = draw(1000, 4, mean=1000.0, deviation=0.1)
    model = chain((4,), norm())
    reestimate_statistics(model, x, batch_size=64, verbose=0)
    mean, variance = population(x)
    np.testing.assert_allclose(
        model.layers[0].moving_variance.numpy(), variance, rtol=1e-3
    )
    np.testing.assert_allclose(
        model.layers[0].moving_mean.numpy(), mean, rtol=1e-6
    )


def test_float64():
    x = draw(50, 4, mean=1e6, deviation=1e-2).astype("float64")
    model = chain((4,), BN(dtype="float64"), dtype="float64")
    reestimate_statistics(model, x, batch_size=8, verbose=0)
    norm = model.layers[0]
    np.testing.assert_allclose(norm.moving_variance.numpy(), x.var(0), 1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("batch", "norm"), [(4, BN), (4, BatchNormalization), (50, BN)]
)
def test_stacked_norms_do_not_depend_on_the_batch_size(batch, norm):
    model = chain(
        (6,),
        norm(),
        layers.Dense(5),
        norm(),
        layers.ReLU(),
        layers.Dense(4),
        norm(),
    )
    x = draw(50, 6)
    passes = reestimate_statistics(model, x, batch_size=batch, verbose=0)
    assert passes == 3
    check_exact(model, x)


@pytest.mark.slow
def test_norms_side_by_side_share_a_pass():
    x = keras.Input((4,))
    left, right = BN()(layers.Dense(3)(x)), BN()(layers.Dense(3)(x))
    top = BN()(layers.Dense(2)(left + right))
    model = keras.Model(x, [top, BN()(right)])
    data = draw(30, 4)
    assert reestimate_statistics(model, data, batch_size=8, verbose=0) == 2
    check_exact(model, data)


@pytest.mark.slow
def test_a_shared_norm_counts_all_its_calls():
    x = keras.Input((4,))
    shared, top = BN(), BN()
    y = shared(x)
    z = shared(2 * top(layers.Dense(4)(x)))
    model = keras.Model(x, [y, z])
    data = draw(30, 4)
    assert reestimate_statistics(model, data, batch_size=8, verbose=0) == 2
    inputs = [
        keras.Model(x, node.input_tensors[0])(data)
        for node in shared._inbound_nodes
    ]
    check(shared, *population(np.concatenate(inputs)))


@BOTH
def test_one_pass_normalizes_by_the_batch(norm):
    model = chain((3,), norm(), layers.Dense(2), norm(epsilon=0.1))
    first, dense, second = model.layers
    first.gamma.assign([2, -1, 0.5])
    first.beta.assign([0, 1, -1])
    x = draw(20, 3)
    passes = reestimate_statistics(
        model, x, batch_size=8, layerwise=False, verbose=0
    )
    assert passes == 1
    behind = []
    for part in (x[:8], x[8:16], x[16:]):
        part = part.astype("float64")
        part = (part - part.mean(0)) / np.sqrt(part.var(0) + first.epsilon)
        part = part * [2, -1, 0.5] + [0, 1, -1]
        behind.append(part @ dense.kernel.numpy())
    check(first, *population(x))
    check(second, *population(np.concatenate(behind)))


def test_frozen_norm_passes_on_what_inference_does():
    model = chain((3,), BN(), BN())
    first, second = model.layers
    first.trainable = False
    first.moving_mean.assign([5, 6, 7])
    x = draw(20, 3)
    reestimate_statistics(model, x, layerwise=False, batch_size=8, verbose=0)
    check(first, *population(x))
    check(second, *population((x - [5, 6, 7]) / np.sqrt(1.001)))


class Branching(keras.Model):
    """No functional model: only running it shows its order."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.unused = BN(), BN(), BN()
        self.dense = layers.Dense(4)
        self.unused.build((None, 3))

    def call(self, inputs, training=None):
        x = self.dense(self.one(inputs, training=training))
        return self.two(x, training=training)


def test_subclassed_model():
    model, x = Branching(), draw(20, 3)
    model(x)
    before = model.unused.get_weights()
    assert reestimate_statistics(model, x, batch_size=6, verbose=0) == 2
    check(model.one, *population(x))
    check(model.two, *population(model.dense(model.one(x))))
    assert all(map(np.array_equal, before, model.unused.get_weights()))


@pytest.mark.slow
def test_nested_models_and_wrappers():
    inner = chain((5, 3), layers.Dense(4), BN())
    wrapped = BN()
    model = chain((5, 3), inner, layers.TimeDistributed(wrapped), BN())
    x = draw(20, 5, 3)
    assert reestimate_statistics(model, x, batch_size=6, verbose=0) == 3
    y = inner(x)
    check(inner.layers[1], *population(inner.layers[0](x)))
    check(wrapped, *population(y))
    check(model.layers[2], *population(model.layers[1](y)))


@pytest.mark.slow
def test_norm_in_a_loop():
    class Loop(layers.Layer):
        def __init__(self):
            super().__init__()
            self.norm = BN()

        def build(self, shape):
            self.norm.build((shape[0], shape[2]))

        def call(self, x):
            steps = tf.transpose(x, [1, 0, 2])
            return tf.transpose(tf.map_fn(self.norm, steps), [1, 0, 2])

    model = chain((5, 3), BN(), Loop(), BN())
    x = draw(20, 5, 3)
    assert reestimate_statistics(model, x, batch_size=6, verbose=0) == 3
    first, loop, last = model.layers
    check(first, *population(x))
    check(loop.norm, *population(first(x)))
    check(last, *population(loop(first(x))))


@BOTH
def test_masked_positions_do_not_count(norm):
    tokens = np.array([[1, 2, 3, 0], [4, 1, 0, 0], [0, 0, 0, 0], [2, 0, 0, 0]])
    model = chain((4,), layers.Embedding(5, 3, mask_zero=True), norm())
    reestimate_statistics(model, tokens, batch_size=1, verbose=0)
    embedding, layer = model.layers
    check(layer, *population(embedding(tokens)[tokens != 0]))


@BOTH
def test_all_masked_keeps_the_statistics(norm):
    model = chain((4,), layers.Embedding(5, 3, mask_zero=True), norm())
    layer = model.layers[1]
    layer.moving_mean.assign([1, 2, 3])
    reestimate_statistics(model, np.zeros((3, 4)), verbose=0)
    np.testing.assert_array_equal(layer.moving_mean.numpy(), [1, 2, 3])
    np.testing.assert_array_equal(layer.moving_variance.numpy(), [1, 1, 1])


@pytest.mark.slow
@pytest.mark.parametrize("layerwise", [True, False])
def test_nothing_else_changes(layerwise):
    model = chain(
        (4,),
        layers.Dense(4),
        BN(),
        layers.Dropout(0.5, seed=1),
        layers.GaussianNoise(1.0, seed=2),
        BN(),
    )
    model.compile("adam", "mse")
    x = draw(40, 4)
    model.fit(x, x, verbose=0)
    variables = {**_values(model.variables), **_values(model.optimizer)}
    reestimate_statistics(model, x, layerwise=layerwise, verbose=0)
    after = {**_values(model.variables), **_values(model.optimizer)}
    changed = {k for k in after if not np.array_equal(after[k], variables[k])}
    moving = [
        n
        for layer in model.layers
        if isinstance(layer, BN)
        for n in (layer.moving_mean.path, layer.moving_variance.path)
    ]
    assert changed == set(moving), changed ^ set(moving)
    assert all("call" not in vars(layer) for layer in model.layers)
    check_exact(model, x, norms=model.layers[:2])


def _values(variables):
    variables = getattr(variables, "variables", variables)
    return {v.path: v.numpy() for v in variables}


@pytest.mark.keras((3, 14))
@BOTH
def test_renorm_sets_its_deviation(norm):
    model = chain((4,), norm(renorm=True))
    x = draw(40, 4)
    reestimate_statistics(model, x, verbose=0)
    layer = model.layers[0]
    check(layer, *population(x))
    np.testing.assert_allclose(
        layer.moving_stddev.numpy(),
        np.sqrt(x.var(0, dtype="float64") + layer.epsilon),
        rtol=1e-5,
    )
