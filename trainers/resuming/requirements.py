"""Which calls of `fit` can be resumed exactly."""

import keras
import tensorflow as tf

from ..common.errors import InputError
from ..run.as_found import has_seed

_READERS = ("ArrayDataAdapter", "TFDatasetAdapter", "PyDatasetAdapter")


def check(model, call):
    """Raises `InputError` unless a `fit` can be resumed.

    Args:
        model: of the call.
        call: the `FitCall`.
    """
    if isinstance(
        model.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy
    ):
        raise InputError(
            "ExactResume works in one process, and this model trains in "
            "several. normzoo.trainers.classify resumes such runs."
        )
    if call.adapter not in _READERS:
        raise InputError(
            "The place in this data cannot be found again. Received: a "
            f"{type(call.data).__name__}. Expected arrays, a tf.data.Dataset "
            "or a keras.utils.PyDataset."
        )
    is_python = isinstance(call.data, keras.utils.PyDataset)
    if is_python and call.steps_per_epoch:
        raise InputError(
            "The place in a PyDataset cannot be found again if its epochs do "
            f"not end with it. Received: steps_per_epoch="
            f"{call.steps_per_epoch}. Leave it out, and give the PyDataset "
            "a length."
        )
    if _needs_seed(call) and not has_seed():
        raise InputError(
            "The order of this data would be another one after an "
            "interruption, because TensorFlow has no seed. Call "
            "keras.utils.set_random_seed(0) at the top of the script, before "
            "the data and the model are made."
        )


def _needs_seed(call):
    if isinstance(call.data, keras.utils.PyDataset):
        return False  # Python's and NumPy's generators are saved
    return call.adapter == "TFDatasetAdapter" or bool(call.shuffle)
