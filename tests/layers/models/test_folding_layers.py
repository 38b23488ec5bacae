"""Into which layers a batch norm folds, in front and behind."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from normzoo.layers import BatchNormalization, fold_batch_norm

from .folded import BN, chain, check_fold, draw_inputs, randomize

# Name -> the shape of one example, and how to make the layer. All strides,
# groups and multipliers that change the order of channels appear.
FRONT_OR_BEHIND = {
    "dense": ((5,), lambda **k: layers.Dense(4, **k)),
    "dense_3d": ((6, 5), lambda **k: layers.Dense(4, **k)),
    "conv1d": ((9, 4), lambda **k: layers.Conv1D(6, 3, groups=2, **k)),
    "conv2d": ((7, 6, 3), lambda **k: layers.Conv2D(4, (3, 2), 2, **k)),
    "conv2d_groups": (
        (7, 6, 6),
        lambda **k: layers.Conv2D(9, 2, groups=3, **k),
    ),
    "conv2d_same_1x1": (
        (5, 5, 3),
        lambda **k: layers.Conv2D(4, 1, 2, padding="same", **k),
    ),
    "conv3d": ((5, 4, 5, 2), lambda **k: layers.Conv3D(3, 2, **k)),
    "dilated": (
        (9, 9, 2),
        lambda **k: layers.Conv2D(3, 3, dilation_rate=2, **k),
    ),
    "depthwise1d": (
        (9, 3),
        lambda **k: layers.DepthwiseConv1D(3, depth_multiplier=2, **k),
    ),
    "depthwise2d": (
        (7, 7, 3),
        lambda **k: layers.DepthwiseConv2D(3, depth_multiplier=2, **k),
    ),
    "separable1d": (
        (9, 3),
        lambda **k: layers.SeparableConv1D(5, 3, depth_multiplier=2, **k),
    ),
    "separable2d": (
        (7, 7, 3),
        lambda **k: layers.SeparableConv2D(5, 3, depth_multiplier=2, **k),
    ),
    "transposed_1x1": (
        (4, 4, 3),
        lambda **k: layers.Conv2DTranspose(5, 1, **k),
    ),
}

# Here an input's border or stride reaches the output: only behind is exact.
ONLY_BEHIND = {
    "same": (
        (6, 6, 3),
        lambda **k: layers.Conv2D(4, 3, padding="same", **k),
    ),
    "causal": (
        (8, 3),
        lambda **k: layers.Conv1D(4, 3, padding="causal", **k),
    ),
    "depthwise_same": (
        (6, 6, 3),
        lambda **k: layers.DepthwiseConv2D(3, padding="same", **k),
    ),
    "separable_same": (
        (6, 6, 3),
        lambda **k: layers.SeparableConv2D(4, 3, padding="same", **k),
    ),
    "transposed1d": ((5, 3), lambda **k: layers.Conv1DTranspose(4, 3, 2, **k)),
    "transposed2d": (
        (4, 5, 3),
        lambda **k: layers.Conv2DTranspose(4, 3, 2, padding="same", **k),
    ),
    "transposed2d_tiles": (
        (4, 4, 3),
        lambda **k: layers.Conv2DTranspose(4, 2, 2, **k),
    ),
    "transposed2d_gaps": (
        (4, 4, 3),
        lambda **k: layers.Conv2DTranspose(4, 1, 2, **k),
    ),
    "transposed3d": (
        (3, 3, 3, 2),
        lambda **k: layers.Conv3DTranspose(3, 2, **k),
    ),
}
ALL = FRONT_OR_BEHIND | ONLY_BEHIND


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_norm_behind(name):
    shape, make = ALL[name]
    x = keras.Input(shape)
    outputs = []
    for use_bias in (True, False):
        norm = BN(name=f"bn_{use_bias}")
        outputs.append(layers.LeakyReLU()(norm(make(use_bias=use_bias)(x))))
    check_fold(keras.Model(x, outputs), gone=["bn_True", "bn_False"])


@pytest.mark.parametrize("name", FRONT_OR_BEHIND)
def test_norm_in_front(name):
    shape, make = FRONT_OR_BEHIND[name]
    model = chain(
        shape, BN(name="bn"), make(activation="leaky_relu", use_bias=False)
    )
    check_fold(model, gone=["bn"])


@pytest.mark.parametrize("name", ONLY_BEHIND)
def test_shift_meets_padding(name):
    shape, make = ONLY_BEHIND[name]
    model = chain(shape, BN(name="bn"), make())
    result = check_fold(model, gone=[], kept=["bn"])
    assert "padding" in result.left["bn"]


@pytest.mark.parametrize("name", ONLY_BEHIND)
def test_no_shift_folds_in_front_of_padding(name):
    shape, make = ONLY_BEHIND[name]
    model = randomize(chain(shape, BN(center=False, name="bn"), make()))
    model.get_layer("bn").moving_mean.assign(np.zeros(shape[-1]))
    x = draw_inputs(model)
    result = fold_batch_norm(model)
    np.testing.assert_allclose(result.model(x), model(x), rtol=1e-4, atol=1e-4)
    assert result.left == {}


@pytest.mark.parametrize("kwargs", [{}, {"renorm": True}, {"epsilon": 0.3}])
def test_our_norm(kwargs):
    model = chain(
        (6, 6, 3),
        layers.Conv2D(4, 3),
        BatchNormalization(name="bn1", **kwargs),
        layers.ReLU(),
        BatchNormalization(name="bn2", **kwargs),
        layers.Conv2D(4, 3),
        layers.ReLU(),
        BatchNormalization(axis=1, name="bn3", **kwargs),
    )
    check_fold(model, gone=["bn1", "bn2"], kept=["bn3"])


@pytest.mark.parametrize("before", [True, False])
def test_float64(before):
    norm = BN(name="bn", dtype="float64")
    conv = layers.Conv2D(4, 3, groups=2, dtype="float64")
    parts = [norm, conv] if before else [conv, norm]
    model = chain((6, 6, 2), *parts, dtype="float64")
    check_fold(model, gone=["bn"], tolerance=1e-13)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    model = chain(
        (4, 6),
        layers.Dense(8, dtype=policy),
        BN(name="bn", dtype=policy),
        layers.Dense(8, activation="relu", dtype=policy),
    )
    check_fold(model, gone=["bn"], tolerance=0.03)


def test_variables_stay_float32_under_mixed_precision():
    model = chain((6,), layers.Dense(8, dtype="mixed_bfloat16"))
    model.add(BN(dtype="mixed_bfloat16"))
    folded = fold_batch_norm(model).model
    assert {w.dtype for w in folded.weights} == {"float32"}


def test_norm_that_casts_stays():
    model = chain((6,), layers.Dense(8, dtype="mixed_bfloat16"))
    model.add(BN(name="bn", dtype="float32"))
    result = check_fold(model, gone=[], kept=["bn"])
    assert "casts bfloat16 to float32" in result.left["bn"]


def test_channels_first():
    try:
        layers.Conv2D(1, 1, data_format="channels_first")(np.ones((1, 1, 1, 1)))
    except tf.errors.UnimplementedError:
        pytest.skip("TensorFlow convolves channels_first on some CPUs alone")
    model = chain(
        (3, 7, 7),
        layers.Conv2D(4, 3, data_format="channels_first"),
        BN(axis=1, name="bn1"),
        layers.ReLU(),
        BN(axis=1, name="bn2"),
        layers.DepthwiseConv2D(
            3, depth_multiplier=2, data_format="channels_first"
        ),
        layers.ReLU(),
        BN(axis=1, name="bn3"),
        layers.Flatten(data_format="channels_first"),
        layers.Dense(3),
    )
    check_fold(model, gone=["bn1", "bn2", "bn3"])


@pytest.mark.parametrize("axis", [1, 2])
def test_other_axis_stays(axis):
    conv = layers.Conv2D(5, 3, activation=None)
    model = chain((7, 6, 3), conv, BN(axis=axis, name="bn"), layers.ReLU())
    result = check_fold(model, gone=[], kept=["bn"])
    assert f"axis {axis}" in result.left["bn"]


def test_other_axis_in_front_of_dense_stays():
    model = chain((7, 6), BN(axis=1, name="bn"), layers.Dense(3))
    result = check_fold(model, gone=[], kept=["bn"])
    assert "axis" in result.left["bn"]


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_any_axis_folds_through_flatten(axis):
    model = chain(
        (4, 5, 3), BN(axis=axis, name="bn"), layers.Flatten(), layers.Dense(2)
    )
    check_fold(model, gone=["bn"])
