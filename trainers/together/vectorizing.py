"""A model's operations for many runs at once."""

import contextlib

import keras
import tensorflow as tf

from ...layers.models.inner_layers import inner_layers
from ...layers.numerics.fused import without_kernel
from .converters import has_converters
from .patches import convolve

_NOTHING = object()


class NotVectorizableError(ValueError):
    """Some operation of a model cannot be vectorized over runs."""


def vectorized(model, function, elements):
    """Returns `function` of each run's elements, computed for all at once.

    It is for use inside a `tf.function`.

    Args:
        model: whose operations `function` calls.
        function: of a structure of tensors, to a structure of tensors.
        elements: such a structure, its tensors stacked along a new first axis.

    Raises:
        NotVectorizableError: an operation cannot be vectorized.

    Example:

    >>> import keras, tensorflow as tf
    >>> from normzoo.trainers.together.vectorizing import vectorized
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> run = tf.function(lambda x: vectorized(model, model, x))
    >>> run(tf.ones([5, 4, 3])).shape
    TensorShape([5, 4, 2])
    """
    complete = has_converters()
    with vectorizable(model), without_kernel(), _quiet():
        try:
            return tf.vectorized_map(
                function, elements, fallback_to_while_loop=not complete
            )
        except ValueError as error:
            raise NotVectorizableError(_words(error)) from error


@contextlib.contextmanager
def _quiet():
    """Keeps TensorFlow from warning of each operation that is not vectorized.

    Where there is one, it is an error, or known.
    """
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)


def _words(error):
    """Returns a short form of what TensorFlow says at length."""
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return first[:200]


@contextlib.contextmanager
def vectorizable(model):
    """Makes a model's operations such as can be vectorized, in the block.

    Convolutions are products of patches, which have a kernel for each run.
    Loops over time are written out: XLA compiles no vectorized loop, and
    tracing one takes long. What is computed is the same up to rounding, and
    what is traced in the block keeps it.
    """
    has_converters()
    with replaced(
        (layer, _replacements(layer)) for layer in inner_layers(model)
    ):
        yield


@contextlib.contextmanager
def replaced(replacements):
    """Replaces attributes or methods of layers in the block.

    Args:
        replacements: pairs of a layer and a dict, name -> what it has there.
    """
    changed = []
    try:
        for layer, values in replacements:
            own = vars(layer)
            for name, value in values.items():
                # As an attribute of the instance, behind the back of Keras.
                changed.append((own, name, own.get(name, _NOTHING)))
                own[name] = value
        yield
    finally:
        for own, name, value in changed:
            if value is _NOTHING:
                del own[name]
            else:
                own[name] = value


def _replacements(layer):
    """Returns name -> what replaces an attribute or method of a layer."""
    if isinstance(layer, keras.layers.RNN):
        return {"unroll": True}
    if obstacle_of_convolution(layer):
        return {}
    kind = type(layer)
    if getattr(kind, "call", None) is keras.layers.Conv1D.call:
        return {"call": lambda inputs: _call(layer, inputs)}
    op = getattr(kind, "convolution_op", None)
    if op is not None and op is keras.layers.Conv2D.convolution_op:
        return {"convolution_op": lambda *args: _convolution(layer, *args)}
    return {}


def obstacle_of_convolution(layer):
    """Returns why a convolution cannot be made of patches, or ""."""
    if getattr(layer, "data_format", None) == "channels_first":
        return "its channels come first"
    if getattr(layer, "groups", 1) != 1:
        return "it has groups of channels"
    return ""


def _convolution(layer, inputs, kernel):
    """Stands in for `convolution_op`, Keras' hook."""
    inputs, kernel = map(tf.convert_to_tensor, (inputs, kernel))
    return convolve(
        inputs, kernel, layer.strides, layer.padding, layer.dilation_rate
    )


def _call(layer, inputs):
    """Stands in for `Conv1D.call`, which does not call the hook."""
    outputs = _convolution(layer, inputs, layer.kernel)
    if layer.use_bias:
        outputs = outputs + tf.convert_to_tensor(layer.bias)
    return outputs if layer.activation is None else layer.activation(outputs)
