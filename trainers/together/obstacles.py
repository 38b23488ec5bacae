"""Why a model cannot be trained with its variables stacked."""

import keras
import tensorflow as tf

from ...layers.models.inner_layers import inner_layers
from .optimizers import ELEMENTWISE
from .vectorizing import obstacle_of_convolution

#: Methods of a model that are not called when runs are stacked.
_METHODS = ("train_step", "test_step", "make_train_function")
#: Layers with operations that `tf.vectorized_map` does not have.
_LAYERS_WITHOUT = (
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
)


def obstacle(model, vectorized=True):
    """Returns why a model cannot be trained stacked, in words, or "".

    It looks at what can be seen without a trace: `vectorized` raises an error
    for an operation that turns out not to be vectorizable.

    Clipping is no obstacle, but clipping by norm must be done for each run by
    itself, not by the optimizer of stacked variables.

    Args:
        model: compiled and built.
        vectorized: whether each operation must be computed for all runs at
            once; else there is a call for each run, of any operations.

    Example:

    >>> import keras
    >>> from normzoo.trainers.together.obstacles import obstacle
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> model.compile("adam", "mse")
    >>> obstacle(model)
    ''
    >>> model.compile("muon", "mse")
    >>> obstacle(model)
    'the optimizer Muon looks at a variable as a whole'
    """
    inside = inner_layers(model)
    checks = (_of_state, _of_vectorizing) if vectorized else (_of_state,)
    of_layers = (check(layer) for layer in inside for check in checks)
    return (
        _of_the_model(model)
        or _of_the_optimizer(model.optimizer)
        or next(filter(None, of_layers), "")
        or _of_the_variables(model)
    )


def _of_the_model(model):
    own = [
        name
        for name in _METHODS
        if getattr(type(model), name, None) is not getattr(keras.Model, name)
    ]
    if own:
        return f"the model has a {own[0]} of its own"
    if model.run_eagerly:
        return "the model runs eagerly"
    if model.distribute_strategy is not tf.distribute.get_strategy() or (
        model.distribute_strategy.num_replicas_in_sync > 1
    ):
        return "the model is of a distribution strategy"
    return ""


def _of_the_optimizer(optimizer):
    if optimizer is None:
        return "the model has no optimizer"
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
        if isinstance(optimizer, keras.optimizers.Nadam):
            # It has a product over the steps that all runs would share.
            return "the loss is scaled, and Nadam counts the steps"
    name = type(optimizer).__name__
    if type(optimizer) not in ELEMENTWISE:
        return f"the optimizer {name} looks at a variable as a whole"
    if optimizer.use_ema:
        return f"the optimizer {name} averages the weights"
    if optimizer.gradient_accumulation_steps:
        return f"the optimizer {name} accumulates gradients"
    # Not public; what they exclude is found by the variables' names.
    if getattr(optimizer, "_exclude_from_weight_decay", None) or getattr(
        optimizer, "_exclude_from_weight_decay_pattern", None
    ):
        return f"the optimizer {name} excludes variables from weight decay"
    return ""


def _of_state(layer):
    if getattr(layer, "stateful", False):
        return f"{_named(layer)} keeps its state from batch to batch"
    return ""


def _of_vectorizing(layer):
    # Keras says it of recurrent layers, too, where it has another kernel.
    refuses_xla = not getattr(layer, "supports_jit", True) and not isinstance(
        layer, keras.layers.RNN
    )
    if refuses_xla or isinstance(layer, _LAYERS_WITHOUT):
        return f"{_named(layer)} cannot be vectorized"
    is_convolution = hasattr(layer, "convolution_op")
    why = obstacle_of_convolution(layer) if is_convolution else ""
    return f"{_named(layer)} cannot be vectorized: {why}" if why else ""


def _named(layer):
    return f"the layer {layer.name!r} ({type(layer).__name__})"


def _of_the_variables(model):
    for variable in model.trainable_variables:
        if variable.constraint is not None:
            return f"the variable {variable.path!r} has a constraint"
        if variable.overwrite_with_gradient:
            return f"the variable {variable.path!r} is set to its gradient"
    return ""
