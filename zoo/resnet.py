"""The residual network for small images."""

import functools
from typing import Any

import keras

from .branches import Branches
from .hidden import Hidden

#: Version -> whether norm and activation stand before a block's convolutions.
_PREACTIVATED = {1: False, 2: True}
_STAGES = 3


def resnet(
    input_shape: tuple[int | None, ...],
    num_classes: int,
    *,
    depth: int = 20,
    width: int = 16,
    version: int = 1,
    shortcut: str = "pad",
    branch_start: str = "plain",
    normalize_inputs: bool = False,
    name: str = "resnet",
    **knobs: Any,
) -> keras.Model:
    """Returns a residual network that classifies small images.

    It is the network for CIFAR-10 of He et al.: a 3x3 convolution, then three
    stages of `(depth - 2) / 6` blocks with two 3x3 convolutions each, then the
    mean over all positions and Dense logits. The second and third stage halve
    the image and double the channels. With its defaults it is ResNet-20, with
    batch norm 0.27 million weights; depths 32, 44, 56 and 110 are published,
    too.

    In version 1 the norms stand behind the convolutions, the activation of a
    block's end behind the addition. In version 2 norm and activation stand
    before each convolution, and nothing is on the way from block to block.

    With `norm_position="after"` each norm stands behind an activation. Version
    1 then has one behind each addition instead of before it; so it does with
    norms that are activations, such as EvoNorm.

    Without a norm, use another `branch_start` than `"plain"`: Fixup, or
    SkipInit, whose one scalar in each block also goes with any norm. SkipInit
    with `weight_norm="scaled_standardization"` is close to NF-ResNets.

    Args:
        input_shape: `(height, width, channels)` of one image.
        num_classes: number of logits, or of targets in a regression.
        depth: number of layers with weights, 6 n + 2.
        width: channels of the first stage.
        version: 1, or 2 for pre-activation.
        shortcut: where the shape changes, `"pad"` takes every other position
            and adds channels of zeros (option A of the paper, used there for
            CIFAR-10); `"projection"` is a 1x1 convolution (option B), with a
            norm in version 1.
        branch_start: `"plain"`, `"skip_init"` or `"fixup"`: see
            `normzoo.zoo.Branches`.
        normalize_inputs: whether there is also a norm before the first layer.
        name: name of the model.
        **knobs: `norm`, `norm_arguments`, `norm_position`, `weight_norm`,
            `norm_noise`, `activation`, `dropout`, `kernel_initializer`,
            `initializer_scale`, `seed`: see `normzoo.zoo.Hidden`. Dropout is
            between a block's convolutions.

    Returns:
        A functional `keras.Model` from `(batch, *input_shape)` to float32
        logits `(batch, num_classes)`.

    Raises:
        ValueError: an option is out of its range, or the input is too small.

    Example:

    >>> from normzoo import zoo
    >>> zoo.resnet((32, 32, 3), 10, norm="batch", width=4).output_shape
    (None, 10)

    References: [He et al., 2015](https://arxiv.org/abs/1512.03385),
    [He et al., 2016](https://arxiv.org/abs/1603.05027) (version 2).
    """
    _check(input_shape, depth, width, version, shortcut)
    per_stage = (depth - 2) // 6
    hidden = Hidden(**knobs)
    branches = Branches(hidden, branch_start, _STAGES * per_stage)
    block = _block_2 if _PREACTIVATED[version] else _block_1
    inputs = x = keras.Input(input_shape, name="inputs")
    if normalize_inputs:
        x = hidden.norm_layer("norm_inputs")(x)
    x = _convolve(branches, hidden.linear, x, "conv", width)
    if version == 1:
        x = _activate(branches, x, "conv")
    for i in range(_STAGES * per_stage):
        stage, in_stage = divmod(i, per_stage)
        strides = 2 if stage and not in_stage else 1
        x = block(
            branches, x, f"block_{i}", width * 2**stage, strides, shortcut
        )
    if version == 2:
        x = _activate(branches, x, "end")
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, branches.logits(x, num_classes), name=name)


