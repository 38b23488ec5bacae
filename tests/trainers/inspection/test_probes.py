"""What probes measure, against other ways to compute it."""

import gc
import json
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import zoo
from normzoo.layers.numerics.restoring import restored
from normzoo.trainers import classify
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import loading
from normzoo.trainers.inspection.gradients import (
    euclidean_norm,
    layer_gradients,
)
from normzoo.trainers.inspection.landscape import STEPS, landscape
from normzoo.trainers.supervised.probes import PROBES
from normzoo.trainers.supervised.task import find_task

RATE = 0.1


@pytest.fixture
def batch():
    generator = np.random.default_rng(0)
    inputs = generator.random((16, 5)).astype("float32")
    return tf.constant(inputs), tf.constant(np.arange(16) % 3)


def make(name="none", **knobs):
    knobs = {"depth": 1, "width": 4, "activation": "tanh", **knobs}
    model = zoo.mlp((5,), 3, norm=name, **knobs)
    model.compile(keras.optimizers.SGD(RATE))
    return model


def reference(weights, inputs, labels):
    """Returns loss and gradients of a tanh MLP, in float64 NumPy."""
    kernel, bias, top, top_bias = weights
    hidden = np.tanh(inputs @ kernel + bias)
    logits = hidden @ top + top_bias
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    rows = np.arange(len(labels))
    loss = -np.log(p[rows, labels]).mean()
    p[rows, labels] -= 1
    p /= len(labels)
    back = p @ top.T * (1 - hidden**2)
    gradients = [inputs.T @ back, back.sum(0), hidden.T @ p, p.sum(0)]
    return loss, gradients, logits


def as_float64(model, batch):
    weights = [w.numpy().astype(float) for w in model.trainable_weights]
    return weights, batch[0].numpy().astype(float), batch[1].numpy()


def length(arrays):
    return np.sqrt(sum((a**2).sum() for a in arrays))


def test_layers_are_those_of_numpy(batch):
    model = make()
    weights, *data = as_float64(model, batch)
    loss, gradients, logits = reference(weights, *data)
    found = layer_gradients(model, *batch, None)
    expected = {
        "logits": np.sqrt((logits**2).mean()),
        "loss": loss,
        "weight_norm/dense_0/kernel": length(weights[:1]),
        "gradient_norm/dense_0/kernel": length(gradients[:1]),
        "weight_norm/logits/kernel": length(weights[2:3]),
        "gradient_norm/logits/kernel": length(gradients[2:3]),
    }
    assert {k.removeprefix("mlp/"): v for k, v in found.items()} == (
        pytest.approx(expected, rel=1e-5)
    )


def test_a_tiny_gradient_has_a_norm():
    assert euclidean_norm(tf.fill([4], 1e-30)) == pytest.approx(2e-30)
    assert euclidean_norm(tf.constant([3.0]), tf.constant([[4.0]])) == 5


def test_the_landscape_is_that_of_numpy(batch):
    model = make()
    weights, *data = as_float64(model, batch)
    loss, gradients, _ = reference(weights, *data)
    losses, changes = [], []
    for step in STEPS:
        there = [
            w - step * RATE * g for w, g in zip(weights, gradients, strict=True)
        ]
        value, others, _ = reference(there, *data)
        losses.append(value)
        changes.append(length(map(np.subtract, others, gradients)))
    expected = {
        "loss": loss,
        "gradient_norm": length(gradients),
        "loss_range": max(losses) - min(losses),
        "gradient_change": max(changes),
        "relative_change": max(changes) / length(gradients),
    }
    assert landscape(model, *batch, None) == pytest.approx(expected, rel=1e-4)


def test_a_landscape_that_overflows_is_not_finite(batch):
    model = make(activation="relu", initializer_scale=1e30)
    found = landscape(model, *batch, None)
    assert not np.isfinite(found["loss_range"])
    assert not np.isfinite(found["gradient_change"])


def test_the_noise_is_the_same_at_all_steps(batch):
    model = make("batch", norm_noise=0.5)
    model.optimizer.learning_rate = 0.0
    with restored(model.variables):
        found = landscape(model, *batch, None)
    assert found["loss_range"] == found["gradient_change"] == 0


# The other one is for recurrent networks.
@pytest.mark.quick("layers", "training_mode")
@pytest.mark.parametrize("probe", sorted(PROBES.keys() - {"time"}))
def test_a_frozen_model_stays_as_it_is(probe, batch, config):
    model = make("batch", norm_noise=0.5, dropout=0.2)
    config.batch_size = 8
    before = [variable.numpy() for variable in model.variables]
    with restored(model.variables):
        PROBES[probe](model, *batch, config)
        model(batch[0], training=True)
        assert not all(map(np.array_equal, before, model.variables))
    for value, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(value, variable)


@pytest.mark.slow
def test_a_probed_run_is_the_run_itself(config, tmp_path):
    config.model.dropout = 0.2
    plain = classify.train(config, tmp_path / "plain", verbose=0)
    config.probe = "landscape"
    probed = classify.train(config, tmp_path / "probed", verbose=0)
    assert probed["test_loss"] == plain["test_loss"]
    log = (tmp_path / "probed" / "metrics.jsonl").read_text().splitlines()
    found = [x for x in map(json.loads, log) if x["split"] == "probe"]
    assert [line["step"] for line in found] == [0, 18, 36]
    assert [line["epoch"] for line in found] == [0, 1, 2]


def test_a_trace_lives_as_long_as_its_model(batch):
    model = make()
    landscape(model, *batch, config=None)
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None


def test_the_probe_of_time_needs_a_recurrent_network(config):
    config.probe = "time"
    with pytest.raises(InputError, match=r"needs a stacked_rnn.*'mlp'"):
        find_task(config, loading.load_data(config))
