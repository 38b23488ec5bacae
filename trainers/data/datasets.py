"""Finding a TFDS set that can be worked with, and saying what is missing."""

import contextlib
import difflib
import os
import pathlib
import re

import tensorflow_datasets as tfds

from ..common.errors import InputError
from . import gaussians
from .features import input_feature
from .preparation import prepare
from .reading import check_features, described

#: The share of `train` that is held out where a set has no validation split.
_HELD_OUT = 10


def find_builder(config):
    """Returns the prepared TFDS builder that `config.dataset` names.

    Raises:
        InputError: as of `prepared`; or there are no images or signals with
            labels, and no text.
    """
    builder = prepared(config.dataset)
    input_feature(builder)
    return builder


def prepared(dataset):
    """Returns the builder of a set that is prepared, whatever is in it.

    Embedded sets are prepared where they are missing. Others are downloaded
    only if that is wanted: TFDS' own default would try for minutes where there
    is no network.

    Args:
        dataset: has the keys `name`, `data_dir` and `download` of
            `config.dataset`.

    Raises:
        InputError: unknown name; not prepared and not to be downloaded;
            unusable folder.
    """
    with _files_of(dataset):
        builder = _builder(dataset)
        # Asked in this order, or TFDS warns that the folder is not there; it
        # gets its name when all its files are written.
        if not builder.data_path.exists():
            prepare(builder, dataset.download)
        elif not builder.is_prepared():
            raise InputError(
                f"Data set {dataset.name!r} is not prepared in "
                f"{builder.data_path}: dataset_info.json is missing. Remove "
                "the folder and prepare the set again."
            )
    # Of what the files hold: they may be older than the builder's code.
    return described(builder.data_path)


@contextlib.contextmanager
def _files_of(dataset):
    """Turns what the file system raises into an `InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"The data_dir of {dataset.name!r} cannot be used: {error}. Name "
            "another data_dir, in a config --config.dataset.data_dir=DIR."
        ) from error


def _builder(dataset):
    if "\0" in dataset.data_dir:
        raise InputError(
            "The dataset.data_dir of dataset.name="
            f"{dataset.name!r} holds a null byte: {dataset.data_dir!r}."
        )
    data_dir = os.path.expanduser(dataset.data_dir) or None
    # Of NAME/CONFIG and NAME:VERSION, the folder of all configs and versions.
    name = re.split("[/:]", dataset.name)[0]
    check_features(pathlib.Path(data_dir or tfds.core.constants.DATA_DIR, name))
    try:
        return tfds.builder(dataset.name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError:
        raise InputError(_unknown(dataset.name)) from None
    except OSError:
        raise
    # An unknown version is an AssertionError, a config a ValueError, an option
    # a TypeError; and builders are code that anyone may have written.
    except Exception as error:
        raise InputError(
            f"TFDS cannot open data set {dataset.name!r}: {error} Check "
            "dataset.name (NAME, NAME/CONFIG or NAME:VERSION) and "
            "dataset.data_dir."
        ) from error


def _unknown(name):
    near = difflib.get_close_matches(name, tfds.list_builders(), n=3)
    hint = f" Did you mean: {', '.join(near)}?" if near else ""
    return (
        f"Unknown data set. Received: {name!r}.{hint} Expected a name of "
        "https://www.tensorflow.org/datasets/catalog/overview or an embedded "
        f"one: breast_cancer, digits, mnist1d, {gaussians.NAME}, "
        "stacked_digits."
    )


def find_splits(builder, dataset):
    """Returns the TFDS split strings for train, validation and test.

    Empty names in the config mean the set's own splits; where there is no
    validation split, the last tenth of `train` is held out. Of the training
    split only the share is taken that the config names.
    """
    train, held_out = "train", "validation"
    if "validation" not in builder.info.splits:
        cut = 100 - _HELD_OUT
        train, held_out = f"train[:{cut}%]", f"train[{cut}%:]"
    splits = {
        "train": dataset.train_split or train,
        "validation": dataset.validation_split or held_out,
        "test": dataset.test_split or "test",
    }
    for key, split in splits.items():
        _check_split(builder, key, split)
    if not 0 < dataset.train_share <= 1:
        raise InputError(
            "dataset.train_share must be above 0 and at most 1. Received: "
            f"{dataset.train_share!r}."
        )
    if dataset.train_share == 1:
        return splits
    train = first_examples(builder, splits["train"], dataset.train_share)
    return splits | {"train": train}


def first_examples(builder, split, share):
    """Returns TFDS' string for the first examples of a split.

    Args:
        builder: TFDS' of a prepared set.
        split: TFDS' string, such as `"train[:1000]"` or `"train+test"`.
        share: above 0, at most 1: of the split's examples, up to rounding; at
            least one. Of a sum they are those of its first terms.
    """
    splits = builder.info.splits
    left = max(1, round(share * splits[split].num_examples))
    taken = []
    for part in tfds.core.ReadInstruction.from_spec(split).to_absolute(splits):
        start, end = part.from_ or 0, part.to
        if end is None:
            end = splits[part.splitname].num_examples
        count = min(left, end - start)
        if count > 0:
            taken.append(f"{part.splitname}[{start}:{start + count}]")
        left -= count
    return "+".join(taken)


def _check_split(builder, key, split):
    try:
        examples = builder.info.splits[split].num_examples
    except (KeyError, ValueError) as error:
        raise InputError(
            f"Data set {builder.name!r} has no split {split!r}. It has: "
            f"{', '.join(builder.info.splits)}. Set "
            f"--config.dataset.{key}_split."
        ) from error
    if examples < 1:
        raise InputError(
            f"Split {split!r} of {builder.name!r} is empty. Set "
            f"--config.dataset.{key}_split."
        )
