"""What a person sees of the norms in a `fit` of their own."""

import keras
import pytest
from sklearn.datasets import load_digits

from normzoo import layers
from normzoo.trainers.callbacks import NormStatistics

from . import tabs
from .boards import tensorboard
from .tabs import Picture, View

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit")
    images, labels = load_digits(return_X_y=True)
    inputs = keras.Input((8, 8))
    norm = layers.LayerNormSimpleRNN(16, return_sequences=True, name="steps")
    x = keras.layers.Flatten()(norm(inputs))
    x = keras.layers.Dense(32)(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU()(x)
    x = keras.layers.Dense(10, activation="softmax")(x)
    model = keras.Model(inputs, x)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(
        images.reshape(-1, 8, 8) / 16,
        labels,
        epochs=3,
        verbose=0,
        callbacks=[NormStatistics(folder, every=20)],
    )
    with tensorboard(folder) as address:
        yield address


VIEWS = [
    View(tabs.scalars, {"tag": "gradient_norm/all"}),
    View(tabs.images, {"tag": "batch_mean_input_over_time/steps"}),
    View(
        tabs.histograms,
        {"tag": "inputs/norm"},
        only="inputs",
        picture=Picture("histograms", 400),
    ),
    View(tabs.distributions, {"tag": "outputs/norm"}, only="outputs"),
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.tab.__name__)
def test_a_person_sees_without_a_click(view, address, find):
    find(address, view)
