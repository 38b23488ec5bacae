"""The embedded data set."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits

import normzoo.trainers  # noqa: F401

from .. import killable

SIZES = {"train": 1204, "validation": 297, "test": 296}
PREPARE = """
import random, normzoo.trainers, tensorflow_datasets as tfds
random.seed(0)  # as keras.utils.set_random_seed does
data = tfds.load("digits", data_dir=JOB["folder"], split="train")
assert len(data) == 1204
"""


def test_every_digit_is_in_one_split(data_dir):
    data = tfds.load("digits", data_dir=data_dir, batch_size=-1)
    data = tfds.as_numpy(data)
    assert {name: len(s["label"]) for name, s in data.items()} == SIZES
    images = np.concatenate([s["image"] for s in data.values()])
    expected = np.rint(load_digits().images * 255 / 16).astype(np.uint8)
    np.testing.assert_array_equal(
        np.sort(images.reshape(-1, 64), axis=0),
        np.sort(expected.reshape(-1, 64), axis=0),
    )


def test_splits_are_stratified(data_dir):
    for name, size in SIZES.items():
        labels = tfds.load(
            "digits", data_dir=data_dir, split=name, batch_size=-1
        )["label"]
        counts = np.bincount(labels, minlength=10)
        shares = np.bincount(load_digits().target) / 1797
        np.testing.assert_allclose(counts, shares * size, atol=1)


@pytest.mark.slow
def test_two_processes_prepare_it_at_once(tmp_path):
    script = tmp_path / "prepare.py"
    script.write_text(PREPARE)
    job = {"folder": str(tmp_path / "tfds")}
    with (
        killable.forked(str(script), job) as one,
        killable.forked(str(script), job) as other,
    ):
        for process in (one, other):
            process.join()
            assert process.exitcode == 0
