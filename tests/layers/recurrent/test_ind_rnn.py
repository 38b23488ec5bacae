"""The recurrent layers of independent units; their outputs are in
`test_recurrent.py`.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers

NORMS = {
    "none": layers.IndRNN,
    "batch": layers.BatchNormIndRNN,
    "layer": layers.LayerNormIndRNN,
}


def inputs(steps=5):
    rng = np.random.default_rng(0)
    return rng.normal(size=(8, steps, 3)).astype("float32")


def test_without_norm_it_is_the_formula():
    layer = layers.IndRNN(4, return_sequences=True)
    x, h = inputs(), np.zeros((8, 4))
    y = layer(x).numpy()
    layer.cell.bias.assign([0.1, -0.1, 0.2, 0.0])
    assert not np.array_equal(y, layer(x))
    kernel, u, bias = (weight.numpy() for weight in layer.weights)
    assert u.shape == (4,)
    for t, at_step in enumerate(np.moveaxis(layer(x).numpy(), 1, 0)):
        h = np.maximum(x[:, t] @ kernel + u * h + bias, 0)
        np.testing.assert_allclose(at_step, h, 1e-5, 1e-6)


#: Arguments, the length that is known, and the bound of each u.
BOUNDS = {
    "default": ({}, 5, 2 ** (1 / 5)),
    "growth": ({"max_growth": 1.5}, 5, 1.5 ** (1 / 5)),
    "unknown": ({}, None, 1.0),
    "none": ({"max_growth": None}, 5, np.inf),
    "own": (
        {"recurrent_constraint": keras.constraints.NonNeg()},
        5,
        np.inf,
    ),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_training_keeps_u_below_its_bound(name):
    kwargs, steps, bound = BOUNDS[name]
    layer = layers.LayerNormIndRNN(4, **kwargs)
    model = keras.Sequential([keras.Input((steps, 3)), layer])
    layer.cell.recurrent_kernel.assign([1.6, -1.7, 0.5, 3.0])
    optimizer = keras.optimizers.SGD(1e-4)
    optimizer.build(model.trainable_variables)
    gradients = [tf.zeros_like(w.value) for w in model.trainable_variables]
    optimizer.apply(gradients)
    own = "recurrent_constraint" in kwargs
    smallest = 0 if own else -bound
    expected = np.clip([1.6, -1.7, 0.5, 3.0], smallest, bound)
    np.testing.assert_allclose(layer.cell.recurrent_kernel, expected, 1e-6)


def test_max_timesteps_comes_before_the_length():
    layer = layers.BatchNormIndRNN(4, max_timesteps=10)
    layer.build((None, None, 3))
    bound = layer.cell.recurrent_kernel.constraint.bound
    assert bound == pytest.approx(2**0.1)


def test_each_layer_starts_with_recurrent_weights_of_its_own():
    first, second = layers.IndRNN(50), layers.IndRNN(50)
    for layer in (first, second):
        layer.build((None, 5, 3))
        u = layer.cell.recurrent_kernel.numpy()
        assert 0 <= u.min() < 0.2 < 0.8 < u.max() <= 1
    assert not np.array_equal(
        first.cell.recurrent_kernel, second.cell.recurrent_kernel
    )


def test_arguments_of_norms_are_refused_where_there_is_none():
    with pytest.raises(TypeError, match=r"no norm. Received: epsilon\. Use"):
        layers.IndRNN(4, epsilon=1e-3)


def test_each_norm_takes_the_place_of_each():
    first = layers.IndRNN(4, max_growth=3.0, memory="low", name="rnn")
    model = keras.Sequential([keras.Input((5, 3)), first])
    x, there = inputs(), model
    assert not layers.replace_norms(model, "batch").replaced
    for norm in ("batch", "layer"):
        there = layers.replace_norms(there, norm, only="rnn").model
        new = there.get_layer("rnn")
        assert type(new) is NORMS[norm]
        assert (new.max_growth, new.memory) == (3.0, "low")
    assert np.abs(there(x) - model(x)).max() > 1e-3
    back = layers.replace_norms(there, "none").model
    assert type(back.get_layer("rnn")) is layers.IndRNN
    np.testing.assert_allclose(back(x), model(x), 1e-6)


@pytest.mark.slow
def test_a_model_with_batch_norms_trains_and_is_estimated():
    rnn = layers.BatchNormIndRNN(
        6, return_sequences=True, normalize_recurrent=True
    )
    model = keras.Sequential(
        [keras.Input((5, 3)), rnn, layers.BatchNormIndRNN(1)]
    )
    x = inputs()
    model.compile(keras.optimizers.SGD(0.05), "mse")
    losses = [model.train_on_batch(x, x[:, 0, :1] ** 2) for _ in range(20)]
    assert losses[-1] < losses[0]
    layers.reestimate_statistics(model, x, verbose=0)
    found = rnn.statistics.means["input"][2]
    np.testing.assert_allclose(
        found, (x[:, 2] @ rnn.cell.kernel.numpy()).mean(0), 1e-4, 1e-5
    )
