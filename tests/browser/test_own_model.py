"""What a person sees of each run of their own model."""

import keras
import pytest
from sklearn.datasets import load_digits

import normzoo

from . import tabs
from .boards import tensorboard
from .tabs import View

pytestmark = pytest.mark.slow

NORMS, SEEDS = ("as_is", "layer"), 2
RUNS = len(NORMS) * SEEDS


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    images, labels = load_digits(return_X_y=True)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(16)])
    model.add(keras.layers.BatchNormalization())
    model.add(keras.layers.ReLU())
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile(
        "adam", "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    folder = tmp_path_factory.mktemp("own")
    normzoo.compare_norms(
        model,
        (images / 16, labels),
        norms=NORMS,
        epochs=2,
        seeds=SEEDS,
        tune=False,
        workdir=folder,
    )
    with tensorboard(folder) as address:
        yield address


VIEWS = [
    View(
        tabs.scalars,
        # Each run's training and validation.
        {"tag": "epoch_accuracy", "lines": 2 * RUNS},
        only="epoch_accuracy",
    ),
    View(
        tabs.custom_scalars,
        {"title": "validation accuracy", "runs": len(NORMS)},
    ),
    View(
        tabs.hparams,
        {
            "columns": ["model.norm", "test accuracy"],
            "rows": RUNS + len(NORMS),
            "cells": ["norm=layer", "norm=layer,seed=1"],
        },
    ),
    View(tabs.text, {"words": ["answer", "configuration", "model"]}),
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.tab.__name__)
def test_a_person_sees_without_a_click(view, address, find):
    find(address, view)
