"""Finding a TFDS set that can be worked with, and saying what is missing."""

import contextlib
import difflib

import tensorflow_datasets as tfds

from ..common.errors import InputError
from .preparation import LocalBuilder, data_root, preparation_lock

#: The share of `train` that is held out where a set has no validation split.
_HELD_OUT = 10

#: The feature that models see -> all features that a set must have.
_INPUTS = {
    "image": {"image", "label"},
    "signal": {"signal", "label"},
    "text": {"text"},
}


def find_builder(config):
    """Returns the prepared TFDS builder that `config.dataset` names.

    Embedded sets are prepared where they are missing. Others are downloaded
    only if `config.dataset.download` is true: TFDS' own default would try for
    minutes where there is no network.

    Raises:
        InputError: unknown name; not prepared and not to be downloaded; no
            images or signals with labels, and no text; unusable folder.
    """
    dataset = config.dataset
    try:
        with opened(dataset.name):
            builder = tfds.builder(
                dataset.name, data_dir=dataset.data_dir or None
            )
            prepared = builder.is_prepared()
        if not prepared:
            _prepare(builder, dataset)
    except tfds.core.DatasetNotFoundError:
        raise InputError(_unknown(dataset.name)) from None
    except OSError as error:
        raise InputError(
            f"The data_dir of {dataset.name!r} cannot be used: {error}. "
            "Name another one with --config.dataset.data_dir=DIR."
        ) from error
    input_feature(builder)
    return builder


@contextlib.contextmanager
def opened(name):
    """Turns whatever TFDS raises for unusable files into an `InputError`."""
    try:
        yield
    except (InputError, OSError, tfds.core.DatasetNotFoundError):
        raise  # which are clear already
    # A version that is not there is an AssertionError, damage of any kind.
    except Exception as error:
        raise InputError(
            f"Data set {name!r} cannot be read: {error} Is its name right? If "
            "it is, its files are damaged: remove them and prepare it again."
        ) from error


def _prepare(builder, dataset):
    data_dir = data_root(builder)
    if not (isinstance(builder, LocalBuilder) or dataset.download):
        raise InputError(
            f"Data set {dataset.name!r} is not prepared in {data_dir}. Prepare "
            f"it where there is a network: tfds build {dataset.name} "
            f"--data_dir={data_dir}, or add --config.dataset.download=True."
        )
    with preparation_lock(builder):
        # One folder a set: archives of several sets have equal file names.
        builder.download_and_prepare(
            download_dir=data_dir / "downloads" / builder.name
        )


def _unknown(name):
    near = difflib.get_close_matches(name, tfds.list_builders(), n=3)
    mend = f" Did you mean: {', '.join(near)}?" if near else ""
    return (
        f"Unknown TFDS data set. Received: {name!r}.{mend} Expected a name of "
        "https://www.tensorflow.org/datasets/catalog/overview or an embedded "
        "one: digits, mnist1d."
    )


def input_feature(builder):
    """Returns which feature models see: `"image"`, `"signal"` or `"text"`.

    Raises:
        InputError: the set has none of them, or no label with it.
    """
    features = builder.info.features
    for name, needed in _INPUTS.items():
        if needed <= set(features):
            _check_label(builder.name, needed, features)
            return name
    raise InputError(
        f"Data set {builder.name!r} has the features "
        f"{', '.join(builder.info.features)}. A set with 'image' and 'label', "
        "with 'signal' and 'label', or with 'text' is expected."
    )


def _check_label(name, needed, features):
    if "label" not in needed:
        return
    if not isinstance(features["label"], tfds.features.ClassLabel):
        raise InputError(
            f"The labels of data set {name!r} are {features['label']}. "
            "Expected a tfds.features.ClassLabel."
        )


def find_splits(builder, dataset):
    """Returns the TFDS split strings for train, validation and test.

    Empty names in the config mean the set's own splits; where there is no
    validation split, the last tenth of `train` is held out.
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
    return splits


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
