"""What keeps a model from being trained with its variables stacked."""

import keras
import pytest

from normzoo import layers
from normzoo.trainers.common.adaptive_clipping import CLIPPED
from normzoo.trainers.together.obstacles import obstacle
from normzoo.trainers.together.optimizers import ELEMENTWISE


class OwnStep(keras.Sequential):
    """A model with a training step of its own."""

    def train_step(self, data):
        return super().train_step(data)


class OwnAdam(keras.optimizers.Adam):
    """An optimizer that may do anything."""


def dense(model=keras.Sequential, layer=None, shape=(6, 4), **kwargs):
    layer = layer or keras.layers.Dense(2, **kwargs)
    return model([keras.Input(shape), layer])


def compiled(model=None, optimizer="adam", **kwargs):
    model = model or dense()
    model.compile(optimizer, "mse", **kwargs)
    return model


OPTIMIZERS = keras.optimizers
L = keras.layers
#: What the answer says -> a model.
OBSTACLES = {
    "train_step": lambda: compiled(dense(OwnStep)),
    "runs eagerly": lambda: compiled(run_eagerly=True),
    "no optimizer": lambda: compiled(optimizer=None),
    "Muon": lambda: compiled(optimizer=OPTIMIZERS.Muon()),
    "ClippedAdam": lambda: compiled(
        optimizer=CLIPPED[OPTIMIZERS.Adam](clipping=0.01)
    ),
    "OwnAdam": lambda: compiled(optimizer=OwnAdam()),
    "loss is scaled, and Nadam": lambda: compiled(
        optimizer=OPTIMIZERS.LossScaleOptimizer(OPTIMIZERS.Nadam())
    ),
    "Adafactor": lambda: compiled(
        optimizer=OPTIMIZERS.LossScaleOptimizer(OPTIMIZERS.Adafactor())
    ),
    "averages the weights": lambda: compiled(
        optimizer=OPTIMIZERS.Adam(use_ema=True)
    ),
    "accumulates gradients": lambda: compiled(
        optimizer=OPTIMIZERS.Adam(gradient_accumulation_steps=2)
    ),
    "keeps its state": lambda: compiled(
        keras.Sequential(
            [keras.Input(batch_shape=(2, 6, 4)), L.LSTM(2, stateful=True)]
        )
    ),
    "SeparableConv1D": lambda: compiled(dense(layer=L.SeparableConv1D(2, 2))),
    "its channels come first": lambda: compiled(
        dense(
            layer=L.Conv2D(2, 1, data_format="channels_first"), shape=(3, 4, 4)
        )
    ),
    "groups of channels": lambda: compiled(
        dense(layer=L.Conv1D(2, 1, groups=2))
    ),
    "a constraint": lambda: compiled(dense(kernel_constraint="unit_norm")),
}


@pytest.mark.parametrize("words", OBSTACLES)
def test_obstacles_are_named(words):
    assert words in obstacle(OBSTACLES[words]())


#: Those that only operations of all runs at once have.
VECTORIZED = (
    "SeparableConv1D",
    "its channels come first",
    "groups of channels",
)


@pytest.mark.parametrize("words", OBSTACLES)
def test_calls_have_any_operations(words):
    found = obstacle(OBSTACLES[words](), vectorized=False)
    assert (words in found) == (words not in VECTORIZED)


def test_exclusions_from_weight_decay():
    optimizer = OPTIMIZERS.AdamW()
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    assert "excludes variables" in obstacle(compiled(optimizer=optimizer))


def test_replicas(two_replicas):
    with two_replicas.scope():
        model = compiled()
    assert "strategy" in obstacle(model)


@pytest.mark.parametrize("optimizer", ELEMENTWISE)
def test_elementwise_optimizers_are_none(optimizer):
    assert obstacle(compiled(optimizer=optimizer(clipnorm=1.0))) == ""


def test_scaled_losses_are_none():
    optimizer = OPTIMIZERS.LossScaleOptimizer(OPTIMIZERS.Adam())
    assert obstacle(compiled(optimizer=optimizer)) == ""


def test_usual_layers_are_none():
    inputs = keras.Input((6, 4))
    x = L.Conv1D(4, 3, padding="causal", kernel_regularizer="l2")(inputs)
    x = L.Dropout(0.5)(layers.BatchNormalization()(x))
    x = layers.BatchNormLSTM(3)(x)
    assert obstacle(compiled(keras.Model(inputs, L.Dense(1)(x)))) == ""
