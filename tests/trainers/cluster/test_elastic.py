"""A run goes on with more or fewer replicas than it was begun with."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.configs import digits_mlp
from normzoo.trainers.classify import train
from normzoo.trainers.cluster import strategies

DEVICES = tf.config.list_logical_devices("CPU")


class Interrupt(keras.callbacks.Callback):
    """Ends the run in the middle of the second epoch."""

    def on_train_batch_end(self, batch, logs=None):
        """Ends it."""
        if self.model.optimizer.iterations == 9:
            raise KeyboardInterrupt


@pytest.fixture
def config():
    config = digits_mlp.get_config()
    config.dataset.train_split = "train[:192]"
    config.batch_size = 32
    config.epochs = 2
    config.distribution = "mirrored"
    # Of a whole batch, whatever the number of replicas.
    config.model.norm = "layer"
    config.checkpoint.every_steps = 4
    return config


@pytest.fixture
def replicas(monkeypatch):
    """Sets the number of devices that the next run finds."""

    def set_to(count):
        monkeypatch.setattr(
            strategies.tf.config,
            "list_logical_devices",
            lambda kind="CPU": DEVICES[:count] if kind == "CPU" else [],
        )

    return set_to


def losses(workdir):
    lines = map(
        json.loads, (workdir / "metrics.jsonl").read_text().splitlines()
    )
    return {
        (line["split"], line["step"]): line["loss"]
        for line in lines
        if "loss" in line
    }


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2)])
def test_another_number_of_replicas_goes_on(
    before, after, config, replicas, tmp_path
):
    replicas(before)
    result = train(config, tmp_path / "whole", verbose=0)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "parts", callbacks=[Interrupt()], verbose=0)
    assert list((tmp_path / "parts/checkpoints").glob("step-*"))
    replicas(after)
    again = train(config, tmp_path / "parts", verbose=0)
    assert again["steps"] == result["steps"] == 12
    whole, parts = losses(tmp_path / "whole"), losses(tmp_path / "parts")
    assert parts.keys() == whole.keys()
    # The order of the examples is the same; sums are rounded otherwise.
    np.testing.assert_allclose(
        [parts[key] for key in whole], list(whole.values()), 1e-4
    )
