"""Models with a `call` or steps of their own."""

import keras
import numpy as np
import tensorflow as tf

from normzoo.trainers.own.models import build

BN, Dense = keras.layers.BatchNormalization, keras.layers.Dense


RNG = np.random.default_rng(0)


X = RNG.normal(size=(60, 5)).astype("float32")


Y = X[:, :1] - X[:, 1:2]


registered = keras.saving.register_keras_serializable("test_own_classes")


class Steps:
    """Takes smaller steps."""

    factor = 0.5

    def train_step(self, data):
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            outputs = self(x, training=True)
            loss = self.factor * self.compute_loss(x, y, outputs, weights)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(
            zip(gradients, self.trainable_weights, strict=True)
        )
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
        return self.compute_metrics(x, y, outputs, weights)


@registered
class OfGraph(Steps, keras.Model):
    """Is made of inputs and outputs."""


@registered
class InOrder(Steps, keras.Sequential):
    """Is made of a list of layers."""


@registered
class Network(keras.Model):
    """Has a `call` of its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first = Dense(units, use_bias=False, name="first")
        self.norms = [BN(name="norm")]
        self.last = Dense(1, name="last")

    def call(self, x, training=None):
        x = self.first(x)
        for norm in self.norms:
            x = norm(x, training=training)
        return self.last(keras.ops.relu(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@registered
class Stepping(Steps, Network):
    """Has both."""


def compiled(model):
    model.compile(keras.optimizers.SGD(0.05), "mse", metrics=["mae"])
    return model


def stack():
    return [
        keras.Input((5,)),
        Dense(6, use_bias=False, name="first"),
        BN(name="norm"),
        keras.layers.ReLU(),
        Dense(1, name="last"),
    ]


def called(kind):
    model = kind(6)
    model(X[:2])
    return compiled(model)


def made(path, norm="as_is", seed=0, start="fresh", **arguments):
    return build(
        (5,), 0, seed=seed, path=path, norm=norm, start=start, **arguments
    )
