"""Which feature of a TFDS set models see, and whether they can."""

import tensorflow as tf
import tensorflow_datasets as tfds

from ..common.errors import InputError

#: The feature that models see -> all features that a set must have.
_INPUTS = {
    "image": {"image", "label"},
    "signal": {"signal", "label"},
    "text": {"text"},
}

#: What each of them must be.
_EXPECTED = {
    "image": "one image of numbers or booleans: (height, width, channels), "
    "channels known, or (height, width)",
    "signal": "an array of numbers of known shape, (steps, channels) for "
    "example; pad signals of different lengths in the builder",
    "text": "one text",
}


def input_feature(builder):
    """Returns which feature models see: `"image"`, `"signal"` or `"text"`.

    Raises:
        InputError: the set has none of them, or one that models cannot see, or
            no label with it.
    """
    features = builder.info.features
    for name, needed in _INPUTS.items():
        if needed <= set(features):
            _check_input(builder.name, name, features[name])
            if "label" in needed:
                _check_label(builder.name, features["label"])
            return name
    raise InputError(
        f"Data set {builder.name!r} has the features {', '.join(features)}. A "
        "set with 'image' and 'label', with 'signal' and 'label', or with "
        "'text' is expected."
    )


def check_sizes(name, shape, image_size):
    """Raises `InputError` if images differ in size and are not resized."""
    if None in shape and not image_size:
        raise InputError(
            f"Images of {name!r} have shape {shape}: they differ in size. Set "
            "--config.dataset.image_size=PIXELS to resize them to a square."
        )


def _check_input(name, key, feature):
    shape, dtype = feature.shape, feature.tf_dtype
    fits = {"image": _is_image, "signal": _is_signal, "text": _is_text}[key]
    if isinstance(shape, dict):
        found = f"several: {', '.join(sorted(shape))}"
    elif not fits(shape, dtype):
        found = f"of shape {shape} and type {dtype.name}"
    else:
        return
    raise InputError(
        f"The feature {key!r} of data set {name!r} is {found}. Expected: "
        f"{_EXPECTED[key]}."
    )


def _is_image(shape, dtype):
    known = len(shape) == 2 or (len(shape) == 3 and shape[2] is not None)
    return known and _is_number(dtype)


def _is_signal(shape, dtype):
    return len(shape) > 0 and None not in shape and _is_number(dtype)


def _is_text(shape, dtype):
    return shape == () and dtype == tf.string


def _is_number(dtype):
    return dtype.is_bool or dtype.is_integer or dtype.is_floating


def _check_label(name, feature):
    if not isinstance(feature, tfds.features.ClassLabel):
        raise InputError(
            f"The labels of data set {name!r} are {feature}. Expected a "
            "tfds.features.ClassLabel."
        )
