"""A known network, compared on photographs."""

import keras
import numpy as np
import pytest
import tensorflow_datasets as tfds

import normzoo

from ..data import prepared


def mobile_net():
    """Its first blocks, one with a stride, one with a skip connection."""
    net = keras.applications.MobileNetV2(
        (32, 32, 3), alpha=0.35, weights=None, include_top=False
    )
    x = net.get_layer("block_2_add").output
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(10, activation="softmax")(x)
    model = keras.Model(net.input, outputs)
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"])
    return model


@pytest.mark.slow
@prepared.needs("cifar10_jpeg")
def test_mobile_net_on_photographs(tmp_path):
    images, labels = tfds.load(
        "cifar10_jpeg",
        data_dir=prepared.FOLDER,
        download=False,
        split="train[:160]",
        batch_size=-1,
        as_supervised=True,
    )
    images = images.numpy() / 127.5 - 1
    found = normzoo.compare_norms(
        mobile_net,
        (images, labels.numpy()),
        norms=("as_is", "none"),
        epochs=1,
        seeds=1,
        tune=False,
        workdir=tmp_path,
    )
    as_is, none = found.summary.rows
    assert (as_is.variant, none.variant) == ("norm=as_is", "norm=none")
    for row in (as_is, none):
        values = list(row.values["test_accuracy"].values())
        assert len(values) == 1
        assert 0 <= values[0] <= 1
        assert np.isfinite(list(row.values["test_loss"].values())).all()
    # With statistics of the training data, batch norm's are not late.
    result = found.found.outcomes[0].result
    assert result["population"]["examples"] == 96
    best = found.best("none")
    assert isinstance(best.get_layer("bn_Conv1"), keras.layers.Identity)
    assert best.predict(images[:2], verbose=0).shape == (2, 10)
    assert "seeds" in found.sentence
