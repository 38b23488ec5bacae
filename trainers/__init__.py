"""Training, comparison and measurement of normalizations.

Importing it registers the embedded TFDS data sets: `tfds.load("digits")`,
`tfds.load("breast_cancer")`, `tfds.load("mnist1d")`.
"""

import os

# TensorFlow's start-up messages would bury the scripts' own. It reads this
# variable when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from .common import startup


def register_data_sets() -> None:
    """Imports TensorFlow, and the data sets, which register themselves."""
    startup.load()
    from .data import breast_cancer, digits, mnist1d  # noqa: F401


if startup.is_script():
    # It reads its flags first, and then imports the rest: see `app.parse`.
    startup.leave_on_interrupt()
else:
    if startup.is_server():
        startup.ignore_interrupt()
        startup.end_at_once()
    with startup.quiet():
        register_data_sets()
