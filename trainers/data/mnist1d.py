"""TFDS data set `mnist1d`: small sequences with a published table."""

import contextlib
import random

import numpy as np
import tensorflow_datasets as tfds

from ..common.errors import InputError
from .preparation import LocalBuilder

_STEPS = 40


class Mnist1d(LocalBuilder, tfds.core.GeneratorBasedBuilder):
    """The 5,000 sequences of MNIST-1D, 40 steps, 10 classes.

    Features: `signal`, float32 `(40, 1)`, of mean 0 and variance 1 over the
    whole set; `label`, 0-9. Splits `train`, 4,000, and `test`, 1,000, as
    published. The package `mnist1d` makes the sequences, always the same
    ones; nothing is downloaded.

    Raises:
        InputError: when it is prepared, without the package `mnist1d`.

    Example:

    >>> import normzoo.trainers
    >>> import tensorflow_datasets as tfds
    >>> tfds.builder("mnist1d").info.features["signal"].shape
    (40, 1)

    Source: S. Greydanus and D. Kobak, [Scaling down deep learning with
    MNIST-1D](https://arxiv.org/abs/2011.14439), 2024.
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description="MNIST-1D: sequences of 40 steps that look like digits",
            homepage="https://github.com/greydanus/mnist1d",
            features=tfds.features.FeaturesDict(
                {
                    "signal": tfds.features.Tensor(
                        shape=(_STEPS, 1), dtype=np.float32
                    ),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("signal", "label"),
        )

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing to download
        made = _make()
        return {
            "train": self._generate_examples(made["x"], made["y"]),
            "test": self._generate_examples(made["x_test"], made["y_test"]),
        }

    def _generate_examples(self, signals, labels):
        signals = signals.astype(np.float32)[..., np.newaxis]
        for i, (signal, label) in enumerate(zip(signals, labels, strict=True)):
            yield i, {"signal": signal, "label": int(label)}


def _make():
    """Returns the arrays that the package makes with its own settings."""
    try:
        # Imported here because it imports matplotlib and requests.
        from mnist1d.data import get_dataset_args, make_dataset
    except ImportError as error:
        raise InputError(
            "The data set 'mnist1d' is made by the package mnist1d, which "
            f"cannot be imported ({error}). Install it: pip install mnist1d."
        ) from error
    with _random_numbers_kept():
        return make_dataset(get_dataset_args())


@contextlib.contextmanager
def _random_numbers_kept():
    """Restores the global generators, which the package seeds."""
    states = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
