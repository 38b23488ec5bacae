"""What a person sees of the norms in a `fit` of their own."""

import keras
import numpy as np
import pytest

from normzoo import layers
from normzoo.trainers.callbacks import NormStatistics

from .boards import tensorboard

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit")
    inputs = keras.Input((6, 2))
    norm = layers.LayerNormSimpleRNN(4, return_sequences=True, name="steps")
    x = keras.layers.GlobalAveragePooling1D()(norm(inputs))
    x = keras.layers.BatchNormalization(name="norm")(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 6, 2)).astype("float32")
    callback = NormStatistics(folder, every=2)
    model.fit(x, x[:, 0, :1], batch_size=8, verbose=0, callbacks=[callback])
    with tensorboard(folder) as address:
        yield address


def scalars(page):
    card = page.locator("tf-scalar-card", has_text="gradient_norm/all")
    card.locator("path.line[d*='L']").first.wait_for(state="attached")


def images(page):
    picture = page.locator("tf-image-loader img").first
    picture.wait_for()
    page.wait_for_function(
        "picture => picture.naturalWidth > 0", arg=picture.element_handle()
    )
    page.get_by_text("mean_over_time/steps").first.wait_for()


def histograms(page):
    bars = page.locator("tf-histogram-loader path[d*='L']")
    bars.first.wait_for(state="attached")


def distributions(page):
    areas = page.locator("tf-distribution-loader path[d*='L']")
    areas.first.wait_for(state="attached")


#: The part of the address -> what is looked for.
TABS = {
    "scalars": scalars,
    "images": images,
    "histograms": histograms,
    "distributions": distributions,
}


@pytest.mark.parametrize("tab", TABS)
def test_a_person_sees_without_a_click(tab, address, open_tab):
    TABS[tab](open_tab(address, tab))
