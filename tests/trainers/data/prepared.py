"""Real data sets that a developer has prepared; tests of them may skip."""

import pathlib

import pytest

import normzoo

#: A TFDS folder beside the checkout.
FOLDER = pathlib.Path(normzoo.__file__).resolve().parents[1] / "shared/tfds"


def needs(name):
    """Returns a mark that skips where the set is missing."""
    return pytest.mark.skipif(
        not (FOLDER / name).is_dir(), reason=f"{name} is not in {FOLDER}"
    )
