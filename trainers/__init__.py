"""Training, comparison and measurement of normalizations.

Importing it registers the embedded TFDS data sets: `tfds.load("digits")`,
`tfds.load("mnist1d")`.
"""

import os

# TensorFlow's start-up messages would bury the scripts' own. It reads this
# variable when it is imported, which happens further down.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from .data import digits, mnist1d

__all__ = ["digits", "mnist1d"]
