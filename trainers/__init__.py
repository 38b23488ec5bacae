"""Training, comparison and measurement of normalizations.

Importing it registers the embedded TFDS data sets: `tfds.load("digits")`,
`tfds.load("breast_cancer")`, `tfds.load("mnist1d")`.
"""

import os

# TensorFlow's start-up messages would bury the scripts' own. It reads this
# variable when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from .common import startup

if startup.is_script():
    # It reads its flags first, and then imports the rest: see `app.parse`.
    startup.leave_on_interrupt()
else:
    with startup.quiet():
        startup.load()
        from .data.embedded import breast_cancer, digits, mnist1d

        __all__ = ["breast_cancer", "digits", "mnist1d"]
