"""ONNX files: Keras writes them with tf2onnx, ONNX Runtime runs them."""

import keras
import numpy as np

# ONNX Runtime's types, by their names.
_TYPES = {"tensor(float)": "float32", "tensor(double)": "float64"}
_TYPES |= {f"tensor({name})": name for name in ("int32", "int64", "uint8")}


def write(model, path, signature, calibration):
    """Writes a model; see `formats.Format.write`."""
    del calibration
    model.export(path, format="onnx", verbose=False, input_signature=signature)


def load(path, model):
    """Returns a function of inputs; see `formats.Format.load`."""
    del model
    import onnxruntime

    session = onnxruntime.InferenceSession(
        path, providers=["CPUExecutionProvider"]
    )
    inputs = session.get_inputs()

    def run(given):
        arrays = keras.tree.flatten(given)
        feed = {
            each.name: np.asarray(array, _TYPES.get(each.type))
            for each, array in zip(inputs, arrays, strict=True)
        }
        return session.run(None, feed)

    return run
