r"""Says what is wrong with the norms of a trained model, and what helps.

    python -m normzoo.trainers.diagnose --model=model.keras --data=mine.npz

The data are those of training: `x_train` and, for the gradients, `y_train`, as
`numpy.savez` writes them. `normzoo.diagnose` does the same in Python.
"""

import keras
from absl import flags

from . import app
from .common.errors import InputError
from .common.paths import user_path
from .data import array_files
from .own.diagnosing import diagnose


def main(flags):
    """Runs the script."""
    path = user_path(flags.model, "model")
    try:
        model = keras.models.load_model(path)
    except (OSError, TypeError, ValueError) as error:
        raise InputError(
            f"The model {path} cannot be loaded: {error}"
        ) from error
    data = array_files.read(user_path(flags.data, "data"))
    pair = data["x_train"], data["y_train"]
    try:
        print(diagnose(model, pair, batch_size=flags.batch_size))
    except ValueError as error:
        raise InputError(str(error)) from error


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "A .keras file.")
    flags.DEFINE_string("data", None, "A .npz file with x_train and y_train.")
    flags.DEFINE_integer("batch_size", 32, "Of the training.", lower_bound=1)
    app.run(main, required=["model", "data"])
