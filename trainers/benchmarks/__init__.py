"""The benchmark suites, and what the flags of `benchmark` say of them.

TensorFlow is not imported here, since bad flags are reported before that.
"""

import itertools

#: Each is a module of this folder whose `run` measures and returns a list of
#: `Table`.
SUITES = (
    "norms",
    "virtual",
    "weight_norms",
    "input",
    "recurrent",
    "gan",
    "soak",
    "distributed",
    "sweep",
    "device",
)

#: Of the suite `recurrent`: name -> steps, batch size, and units, which is the
#: number of features, too.
RECURRENT_SIZES = {
    "28x128x128": (28, 128, 128),
    "64x64x100": (64, 64, 100),
    "256x32x256": (256, 32, 256),
}
RECURRENT_DTYPES = ("float32", "bfloat16")


def recurrent_cases():
    """Returns the names of its cases, such as "64x64x100,float32"."""
    return [
        *map(",".join, itertools.product(RECURRENT_SIZES, RECURRENT_DTYPES)),
        "memory",
    ]
