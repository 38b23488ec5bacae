"""TFDS data set `digits`: real handwriting without a download."""

import numpy as np
import tensorflow_datasets as tfds

from .dealing import SPLITS, dealt
from .preparation import LocalBuilder

#: Of six consecutive images of a class, where each one goes.
_DEAL = ("train", "train", "train", "train", "validation", "test")


class Digits(LocalBuilder, tfds.core.GeneratorBasedBuilder):
    """The 1,797 handwritten digits that scikit-learn ships, 8x8 pixels.

    Features: `image`, uint8 `(8, 8, 1)`, the 17 gray levels spread over
    0-255; `label`, 0-9. Splits `train`, `validation` and `test`, about 4:1:1,
    stratified by class and fixed: the images of each class are dealt out in
    turn.

    Example:

    >>> import normzoo.trainers
    >>> import tensorflow_datasets as tfds
    >>> tfds.builder("digits").info.features["image"].shape
    (8, 8, 1)

    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits,
    UCI Machine Learning Repository, 1998.
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description="1,797 handwritten digits, 8x8 pixels.",
            homepage="https://archive.ics.uci.edu/dataset/80",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(8, 8, 1)),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing to download
        return {split: self._generate_examples(split) for split in SPLITS}

    def _generate_examples(self, split):
        from sklearn import datasets

        digits = datasets.load_digits()
        images = np.rint(digits.images * (255 / 16)).astype(np.uint8)
        for i in dealt(digits.target, _DEAL, split):
            label = int(digits.target[i])
            yield i, {"image": images[i, ..., None], "label": label}
