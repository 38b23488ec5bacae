"""Statistics are estimated from any data, or not at all."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from normzoo.layers import reestimate_statistics

from .estimated import BN, BOTH, chain, check, draw, population


def test_mixed_precision():
    model = chain((4,), layers.Dense(8, dtype="mixed_bfloat16"))
    model.add(BN(dtype="mixed_bfloat16"))
    x = draw(100, 4)
    reestimate_statistics(model, x, verbose=0)
    seen = tf.cast(model.layers[0](x), "float32")
    check(model.layers[1], *population(seen), rtol=1e-4)


@pytest.mark.quick("xy", "array")
@pytest.mark.parametrize("kind", ["x", "xy", "xyw", "array"])
def test_kinds_of_data(kind):
    x = draw(20, 4)
    model = chain((4,), BN())
    data = {"x": (x,), "xy": (x, x), "xyw": (x, x, x[:, 0])}.get(kind)
    if data:
        data = tf.data.Dataset.from_tensor_slices(data).batch(8)
    reestimate_statistics(model, x if data is None else data, verbose=0)
    check(model.layers[0], *population(x))


@pytest.mark.parametrize("kind", [list, tuple, "dict"])
def test_several_inputs(kind):
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    x, y = draw(20, 4), draw(20, 4, seed=1)
    inputs = {"a": a, "b": b} if kind == "dict" else [a, b]
    data = {"a": x, "b": y} if kind == "dict" else kind([x, y])
    model = keras.Model(inputs, BN()(a - b))
    reestimate_statistics(model, data, verbose=0)
    check(model.layers[-1], *population(x - y))


def test_infinite_data_is_refused():
    data = tf.data.Dataset.from_tensors(draw(5, 4)).repeat()
    with pytest.raises(ValueError, match="infinite"):
        reestimate_statistics(chain((4,), BN()), data)


def test_empty_data_is_refused():
    with pytest.raises(ValueError, match="empty"):
        reestimate_statistics(chain((4,), BN()), np.zeros((0, 4)))


def test_generator_is_refused():
    with pytest.raises(TypeError, match="Received: generator"):
        reestimate_statistics(chain((4,), BN()), (x for x in [1]))


def test_model_without_norms_is_refused():
    with pytest.raises(ValueError, match="no batch norm"):
        reestimate_statistics(chain((4,), layers.Dense(2)), draw(5, 4))


def test_error_leaves_the_statistics():
    model = chain((4,), BN(), BN())
    before = model.get_weights()

    def fail_in_second_pass(values):
        if model.layers[0].moving_mean.numpy().any():
            raise ValueError("broken file")
        return values

    def load(x):
        x = tf.numpy_function(fail_in_second_pass, [x], x.dtype)
        return tf.ensure_shape(x, [5, 4])

    data = tf.data.Dataset.from_tensors(draw(5, 4)).map(load)
    with pytest.raises(tf.errors.OpError, match="broken file"):
        reestimate_statistics(model, data, verbose=0)
    assert all(map(np.array_equal, before, model.get_weights()))
    assert all("call" not in vars(layer) for layer in model.layers)


@BOTH
def test_replicas_get_the_same(norm, two_replicas):
    with two_replicas.scope():
        model = chain((4,), norm())
    x = draw(20, 4)
    reestimate_statistics(model, x, batch_size=8, verbose=0)
    layer = model.layers[0]
    mean, variance = population(x)
    for variable, expected in (
        (layer.moving_mean, mean),
        (layer.moving_variance, variance),
    ):
        replicas = two_replicas.experimental_local_results(variable.value)
        assert len(replicas) == 2
        for value in replicas:
            np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_progress_bar(capsys):
    model = chain((4,), BN(), layers.Dense(3), BN())
    reestimate_statistics(model, draw(20, 4), batch_size=5)
    assert "8/8" in capsys.readouterr().out
