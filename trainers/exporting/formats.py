"""The formats of files, and what writes and reads them."""

import contextlib
import dataclasses
import importlib.util
import warnings
from collections.abc import Callable

import keras
import tensorflow as tf

from ...layers.models.inner_layers import inner_layers
from ...layers.numerics.tracing import graph_of
from ..common.errors import InputError, is_of_files
from . import litert, onnx


@dataclasses.dataclass(frozen=True, kw_only=True)
class Format:
    """A format of a trained model.

    Attributes:
        suffix: of the file; of a folder "".
        write: function of a model, a path, an input signature or None, and the
            `litert.Calibration` or None.
        load: function of a path and a model that returns a function of the
            model's inputs; this runs what is in the file.
        needs: names of modules that must be installed.
        extra: that installs them.
        single_precision: whether those who run it know float32 alone.
        quantizable: whether weights and activations can be integers.
    """

    suffix: str
    write: Callable
    load: Callable
    needs: tuple[str, ...] = ()
    extra: str = ""
    single_precision: bool = False
    quantizable: bool = False

    def check_installed(self, name):
        """Raises `InputError` unless the format can be written and read."""
        missing = [x for x in self.needs if not importlib.util.find_spec(x)]
        if missing:
            raise InputError(
                f"The format {name!r} needs {' and '.join(missing)}, not "
                f"installed here: pip install 'normzoo[{self.extra}]'."
            )


def _write_keras(model, path, signature, calibration):
    del signature, calibration
    model.save(path)


def _load_keras(path, model):
    # The class of a norm may be the user's own.
    known = {
        keras.saving.get_registered_name(type(layer)): type(layer)
        for layer in inner_layers(model)
    }
    loaded = keras.models.load_model(path, known, compile=False)
    return prediction(loaded)


def _write_saved_model(model, path, signature, calibration):
    del calibration
    model.export(path, verbose=False, input_signature=signature)


def _load_saved_model(path, model):
    del model
    loaded = tf.saved_model.load(path)
    # Its variables go when it does.
    return lambda inputs: loaded.serve(inputs)


def prediction(model):
    """Returns a function of inputs that returns a model's outputs."""
    return graph_of(
        lambda inputs: model(inputs, training=False), reduce_retracing=True
    )


@contextlib.contextmanager
def converting(name, model):
    """Turns what a converter raises, or runs into, into an `InputError`.

    Args:
        name: of the format.
        model: that is written, read and run inside.
    """
    try:
        with warnings.catch_warnings():
            # Of the converters' own code, and none of the user's business.
            warnings.simplefilter("ignore")
            yield
    except (OSError, InputError):
        raise
    except Exception as error:  # whatever a converter raises
        if is_of_files(error):
            raise
        said = str(error).strip().partition("\n")[0].rstrip(".")
        raise InputError(
            f"The model {model.name!r} cannot be used in the format {name!r}: "
            f"{said}. Any model can be a 'saved_model'."
        ) from error


FORMATS = {
    "keras": Format(suffix=".keras", write=_write_keras, load=_load_keras),
    "saved_model": Format(
        suffix="", write=_write_saved_model, load=_load_saved_model
    ),
    "onnx": Format(
        suffix=".onnx",
        write=onnx.write,
        load=onnx.load,
        needs=("tf2onnx", "onnxruntime"),
        extra="onnx",
        single_precision=True,
    ),
    "litert": Format(
        suffix=".tflite",
        write=litert.write,
        load=litert.load,
        needs=("ai_edge_litert",),
        extra="litert",
        single_precision=True,
        quantizable=True,
    ),
}
