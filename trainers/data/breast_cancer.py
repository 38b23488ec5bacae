"""TFDS data set `breast_cancer`: a real table without a download."""

import numpy as np
import tensorflow_datasets as tfds

from .dealing import SPLITS, dealt
from .preparation import LocalBuilder

#: Of six consecutive examples of a class, where each one goes.
_DEAL = ("train", "train", "train", "validation", "test", "test")


class BreastCancer(LocalBuilder, tfds.core.GeneratorBasedBuilder):
    """The 569 tumors that scikit-learn ships, 30 numbers of each.

    Features: `signal`, float32 `(30,)`, as they were measured: the mean of one
    is 0.004 and that of another 881; `label`, 0 malignant or 1 benign. Splits
    `train`, `validation` and `test`, about 3:1:2, stratified by class and
    fixed: the examples of each class are dealt out in turn.

    Example:

    >>> import normzoo.trainers
    >>> import tensorflow_datasets as tfds
    >>> tfds.builder("breast_cancer").info.features["signal"].shape
    (30,)

    Source: W. Wolberg, O. Mangasarian, N. Street, W. Street, Breast Cancer
    Wisconsin (Diagnostic), UCI Machine Learning Repository, 1995.
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description="569 tumors, 30 numbers of each.",
            homepage="https://archive.ics.uci.edu/dataset/17",
            features=tfds.features.FeaturesDict(
                {
                    "signal": tfds.features.Tensor(
                        shape=(30,), dtype=np.float32
                    ),
                    "label": tfds.features.ClassLabel(
                        names=["malignant", "benign"]
                    ),
                }
            ),
            supervised_keys=("signal", "label"),
        )

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing to download
        return {split: self._generate_examples(split) for split in SPLITS}

    def _generate_examples(self, split):
        from sklearn import datasets

        tumors = datasets.load_breast_cancer()
        for i in dealt(tumors.target, _DEAL, split):
            signal = tumors.data[i].astype(np.float32)
            yield i, {"signal": signal, "label": int(tumors.target[i])}
