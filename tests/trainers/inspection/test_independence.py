"""How layers depend on each other, against NumPy in float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import zoo
from normzoo.trainers.inspection.independence import independence

RATE, EPSILON = 0.1, 1e-3
DEPTH = 3


@pytest.fixture
def batch():
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((16, 5)).astype("float32")
    return tf.constant(inputs), tf.constant(np.arange(16) % 3)


def make(norm, rate=RATE, **knobs):
    knobs = {"depth": DEPTH, "width": 4, "activation": "tanh", **knobs}
    model = zoo.mlp((5,), 3, norm=norm, **knobs)
    generator = np.random.default_rng(1)
    for variable in model.trainable_weights:  # no 0 and no 1 among them
        noise = generator.standard_normal(variable.shape)
        variable.assign(variable + 0.3 * noise)
    model.compile(keras.optimizers.SGD(rate))
    return model


def gradients_of(weights, norm, inputs, labels):
    """Returns the loss's gradients of a tanh MLP, in float64 NumPy.

    Weights and gradients are in the model's order: of a hidden layer kernel
    and bias, or kernel, scale and shift of a batch norm; then the logits'.
    """
    per_layer = 3 if norm == "batch" else 2
    x, caches = inputs, []
    for i in range(DEPTH):
        kernel, *rest = weights[i * per_layer : (i + 1) * per_layer]
        z, scores, deviation = x @ kernel, None, None
        if norm == "batch":
            deviation = np.sqrt(z.var(0) + EPSILON)
            scores = (z - z.mean(0)) / deviation
            z = scores * rest[0] + rest[1]
        else:
            z = z + rest[0]
        caches.append((x, kernel, rest, scores, deviation, np.tanh(z)))
        x = np.tanh(z)
    kernel, bias = weights[-2:]
    logits = x @ kernel + bias
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    p /= len(labels)
    found, back = [x.T @ p, p.sum(0)], p @ kernel.T
    for x, kernel, rest, scores, deviation, y in reversed(caches):
        back = back * (1 - y**2)
        if norm == "batch":
            parts = [(back * scores).sum(0), back.sum(0)]
            d = back * rest[0]
            d = d - d.mean(0) - scores * (d * scores).mean(0)
            back = d / deviation
        else:
            parts = [back.sum(0)]
        found = [x.T @ back, *parts, *found]
        back = back @ kernel.T
    return found


@pytest.mark.quick("batch")
@pytest.mark.parametrize("norm", ["none", "batch"])
def test_it_is_that_of_numpy(norm, batch):
    model = make(norm)
    weights = [w.numpy().astype(float) for w in model.trainable_weights]
    inputs, labels = batch[0].numpy().astype(float), batch[1].numpy()
    before = gradients_of(weights, norm, inputs, labels)
    stepped = [w - RATE * g for w, g in zip(weights, before, strict=True)]
    expected = {}
    per_layer = 3 if norm == "batch" else 2
    for i in range(1, DEPTH + 1):
        place, name = i * per_layer, f"dense_{i}" if i < DEPTH else "logits"
        moved = [*stepped[:place], *weights[place:]]
        h = gradients_of(moved, norm, inputs, labels)[place].ravel()
        g = before[place].ravel()
        size = np.linalg.norm(g)
        expected |= {
            f"gradient_norm/{name}": size,
            f"relative_change/{name}": np.linalg.norm(h - g) / size,
            f"cosine/{name}": h @ g / size / np.linalg.norm(h),
        }
    found = independence(model, *batch, None)
    del found["loss"]
    found = {key.replace("/mlp/", "/"): value for key, value in found.items()}
    assert found == pytest.approx(expected, rel=1e-3)
    changes = [v for k, v in expected.items() if k.startswith("relative")]
    assert min(changes) > 0.01


def of(found, key):
    return [v for k, v in found.items() if k.startswith(f"{key}/")]


@pytest.mark.slow
def test_a_step_of_no_length_changes_nothing(batch):
    model = make("batch", rate=0.0, norm_noise=0.5, dropout=0.2)
    found = independence(model, *batch, None)
    assert of(found, "relative_change") == [0.0] * DEPTH
    assert of(found, "cosine") == pytest.approx([1.0] * DEPTH)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_a_gradient_of_nothing_or_infinity_has_no_change(scale, batch):
    model = zoo.mlp((5,), 3, activation="relu", initializer_scale=scale)
    model.compile(keras.optimizers.SGD(RATE))
    found = independence(model, *batch, None)
    assert not np.isfinite(of(found, "relative_change")).any()
    assert not np.isfinite(of(found, "cosine")).any()


@pytest.mark.slow
def test_the_kernels_of_a_recurrent_layer_are_one_layer(batch):
    model = zoo.stacked_rnn((4, 3), 3, norm="none", units=(2, 2), cell="gru")
    model.compile(keras.optimizers.SGD(RATE))
    sequences = tf.random.stateless_normal((16, 4, 3), (0, 0))
    found = independence(model, sequences, batch[1], None)
    assert len(of(found, "relative_change")) == 2
    assert all(0 < change < 1 for change in of(found, "relative_change"))
