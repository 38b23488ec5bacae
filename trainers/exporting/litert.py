"""LiteRT files: TensorFlow writes them, LiteRT's interpreter runs them."""

import contextlib
import re
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from ..common.errors import InputError
from ..data import nested

_NUMBER = re.compile(r"(\d+)")


class Calibration(NamedTuple):
    """Examples that tell the ranges of what becomes integers.

    Attributes:
        inputs: arrays, as the model takes them.
        batch_size: of the model if it has a fixed one, else 1.
    """

    inputs: object
    batch_size: int = 1


def write(model, path, signature, calibration):
    """Writes a model; see `formats.Format.write`."""
    options = {}
    if calibration is not None:
        lite = tf.lite
        options = {
            "optimizations": [lite.Optimize.DEFAULT],
            "representative_dataset": lambda: _batches(model, calibration),
            # What has no kernel of integers stays in floating point.
            "target_spec": {
                "supported_ops": [
                    lite.OpsSet.TFLITE_BUILTINS_INT8,
                    lite.OpsSet.TFLITE_BUILTINS,
                ]
            },
        }
    model.export(
        path,
        format="litert",
        verbose=False,
        input_signature=signature,
        **options,
    )


def _batches(model, calibration):
    arrays = nested.leaves(calibration.inputs)
    names = [tensor.name for tensor in model.inputs]
    size = calibration.batch_size
    for i in range(0, len(arrays[0]) - size + 1, size):
        yield {
            name: np.asarray(array[i : i + size])
            for name, array in zip(names, arrays, strict=True)
        }


def load(path, model):
    """Returns a function of inputs; see `formats.Format.load`."""
    from ai_edge_litert.interpreter import Interpreter

    with _explained(model):
        run = Interpreter(path).get_signature_runner()
    details = run.get_input_details()
    names = _input_names(model, details)

    def call(given):
        arrays = keras.tree.flatten(given)
        arguments = {
            name: np.asarray(array, details[name]["dtype"])
            for name, array in zip(names, arrays, strict=True)
        }
        with _explained(model):
            outputs = run(**arguments)
        return [outputs[name] for name in sorted(outputs, key=_in_order)]

    return call


@contextlib.contextmanager
def _explained(model):
    """Turns the error of operations that only TensorFlow has into advice."""
    try:
        yield
    except RuntimeError as error:
        if "Select TensorFlow op" not in str(error):
            raise
        raise InputError(
            f"The model {model.name!r} has operations that LiteRT lacks, such "
            "as the loop of Keras' recurrent layers for batches of any size. "
            "Set --batch_size=1, or use recurrent layers with unroll=True."
        ) from error


def _input_names(model, details):
    """Returns the names of the inputs of a signature in the model's order."""
    if len(details) == 1:
        return list(details)
    names = [tensor.name for tensor in getattr(model, "inputs", None) or ()]
    if set(names) != set(details):
        raise InputError(
            f"The inputs of {model.name!r} are called {', '.join(details)} in "
            "the LiteRT file, and cannot be told apart. Give the model a "
            "`keras.Input` with a name for each."
        )
    return names


def _in_order(name):
    """Sorts `output_2` in front of `output_10`."""
    return [int(x) if x.isdigit() else x for x in _NUMBER.split(name)]