def _block_1(branches, x, name, filters, strides, shortcut):
    """Returns a block whose activation comes behind the addition."""
    hidden = branches.hidden
    # Otherwise norm and activation both come behind the addition.
    inside = hidden.norm_position == "before" and not hidden.norm_activates

    def normalize(x, name):
        return hidden.normalize(x, name) if inside else x

    y = _two_convolutions(branches, x, name, filters, strides)
    y = branches.end(normalize(y, f"{name}_conv_1"), name)
    if strides > 1:
        x = _SHORTCUTS[shortcut](branches, x, f"{name}_shortcut", filters)
        if shortcut == "projection":
            x = normalize(x, f"{name}_shortcut")
    x = keras.layers.Add(name=f"{name}_add")([x, y])
    end = hidden.activate if inside else hidden.normalize_and_activate
    return end(x, name)


def _block_2(branches, x, name, filters, strides, shortcut):
    """Returns a block whose norm and activation come first."""
    active = _activate(branches, x, name)
    y = _two_convolutions(branches, active, name, filters, strides)
    y = branches.end(y, name)
    if strides > 1:
        x = _SHORTCUTS[shortcut](branches, active, f"{name}_shortcut", filters)
    return keras.layers.Add(name=f"{name}_add")([x, y])


def _two_convolutions(branches, x, name, filters, strides):
    first, second = f"{name}_conv_0", f"{name}_conv_1"
    x = branches.shift(x, first)
    x = _convolve(branches, branches.first, x, first, filters, strides)
    x = _activate(branches, x, first)
    x = branches.hidden.drop(x, name)
    x = branches.shift(x, second)
    return _convolve(branches, branches.last, x, second, filters)


def _activate(branches, x, name):
    x = branches.shift(x, f"activation_{name}")
    return branches.hidden.normalize_and_activate(x, name)


def _convolve(branches, linear, x, name, filters, strides=1, size=3):
    """Returns a convolution whose kernels are centered at every stride.

    Args:
        branches: of the network.
        linear: makes the layer, such as `branches.first`.
        x: a symbolic tensor.
        name, filters, strides: of the layer.
        size: of the kernels, odd.
    """
    padding = "same"
    if strides > 1 and size > 1:
        # "same" would center the kernels between what the shortcut takes.
        x = keras.layers.ZeroPadding2D(size // 2, name=f"{name}_pad")(x)
        padding = "valid"
    conv = functools.partial(
        keras.layers.Conv2D, filters, size, strides=strides, padding=padding
    )
    return linear(conv, name, use_bias=branches.needs_bias)(x)


def _pad(branches, x, name, filters):
    more = filters - x.shape[-1]
    x = keras.layers.AveragePooling2D(1, strides=2, name=f"{name}_take")(x)
    # To this layer the channels, which come last, are a row's positions.
    return keras.layers.ZeroPadding2D(
        ((0, 0), (0, more)), data_format="channels_first", name=name
    )(x)


def _project(branches, x, name, filters):
    linear = branches.hidden.linear
    return _convolve(branches, linear, x, name, filters, strides=2, size=1)


_SHORTCUTS = {"pad": _pad, "projection": _project}


def _check(input_shape, depth, width, version, shortcut):
    if len(input_shape) != 3 or min(input_shape[:2]) < 8:
        raise ValueError(
            "A ResNet takes images of shape (height, width, channels) with at "
            f"least 8 pixels per side. Received: "
            f"input_shape={tuple(input_shape)}."
        )
    if depth < 8 or (depth - 2) % 6:
        raise ValueError(
            "A ResNet's depth is 6 n + 2, such as 8, 14, 20, 32 or 56. "
            f"Received: depth={depth}."
        )
    if width < 1:
        raise ValueError(f"width must be at least 1. Received: width={width}.")
    if version not in _PREACTIVATED:
        raise ValueError(
            f"Unknown version. Received: {version!r}. Expected 1 or 2."
        )
    if shortcut not in _SHORTCUTS:
        raise ValueError(
            f"Unknown shortcut. Received: {shortcut!r}. Expected one of: "
            f"{', '.join(_SHORTCUTS)}."
        )
