r"""Finds what is wrong with the norms of a trained model, and how to fix it.

    python -m normzoo.trainers.diagnose --model=model.keras --data=mine.npz

Pass the data that the model was trained on: a `.npz` file with `x_train` and
`y_train`, as written by `numpy.savez`, a `.csv` or `.parquet` file, a folder of
images, or the name of a TFDS data set. `normzoo.diagnose` does the same in
Python.
"""

from absl import flags

from . import app
from .own import data_flags

if __name__ == "__main__":
    flags.DEFINE_string("model", None, "The trained model, a .keras file.")
    flags.DEFINE_string(
        "data",
        None,
        "A data file, a folder of images, or the name of a TFDS data set.",
    )
    flags.DEFINE_integer(
        "batch_size", 32, "Batch size of the training.", lower_bound=1
    )
    data_flags.define()
    app.parse(required=["model", "data"])

from .common.errors import InputError
from .common.paths import user_path
from .own.diagnosing import diagnose
from .own.files import load_any

__all__ = ["diagnose"]


def main(flags):
    """Runs the script."""
    model = load_any(user_path(flags.model, "model"))
    options = data_flags.options(flags)
    try:
        found = diagnose(
            model, flags.data, batch_size=flags.batch_size, **options
        )
    except ValueError as error:
        raise InputError(str(error)) from error
    print(found)


if __name__ == "__main__":
    app.run(main)
