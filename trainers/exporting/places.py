"""What flags say of an export: where it goes, and which inputs are fixed."""

import pathlib

import numpy as np

from ..common.errors import InputError
from ..common.paths import user_path
from .formats import FORMATS


def default_path(served, wanted, workdir=None):
    """Returns where an export goes if nobody says.

    That is never the file that the model comes from.

    Args:
        served: the `Served`.
        wanted: the `Wanted`.
        workdir: of the run, or None.
    """
    name = "model" if served.path is None else served.path.stem
    folder = pathlib.Path() if served.path is None else served.path.parent
    if workdir is not None:
        folder = user_path(workdir) / "export"
    elif wanted.format in ("keras", "saved_model"):
        name += "-inference"
    if wanted.quantize:
        name += f"-{wanted.quantize}"
    return folder / f"{name}{FORMATS[wanted.format].suffix}"


def fixed_inputs(texts):
    """Returns name of an input -> value.

    Args:
        texts: such as `"labels=3"` or `"style=0.5,1"`.

    Raises:
        InputError: one is of another form.

    Example:

    >>> from normzoo.trainers.exporting.places import fixed_inputs
    >>> fixed_inputs(["labels=3"])
    {'labels': 3}
    """
    return dict(map(_fixed, texts))


def _fixed(text):
    name, _, value = text.partition("=")
    try:
        numbers = [_number(x) for x in value.split(",")]
    except ValueError as error:
        raise InputError(
            "--fixed takes NAME=VALUE, such as labels=3 or style=0.5,1. "
            f"Received: {text}."
        ) from error
    return name, numbers[0] if len(numbers) == 1 else np.array(numbers)


def _number(text):
    try:
        return int(text)
    except ValueError:
        return float(text)
