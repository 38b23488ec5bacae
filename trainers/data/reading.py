"""What TFDS raises for files that cannot be read, in the user's words."""

import contextlib
import re

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
