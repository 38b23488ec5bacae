"""A classifier that trains in moments, and its data."""

import keras
import numpy as np

RNG = np.random.default_rng(0)


X = RNG.normal(size=(60, 5)).astype("float32")


CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


#: Small enough to train in moments, and what a user would write otherwise.
QUICK = {"epochs": 1, "batch_size": 16, "seeds": 2, "tune": False}


def network(outputs, activation=None):
    return keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(8, use_bias=False),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.ReLU(),
            keras.layers.Dense(outputs, activation=activation),
        ]
    )


def classifier():
    model = network(3, "softmax")
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"])
    return model
