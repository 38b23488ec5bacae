"""What TFDS raises for files that cannot be read, in the user's words."""

import contextlib
import json
import re
import sys

import tensorflow as tf
import tensorflow_datasets as tfds

from ..common.errors import InputError

#: TensorFlow's words for records that are cut, changed or gone.
_DAMAGE = (
    tf.errors.DataLossError,
    tf.errors.FailedPreconditionError,
    tf.errors.NotFoundError,
    tf.errors.OutOfRangeError,
)

#: For whole records that are not what `features.json` says. The second one is
#: raised when TensorFlow's message quotes a record's bytes.
_MISFIT = (tf.errors.InvalidArgumentError, UnicodeDecodeError)

#: Keys of classes in `features.json`; older versions of TFDS wrote `type`.
_CLASS = ("pythonClassName", "python_class_name", "type")
_TFDS = "tensorflow_datasets."


def check_features(folder):
    """Raises `InputError` if data sets in a folder name Python modules.

    TFDS would import them, and whoever has made the set may have chosen them.
    Its own are known, and so are those that are imported already.

    Args:
        folder: a `pathlib.Path`, there or not.
    """
    for path in sorted(folder.rglob("features.json")):
        for name in _classes(path):
            module = name.rpartition(".")[0]
            is_known = module in sys.modules or name.startswith(_TFDS)
            if module and not is_known:
                raise InputError(
                    f"{path} names code that is not of TFDS: {name!r}. Reading "
                    "the data set would run it. If you trust it, import its "
                    "module first; or name another data set."
                )


def _classes(path):
    """Returns the names of all classes in a `features.json`."""
    found = []

    def look(pairs):
        found.extend(value for key, value in pairs if key in _CLASS)
        return dict(pairs)

    with contextlib.suppress(ValueError):  # TFDS cannot read it, either
        json.loads(path.read_text(), object_pairs_hook=look)
    return [name for name in found if isinstance(name, str)]


def described(data_path):
    """Returns the TFDS builder of the prepared set in a folder.

    Raises:
        InputError: the files that describe the set are damaged.
    """
    try:
        return tfds.builder_from_directory(data_path)
    # Of any type: broken JSON, broken UTF-8, a missing file, missing keys.
    except Exception as error:
        raise InputError(
            f"The description of the data set in {data_path} is damaged "
            f"({error}). Remove the folder and prepare the set again."
        ) from error


@contextlib.contextmanager
def records(data_path):
    """Turns what TFDS raises for unusable records into an `InputError`.

    Other errors are no damage, and pass.
    """
    try:
        yield
    except _DAMAGE as error:
        raise InputError(
            f"Records of the data set in {data_path} are damaged: "
            f"{first_line(error)}. Remove the folder and prepare the set "
            "again."
        ) from error
    except _MISFIT as error:
        raise InputError(
            f"Records of the data set in {data_path} are not what its "
            f"features.json says: {first_line(error)}. Prepare the set again "
            "with the builder that you use now."
        ) from error


def first_line(error):
    """Returns the first line of an error of TensorFlow's."""
    line = str(getattr(error, "message", error)).partition("\n")[0]
    # Names of nodes in TensorFlow's graph, and of steps of tf.data.
    names = (
        r"\{\{.*?\}\}|\[Op:.*|Error in user-defined function.* Iterator::\S+: "
    )
    return re.sub(names, "", line).strip()
