"""The vision transformer."""

import functools
from typing import Any

import keras

from ..layers.numerics.annotations import Activation, Initializer
from .branches import Branches
from .hidden import Hidden
from .tokens import Positions, add_branch, check_patches, embed, mix

#: Fixup scales kernels inside of branches, which attention has in one layer.
_STARTS = ("plain", "skip_init")
#: What an MLP's hidden layer has, as a multiple of a token's features.
_EXPANSION = 4


def vit_tiny(
    input_shape: tuple[int | None, ...],
    num_classes: int,
    *,
    depth: int = 12,
    width: int = 192,
    head_width: int = 64,
    patch_size: int = 4,
    pooling: str = "token",
    branch_start: str = "plain",
    normalize_inputs: bool = False,
    activation: Activation = "gelu",
    kernel_initializer: Initializer = "glorot_uniform",
    name: str = "vit_tiny",
    **knobs: Any,
) -> keras.Model:
    """Returns a vision transformer that classifies images.

    An image is cut into square patches, which a linear map makes tokens; these
    get trained positions. Then each of `depth` blocks adds what attention, and
    after it an MLP, makes of them. Logits come from a class token, or from the
    mean of all tokens. With its defaults and patches of 16 pixels, it is the
    network that DeiT calls tiny.

    `norm_position="before"` is pre-norm: a norm is the first layer of each
    attention and MLP, and there is one more behind the last block. `"after"` is
    post-norm, as in the first transformer: a norm stands behind each addition.
    Norms get `(batch, tokens, features)`: batch norm's statistics are over
    examples and tokens.

    Without a norm, `branch_start="skip_init"` lets it train: each branch has a
    scalar that starts at 0, which is known as ReZero.

    Args:
        input_shape: `(height, width, channels)` of one image.
        num_classes: number of logits, or of targets in a regression.
        depth: number of blocks, each of attention and an MLP.
        width: features of a token; the MLPs have four times as many inside.
        head_width: features of an attention head; it divides `width`.
        patch_size: pixels per side of a patch; it divides the image's sides.
        pooling: `"token"` or `"mean"`.
        branch_start: `"plain"` or `"skip_init"`: see `normzoo.zoo.Branches`.
        normalize_inputs: whether there is also a norm before the patches.
        activation: of the MLPs, as `normzoo.zoo.Hidden` takes it.
        kernel_initializer: as `normzoo.zoo.Hidden` takes it.
        name: name of the model.
        **knobs: `norm`, `norm_arguments`, `norm_position`, `weight_norm`,
            `norm_noise`, `dropout`, `initializer_scale`, `seed`: see
            `normzoo.zoo.Hidden`. Dropout is at the end of each branch.

    Returns:
        A functional `keras.Model` from `(batch, *input_shape)` to float32
        logits `(batch, num_classes)`.

    Raises:
        ValueError: an option is out of its range.

    Example:

    >>> from normzoo import zoo
    >>> model = zoo.vit_tiny((8, 8, 1), 10, norm="layer", depth=2, width=64)
    >>> model.output_shape
    (None, 10)

    References: [Dosovitskiy et al., 2020](https://arxiv.org/abs/2010.11929),
    [Touvron et al., 2020](https://arxiv.org/abs/2012.12877) (DeiT),
    [Xiong et al., 2020](https://arxiv.org/abs/2002.04745) (pre- and post-norm).
    """
    check_patches(input_shape, patch_size)
    _check(depth, width, head_width, pooling)
    hidden = Hidden(
        activation=activation, kernel_initializer=kernel_initializer, **knobs
    )
    branches = Branches(hidden, branch_start, 2 * depth, _STARTS)
    inputs = x = keras.Input(input_shape, name="inputs")
    if normalize_inputs:
        x = hidden.norm_layer("norm_inputs")(x)
    x = embed(hidden, x, patch_size, width)
    x = Positions(pooling == "token", seed=hidden.seed, name="positions")(x)
    for i in range(depth):
        x = _block(branches, x, i, head_width)
    if hidden.norm_position == "before":
        x = hidden.normalize(x, "end")
    return keras.Model(
        inputs, hidden.logits(_POOLED[pooling](x), num_classes), name=name
    )


def _block(branches, x, i, head_width):
    hidden = branches.hidden
    attend, think = f"attention_{i}", f"mlp_{i}"
    attention = functools.partial(
        _attention, hidden, name=attend, head_width=head_width
    )
    x = add_branch(branches, x, attend, attention)
    units = _EXPANSION * x.shape[-1]
    return add_branch(
        branches, x, think, lambda x: mix(hidden, x, think, units)
    )


def _attention(hidden, x, name, head_width):
    width = x.shape[-1]
    layer = keras.layers.MultiHeadAttention(
        width // head_width, head_width, name=name
    )
    layer.build(x.shape, x.shape)
    # Keras would start queries, keys and values from equal kernels if their
    # initializer has a seed, and counts heads among the inputs.
    for weight in layer.weights:
        *_, part, kind = weight.path.split("/")
        if kind == "kernel":
            values = hidden.initializer(f"{name}_{part}")((width, width))
            weight.assign(keras.ops.reshape(values, weight.shape))
    return hidden.with_weight_norm(layer)(x, x)


def _first(x):
    """Returns the first token."""
    x = keras.layers.Cropping1D((0, x.shape[1] - 1), name="token")(x)
    return keras.layers.Flatten(name="pool")(x)


def _mean(x):
    return keras.layers.GlobalAveragePooling1D(name="pool")(x)


_POOLED = {"token": _first, "mean": _mean}


def _check(depth, width, head_width, pooling):
    if min(depth, width, head_width) < 1 or width % head_width:
        raise ValueError(
            "depth, width and head_width must be at least 1, and head_width "
            f"must divide width. Received: depth={depth}, width={width}, "
            f"head_width={head_width}."
        )
    if pooling not in _POOLED:
        raise ValueError(
            f"Unknown pooling. Received: {pooling!r}. Expected one of: "
            f"{', '.join(_POOLED)}."
        )
