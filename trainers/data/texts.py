"""Texts as examples of a character language model."""

import numpy as np
import tensorflow_datasets as tfds

from ..common.errors import InputError


def read(builder, split):
    """Returns the bytes of a split, all its examples one after the other."""
    dataset = builder.as_dataset(split=split)
    return b"".join(example["text"] for example in tfds.as_numpy(dataset))


def decoded(text, split):
    """Returns the characters of a text in UTF-8.

    Raises:
        InputError: it is not in UTF-8.
    """
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The split {split!r} has a text that is not in UTF-8, first at "
            f"byte {error.start}: {error.reason}. Convert it in the builder."
        ) from error


def characters(text):
    """Returns the vocabulary of a text: its characters in order."""
    return "".join(sorted(set(text)))


def encode(text, vocabulary, split):
    """Returns the places of the text's characters in the vocabulary, int64.

    Raises:
        InputError: a character is not in the vocabulary.
    """
    unknown = set(text) - set(vocabulary)
    if unknown:
        raise InputError(
            f"The split {split!r} has characters that the training text "
            f"lacks: {''.join(sorted(unknown))!r}. Choose other splits with "
            "--config.dataset.train_split and the like."
        )
    places = np.array([ord(c) for c in vocabulary])
    return np.searchsorted(places, np.array([ord(c) for c in text]))


def windows(codes, length):
    """Returns inputs and labels, `(windows, length)` each.

    A label is the character that follows. The windows lie side by side, each
    character but the first is a label once, and what fills no window at the
    end is left out.

    Raises:
        InputError: the text is too short for one window.

    Example:

    >>> from normzoo.trainers.data import texts
    >>> inputs, labels = texts.windows(range(8), 3)
    >>> inputs.tolist(), labels.tolist()
    ([[0, 1, 2], [3, 4, 5]], [[1, 2, 3], [4, 5, 6]])
    """
    codes = np.asarray(codes)
    if not 1 <= length < len(codes):
        raise InputError(
            f"dataset.window must be 1 to {len(codes) - 1}, one less than the "
            f"characters of the text. Received: {length}."
        )
    count = (len(codes) - 1) // length
    inputs = codes[: count * length].reshape(count, length)
    labels = codes[1 : count * length + 1].reshape(count, length)
    return inputs, labels
