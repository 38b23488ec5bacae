"""Axes whose sizes a model does not know, of layers without weights there."""

import keras
import numpy as np
import pytest

from normzoo.layers import (
    BatchNormalization,
    DynamicErf,
    DynamicTanh,
    EvoNormB0,
    EvoNormS0,
    FilterResponseNormalization,
    GroupNormalization,
    InstanceNormalization,
    LayerNormalization,
    PixelNormalization,
    RMSNormalization,
    ScaleNormalization,
    VirtualBatchNormalization,
)

BARE = {"center": False, "scale": False}

WAYS = {
    "layer": (LayerNormalization, {"axis": [1, 2, 3], **BARE}),
    "layer-last": (LayerNormalization, BARE),
    "group-one": (GroupNormalization, {"groups": 1, **BARE}),
    "group-each": (GroupNormalization, {"groups": -1, **BARE}),
    "instance": (InstanceNormalization, BARE),
    "instance-first": (InstanceNormalization, {"axis": 1, **BARE}),
    "dynamic-erf": (DynamicErf, BARE),
    "dynamic-tanh": (DynamicTanh, BARE),
    "pixel": (PixelNormalization, {"axis": [1, -1]}),
    "filter-response": (
        FilterResponseNormalization,
        {"threshold": False, "learned_epsilon": True, **BARE},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
def test_sizes_do_not_have_to_be_known(jit_compile):
    x = np.random.default_rng(0).normal(2, 3, (2, 4, 5, 6)).astype("float32")
    inputs = keras.Input((None, None, None))
    outputs = {
        way: layer(**kwargs)(inputs) for way, (layer, kwargs) in WAYS.items()
    }
    model = keras.Model(inputs, outputs)
    model.compile(jit_compile=jit_compile)
    predicted = model.predict(x, verbose=0)
    for way, (layer, kwargs) in WAYS.items():
        expected = layer(**kwargs)(x)
        np.testing.assert_allclose(
            predicted[way], expected, 1e-5, 1e-5, err_msg=way
        )


@pytest.mark.parametrize("groups", [1, -1])
def test_vectors_of_unknown_size(groups):
    layer = GroupNormalization(groups, **BARE)
    x = np.random.default_rng(0).normal(2, 3, (4, 6)).astype("float32")
    inputs = keras.Input((None,))
    model = keras.Model(inputs, layer(inputs))
    np.testing.assert_allclose(
        model(x), GroupNormalization(groups, **BARE)(x), 1e-5, 1e-5
    )


def test_the_issue_equals_keras():
    kwargs = {"axis": [1, 2, 3], **BARE}
    x = np.random.default_rng(0).normal(2, 3, (2, 4, 5, 3)).astype("float32")
    inputs = keras.Input((None, None, 3))
    ours, theirs = (
        keras.Model(inputs, kind(**kwargs)(inputs))
        for kind in (LayerNormalization, keras.layers.LayerNormalization)
    )
    np.testing.assert_allclose(ours(x), theirs(x), 1e-5, 1e-5)


@pytest.mark.parametrize(
    "layer",
    [
        LayerNormalization(axis=[1, 2]),
        LayerNormalization(scale=False),
        GroupNormalization(2, **BARE),
        GroupNormalization(1),
        InstanceNormalization(center=False),
        FilterResponseNormalization(**BARE),
        RMSNormalization(),
        VirtualBatchNormalization(**BARE),
        BatchNormalization(**BARE),
        EvoNormB0(**BARE),
        EvoNormS0(**BARE),
        ScaleNormalization(),
        DynamicTanh(scale=False),
        DynamicErf(center=False),
    ],
    ids=lambda layer: layer.name,
)
def test_sizes_along_weights_must_be_known(layer):
    with pytest.raises(ValueError, match="must be known"):
        layer(keras.Input((None, None)))
