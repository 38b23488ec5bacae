"""The MLP-Mixer."""

from typing import Any

import keras

from ..layers.numerics.annotations import Activation, Initializer
from .branches import Branches
from .hidden import Hidden
from .tokens import add_branch, check_patches, embed, mix

_STARTS = ("plain", "skip_init")


def mlp_mixer(
    input_shape: tuple[int | None, ...],
    num_classes: int,
    *,
    depth: int = 8,
    width: int = 128,
    patch_size: int = 4,
    token_units: int = 64,
    channel_units: int = 512,
    branch_start: str = "plain",
    normalize_inputs: bool = False,
    activation: Activation = "gelu",
    kernel_initializer: Initializer = "glorot_uniform",
    name: str = "mlp_mixer",
    **knobs: Any,
) -> keras.Model:
    """Returns an MLP-Mixer that classifies images.

    It is a vision transformer with an MLP over the tokens in place of
    attention: an image is cut into square patches, which a linear map makes
    tokens. Each of `depth` blocks adds what one MLP makes of each feature in
    all tokens, and then what another makes of each token. Logits come from the
    mean of all tokens. `norm_position` and `branch_start` mean what they mean
    in `normzoo.zoo.vit_tiny`.

    Args:
        input_shape: `(height, width, channels)` of one image.
        num_classes: number of logits, or of targets in a regression.
        depth: number of blocks, each of two MLPs.
        width: features of a token.
        patch_size: pixels per side of a patch; it divides the image's sides.
        token_units: units of the MLPs over tokens.
        channel_units: units of the MLPs over features.
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
    >>> model = zoo.mlp_mixer((8, 8, 1), 10, norm="layer", depth=2)
    >>> model.output_shape
    (None, 10)

    Reference: [Tolstikhin et al., 2021](https://arxiv.org/abs/2105.01601).
    """
    check_patches(input_shape, patch_size)
    if min(depth, width, token_units, channel_units) < 1:
        raise ValueError(
            "depth, width, token_units and channel_units must be at least 1. "
            f"Received: depth={depth}, width={width}, "
            f"token_units={token_units}, channel_units={channel_units}."
        )
    hidden = Hidden(
        activation=activation, kernel_initializer=kernel_initializer, **knobs
    )
    branches = Branches(hidden, branch_start, 2 * depth, _STARTS)
    inputs = x = keras.Input(input_shape, name="inputs")
    if normalize_inputs:
        x = hidden.norm_layer("norm_inputs")(x)
    x = embed(hidden, x, patch_size, width)
    for i in range(depth):
        x = _block(branches, x, i, token_units, channel_units)
    if hidden.norm_position == "before":
        x = hidden.normalize(x, "end")
    x = keras.layers.GlobalAveragePooling1D(name="pool")(x)
    return keras.Model(inputs, hidden.logits(x, num_classes), name=name)


def _block(branches, x, i, token_units, channel_units):
    hidden = branches.hidden
    tokens, channels = f"tokens_{i}", f"channels_{i}"

    def over_tokens(x):
        x = keras.layers.Permute((2, 1), name=f"turn_{tokens}")(x)
        x = mix(hidden, x, tokens, token_units)
        return keras.layers.Permute((2, 1), name=f"turn_back_{tokens}")(x)

    x = add_branch(branches, x, tokens, over_tokens)
    return add_branch(
        branches, x, channels, lambda x: mix(hidden, x, channels, channel_units)
    )
