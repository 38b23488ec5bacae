"""Another normalization in a model that exists."""

from collections.abc import Iterable
from typing import Any

import keras

from .exchange.replacing import copy_with, insert_norms
from .exchange.report import ReplaceResult
from .exchange.substitutes import Choice
from .exchange.weight_norms import copy_with_weight_norm
from .numerics.annotations import NormIdentifier, WeightNormIdentifier
from .recurrent.families import place_of_class
from .registry import get
from .weight_norm_registry import get_weight_norm

#: Name of a norm -> the family of the recurrent layers with it.
_FAMILY = {"none": "keras", "batch": "batch", "layer": "layer"}


def replace_norms(
    model: keras.Model,
    norm: NormIdentifier,
    *,
    only: Iterable[str] | None = None,
    insert: str | None = None,
    **arguments: Any,
) -> ReplaceResult:
    """Copies a model and replaces its normalization layers.

    All other weights are kept, shared layers stay shared, and layers keep their
    names. A new norm takes over from the old one

    - the axis of its channels, its dtype policy, and whether it is trainable;
    - if `norm` is a name or a class: `center` and `scale`, with their
      initializers, regularizers and constraints, and from a norm of the same
      kind (such as batch norm from batch norm) `epsilon` and `momentum`, too;
    - the values of `gamma`, `beta` and other weights of equal name and shape.

    `arguments` take precedence over all of these. A `Dense` or convolutional
    layer without a bias, before a norm with a shift, gets a bias of 0 if the
    new norm has no shift; and it loses its bias if the new norm cancels it.

    Norms inside other layers are replaced, too: in `TimeDistributed`,
    `Bidirectional` and other wrappers, and in the attributes of layers and
    models with their own `call`, including lists and dicts in attributes. Such
    a layer is created again from its `get_config`, in a form that can be saved
    with its new norms. Biases inside it stay as they are, and `replaced` says
    where that matters. A model with its own `call` is created again, too; save
    its weights, since loading a `.keras` file would create its old norms.

    With the norm `"none"`, recurrent layers of this package become Keras'
    layers. Keras' recurrent layers become ours if `only` names them, such as
    `only=keras.layers.LSTM`; their norms are `"batch"` and `"layer"`.

    Args:
        model: a functional or Sequential model that is built, which may contain
            other such models; or a model with its own `call` that has been
            called. It is not changed.
        norm: a normalization as `layers.get` takes it. Wrap models with virtual
            batch norms in a `ReferenceModel`.
        only: which layers to replace: a name or path, a class, a function that
            takes a layer and returns whether to replace it, or a list of
            these. By default, all norms of Keras and of this package. It may
            also name other layers that keep the shape of their inputs, such as
            an `Identity` where there was no norm, or your own norms.
        insert: for a functional or Sequential model without norms:
            `"before_activation"` or `"after_activation"` puts a norm at the
            activation of each `Dense` and convolutional layer except those of
            the outputs. A layer with a built-in activation becomes a linear
            layer and an `Activation`. The norm `"none"` adds nothing.
        **arguments: arguments of the new norm, e.g. `epsilon=1e-5`.

    Returns:
        A `ReplaceResult(model, replaced, left)`. Names in it are paths:
        `"encoder/bn"` is the layer `bn` of the nested model `encoder`, and
        `"block/pairs/0/norm"` is `block.pairs[0].norm` of a layer `block`.

    Raises:
        TypeError: `model` is neither functional nor Sequential, and has no norm
            in its attributes that can be replaced; or `norm` is not one.
        ValueError: a Sequential model is not built, `norm` has an unknown name,
            or `only` a name that no layer has; or a norm cannot be inserted.

    Example:

    >>> import keras
    >>> from normzoo import layers
    >>> model = keras.Sequential([
    ...     keras.Input((28, 28, 1)),
    ...     keras.layers.Conv2D(8, 3, use_bias=False, name="conv"),
    ...     keras.layers.BatchNormalization(name="norm"),
    ...     keras.layers.ReLU(name="relu"),
    ... ])
    >>> result = layers.replace_norms(model, "group", groups=4)
    >>> result.replaced["norm"].new, result.replaced["norm"].carried
    ('GroupNormalization', ('gamma', 'beta'))
    >>> layers.replace_norms(model, "none").replaced["norm"].bias
    'conv got one'
    """
    choice = _choice(norm, arguments)
    if insert is None:
        return copy_with(model, choice, only)
    if only is not None:
        raise ValueError(
            "`only` names existing layers and `insert` adds new ones, so they "
            f"cannot be combined. Received: only={only!r}, insert={insert!r}. "
            "Leave one out."
        )
    return insert_norms(model, choice, insert)


def replace_weight_norms(
    model: keras.Model,
    weight_norm: WeightNormIdentifier,
    *,
    only: Iterable[str] | None = None,
    **arguments: Any,
) -> ReplaceResult:
    """Copies a model with a norm on its kernels, in place of those it has.

    Weights are kept, shared layers stay shared, and layers keep their names. A
    layer that has a weight norm gets the kernels as it computes with them in
    inference, and these get the new one: with `"none"` the copy's predictions
    are the model's, from plain layers.

    Args:
        model: a functional or Sequential model, built, with such models nested
            in it. It stays as it is.
        weight_norm: what `layers.get_weight_norm` takes.
        only: which layers, as of `replace_norms`. By default all that have
            kernels that a weight norm knows; with weight standardization,
            which sets the scale of the outputs, all but the last ones.
        **arguments: of the weight norm, e.g. `power_iterations=2`.

    Returns:
        A `ReplaceResult(model, replaced, left)`, as of `replace_norms`. `left`
        has the layers inside other layers, and those that the norm refuses.

    Raises:
        TypeError: `model` is neither functional nor Sequential.
        ValueError: a Sequential model is not built, `weight_norm` has an
            unknown name, or `only` a name that no layer has.

    Example:

    >>> import keras
    >>> from normzoo import layers
    >>> model = keras.Sequential([
    ...     keras.Input((28, 28, 1)),
    ...     keras.layers.Conv2D(8, 3, name="conv"),
    ...     keras.layers.Flatten(),
    ...     keras.layers.Dense(1, name="logits"),
    ... ])
    >>> result = layers.replace_weight_norms(model, "spectral")
    >>> list(result.replaced), result.replaced["conv"].new
    (['conv', 'logits'], 'SpectralNormalization')
    """
    make = get_weight_norm(weight_norm, **arguments)
    return copy_with_weight_norm(model, make, only)


def _choice(identifier, arguments):
    if place := place_of_class(identifier):
        return Choice(None, place[1], arguments)
    family = "keras" if identifier is None else None
    if isinstance(identifier, str):
        family = _FAMILY.get(identifier)
    return Choice(get(identifier, **arguments), family, arguments)
