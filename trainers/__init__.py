"""Training, comparison and measurement of normalizations.

Importing it registers the embedded TFDS data sets: `tfds.load("digits")`,
`tfds.load("breast_cancer")`, `tfds.load("mnist1d")`.
"""

import os

# TensorFlow's start-up messages would bury the scripts' own. It reads this
# variable when it is imported, which happens further down.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from .common import startup

with startup.starting() as _started:
    from .data import breast_cancer, digits, mnist1d

    if _started:
        import tensorflow as tf

        # It is noisy once more when it first looks for devices.
        tf.config.list_physical_devices()

__all__ = ["breast_cancer", "digits", "mnist1d"]
