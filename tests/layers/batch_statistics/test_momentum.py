"""Momentum that changes from step to step."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers import BatchNormalization, MomentumWarmUp

RNG = np.random.default_rng(0)
BATCHES = RNG.normal(2, 3, (6, 5, 3))

DECAY = keras.optimizers.schedules.PolynomialDecay(0.0, 4, 0.8)
#: Schedules, and their first numbers.
SCHEDULES = {
    "warm-up": (MomentumWarmUp(0.7), [0, 1 / 2, 2 / 3, 0.7, 0.7, 0.7]),
    "average": (MomentumWarmUp(1.0), [t / (t + 1) for t in range(6)]),
    "keras": (DECAY, [0.0, 0.2, 0.4, 0.6, 0.8, 0.8]),
}
#: What the layer is made with, besides.
WAYS = {
    "fused": {"dtype": "float32"},
    "plain": {},
    "renorm": {"renorm": True},
    "ghost": {"virtual_batch_size": 5},
    "evonorm": {"cls": layers.EvoNormB0},
}


def trained(batches, cls=BatchNormalization, **kwargs):
    layer = cls(**{"dtype": "float64", **kwargs})
    for x in batches:
        layer(x.astype(layer.compute_dtype), training=True)
    return layer


@pytest.mark.parametrize(
    ("schedule", "way"),
    [(s, "plain") for s in SCHEDULES] + [("warm-up", way) for way in WAYS],
)
def test_each_update_has_its_momentum(schedule, way):
    momentum, numbers = SCHEDULES[schedule]
    layer = trained(BATCHES, momentum=momentum, **WAYS[way])
    moving = np.zeros(3)
    for number, x in zip(numbers, BATCHES, strict=True):
        moving = number * moving + (1 - number) * x.mean(0)
    np.testing.assert_allclose(layer.moving_mean, moving, 1e-5)
    assert float(layer.updates) == 6


def test_an_average_of_all_batches_has_no_trace_of_initial_values():
    layer = trained(BATCHES, momentum=MomentumWarmUp(1.0))
    np.testing.assert_allclose(layer.moving_mean, BATCHES.mean((0, 1)))
    variance = BATCHES.var(1).mean(0)
    np.testing.assert_allclose(layer.moving_variance, variance)


def test_a_masked_batch_is_no_update():
    layer = trained([], momentum=MomentumWarmUp())
    x = RNG.normal(size=(2, 4, 3))
    layer(x, training=True, mask=np.zeros((2, 4), bool))
    assert float(layer.updates) == 0
    layer(x, training=True)
    np.testing.assert_allclose(layer.moving_mean, x.mean((0, 1)))


def test_a_configuration_is_taken_as_well():
    layer = BatchNormalization(momentum=MomentumWarmUp(0.7))
    config = json.loads(json.dumps(layer.get_config()))
    again = BatchNormalization.from_config(config)
    assert again.momentum.momentum == 0.7
    assert again.get_config() == layer.get_config()


def test_a_replaced_norm_keeps_what_the_new_one_takes():
    momentum = MomentumWarmUp(0.7)
    model = keras.Sequential(
        [keras.Input((3,)), BatchNormalization(momentum=momentum, name="norm")]
    )
    for norm, kept in [
        ("ghost_batch", 0.7),
        (keras.layers.BatchNormalization, None),
    ]:
        new = layers.replace_norms(model, norm).model.get_layer("norm")
        assert getattr(new.momentum, "momentum", None) == kept


@pytest.mark.parametrize(
    ("momentum", "message"),
    [
        (lambda step: 0.5, "or a LearningRateSchedule"),
        ({"momentum": 0.5}, "or a LearningRateSchedule"),
        (1.5, "or a LearningRateSchedule"),
        (
            keras.optimizers.schedules.ExponentialDecay(2.0, 1, 0.5),
            "from 0 to 1. Received: 2 at step 0",
        ),
    ],
)
def test_what_is_no_momentum(momentum, message):
    with pytest.raises(ValueError, match=message):
        BatchNormalization(momentum=momentum)


def test_a_warm_up_ends_between_0_and_1():
    with pytest.raises(ValueError, match="momentum=-1"):
        MomentumWarmUp(-1)


def test_a_recurrent_layer_takes_a_number():
    with pytest.raises(ValueError, match="takes a number from 0 to 1 for"):
        layers.BatchNormGRU(3, momentum=MomentumWarmUp())


@pytest.mark.slow
def test_replicas_count_a_step_once(two_replicas):
    with two_replicas.scope():
        layer = BatchNormalization(momentum=MomentumWarmUp(1.0))
        layer.build((None, 3))

    @tf.function(autograph=False)
    def run(x):
        two_replicas.run(lambda: layer(x, training=True))

    for x in BATCHES:
        run(tf.constant(x, "float32"))
    for copy in two_replicas.experimental_local_results(layer.updates.value):
        assert float(copy) == 6
    np.testing.assert_allclose(layer.moving_mean, BATCHES.mean((0, 1)), 1e-5)


def test_diagnosis_knows_what_is_left():
    def messages(momentum):
        model = keras.Sequential(
            [keras.Input((3,)), BatchNormalization(momentum=momentum)]
        )
        model.compile("sgd", "mse")
        x = BATCHES.reshape(-1, 3).astype("float32")
        model.fit(x, x, batch_size=10, epochs=2, verbose=0)
        return [f.symptom for f in layers.diagnose(model, x).findings]

    assert "slow_momentum" in messages(0.99)
    assert "slow_momentum" not in messages(MomentumWarmUp(0.99))
