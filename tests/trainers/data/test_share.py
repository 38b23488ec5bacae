"""A share of the training split: its first examples, of any source."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from normzoo.configs import default
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import datasets, loading
from normzoo.trainers.data.examples import SPLITS

#: A split of the digits, a share, and what is left of it.
FIRST = {
    "of a whole split": ("train", 0.25, "train[0:301]"),
    "of a slice": ("train[:50]", 0.1, "train[0:5]"),
    "of percents": ("train[50%:]", 0.5, "train[602:903]"),
    "of the last": ("train[-10:]", 0.5, "train[1194:1199]"),
    "of a sum": ("train[:200]+test", 0.75, "train[0:200]+test[0:172]"),
    "of a sum, one part": ("train[:200]+test", 0.3, "train[0:149]"),
    "of an empty slice": ("train[:0]+test[:9]", 0.34, "test[0:3]"),
    "of everything": ("all", 0.7, "train[0:1204]+validation[0:54]"),
    "one example at least": ("train[:50]", 1e-6, "train[0:1]"),
}


@pytest.fixture
def config():
    config = default.get_config()
    config.dataset.name = "digits"
    config.dataset.train_split = "train[:60]"
    return config


@pytest.mark.parametrize(("split", "part", "expected"), FIRST.values())
def test_the_first_examples_of_a_split(config, split, part, expected):
    builder = datasets.find_builder(config)
    found = datasets.first_examples(builder, split, part)
    assert found == expected
    every, some = examples(builder, split), examples(builder, found)
    assert len(some) == max(1, round(part * len(every)))
    # TFDS reads the splits of a sum in turns.
    assert set(some) <= set(every)
    assert "+" in split or split == "all" or some == every[: len(some)]


def examples(builder, split):
    config = tfds.ReadConfig(add_tfds_id=True)
    dataset = builder.as_dataset(split=split, read_config=config)
    return [example["tfds_id"] for example in dataset.as_numpy_iterator()]


@pytest.mark.parametrize("split_seed", [-1, 3])
def test_a_share_is_a_shorter_slice(config, split_seed):
    config.dataset.split_seed = split_seed
    config.dataset.train_share = 0.7
    found = loading.load_data(config)
    config.dataset.update(train_split="train[:42]", train_share=1.0)
    expected = loading.load_data(config)
    for name in SPLITS:
        one, other = (getattr(data, name) for data in (found, expected))
        np.testing.assert_array_equal(one.inputs, other.inputs)
        np.testing.assert_array_equal(one.labels, other.labels)
    assert found.train.count == 42


def test_a_share_is_smaller_than_a_batch(config):
    config.dataset.train_share = 0.5
    with pytest.raises(InputError, match=r"1 to 30.*train\[0:30\]"):
        loading.load_data(config)
