"""A step of stacked runs is a step of each run."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers, zoo
from normzoo.trainers.together.vectorizing import (
    NotVectorizableError,
    vectorizable,
)
from normzoo.zoo.dropout import Dropout
from normzoo.zoo.norm_noise import NormNoise

from . import stacked_steps

RUNS = 2
BATCH = 6


@pytest.fixture(autouse=True)
def double(request):
    """Makes the models in double precision."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


def compiled(model, **kwargs):
    arguments = {
        "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "metrics": ["accuracy"],
    }
    model.compile("adam", **{**arguments, **kwargs})
    return model


def with_logits(model, **kwargs):
    """Compiles a model of the zoo with logits that are double, too."""
    x = model.layers[-2].output
    logits = keras.layers.Dense(3, name="logits")(x)
    return compiled(keras.Model(model.input, logits), **kwargs)


def mlp(seed, **kwargs):
    return with_logits(zoo.mlp((4, 4, 2), 3, width=16, seed=seed, **kwargs))


def cnn(seed, **kwargs):
    small = {"width": 8, "dense_units": 16, "depth": 1}
    model = zoo.cnn((4, 4, 2), 3, seed=seed, **{**small, **kwargs})
    return with_logits(model)


def of_layers(seed, make, shape=(4, 4, 2)):
    """A model of some layers and Dense logits."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(shape)
    x = inputs
    for layer in make():
        x = layer(x)
    x = keras.layers.Flatten()(x)
    return compiled(keras.Model(inputs, keras.layers.Dense(3)(x)))


class Penalized(keras.layers.Layer):
    """A layer with a loss of its own."""

    def call(self, inputs):
        self.add_loss(tf.reduce_mean(tf.square(inputs)))
        return inputs


L = keras.layers
IMAGE, SEQUENCE = (6, 6, 2), (5, 3)
CLIPPING = {"rmin": 0.3, "rmax": 3.0, "dmax": 5.0}
#: Name -> layers that a model is made of, and the shape of its inputs.
LAYERS = {
    "depthwise": (lambda: [L.DepthwiseConv2D(2, strides=2)], IMAGE),
    "conv-3d": (lambda: [L.Conv3D(2, 2)], (3, 3, 3, 2)),
    "max pooling": (lambda: [L.Conv2D(2, 2), L.MaxPooling2D(2)], IMAGE),
    "pooling": (
        lambda: [L.Conv1D(2, 2), L.AveragePooling1D(2), L.MaxPooling1D(2)],
        SEQUENCE,
    ),
    "keras batch norm": (lambda: [L.Dense(3), L.BatchNormalization()], IMAGE),
    "keras layer norm": (lambda: [L.Dense(3), L.LayerNormalization()], IMAGE),
    "renorm": (
        lambda: [
            L.Dense(3),
            layers.BatchNormalization(renorm=True, renorm_clipping=CLIPPING),
        ],
        IMAGE,
    ),
    "dropout": (
        lambda: [L.Dense(8), L.Dropout(0.5, seed=1), Dropout(0.2, seed=2)],
        SEQUENCE,
    ),
    "noise": (
        lambda: [L.Dense(3), L.GaussianNoise(0.5, seed=1), NormNoise(0.5, 2)],
        SEQUENCE,
    ),
    "losses": (
        lambda: [
            L.Dense(3, kernel_regularizer="l2", activity_regularizer="l1"),
            Penalized(),
        ],
        SEQUENCE,
    ),
}
LAYERS |= {
    f"conv-{dimensions}d-{padding}": (
        lambda cls=cls, padding=padding: [
            cls(4, 3, dilation_rate=2, padding=padding, activation="relu"),
            cls(3, 3, strides=2, padding=padding),
            cls(2, 2, padding=padding, use_bias=False),
        ],
        (*[12] * dimensions, 2),
    )
    for dimensions, cls in enumerate([L.Conv1D, L.Conv2D], 1)
    for padding in ("same", "valid", *["causal"] * (dimensions == 1))
}


def with_weight_norms(name):
    """Returns layers with normalized kernels of all shapes."""
    norm = layers.get_weight_norm(name)
    return [
        norm(L.Dense(3)),
        norm(L.Conv2D(4, 3, padding="same", activation="relu")),
        L.Reshape((-1, 4)),
        norm(L.Conv1D(4, 3)),
    ]


LAYERS |= {
    name: (functools.partial(with_weight_norms, name), IMAGE)
    for name in layers.WEIGHT_NORMS
    if name != "none"
}


def batches(shape=(4, 4, 2), classes=3, seed=0):
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(BATCH, *shape)), rng.integers(0, classes, BATCH))
        for _ in range(RUNS)
    ]


def check(make, batches, jit_compile=False, tolerance=1e-10):
    models = [make(seed) for seed in range(RUNS)]
    stacked_steps.spread(models)
    for model, batch in zip(models, batches, strict=True):
        stacked_steps.build(model, batch)
    together = stacked_steps.stacked(models, batches, jit_compile)
    for i, (model, batch) in enumerate(zip(models, batches, strict=True)):
        expected = stacked_steps.alone(model, batch)
        got = tf.nest.map_structure(lambda value, i=i: value[i], together)
        tf.nest.map_structure(
            functools.partial(
                np.testing.assert_allclose, rtol=tolerance, atol=tolerance
            ),
            got,
            expected,
        )


#: Norms that do the same at each position; `test_equal_weights.py` has these.
POINTWISE = ("none", "rms", "pixel", "scale", "dynamic_tanh", "dynamic_erf")


# The CNN has its norm behind a convolution and behind a Dense layer.
@pytest.mark.quick("batch")
@pytest.mark.parametrize(
    "norm", [n for n in layers.NORMS if n not in POINTWISE]
)
def test_norms(norm):
    check(functools.partial(cnn, norm=norm), batches())


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["batch", "virtual"])
def test_norms_of_an_mlp(norm):
    check(functools.partial(mlp, norm=norm), batches())


#: Networks with all layers that the ones above do not have.
RESIDUAL = {
    "resnet": {"depth": 8, "width": 2, "branch_start": "fixup"},
    "vit_tiny": {"depth": 1, "width": 4, "head_width": 2, "norm": "layer"},
    "mlp_mixer": {
        "depth": 1,
        "width": 4,
        "token_units": 2,
        "channel_units": 3,
        "branch_start": "skip_init",
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RESIDUAL)
def test_residual_networks(name):
    def make(seed):
        network = zoo.MODELS[name]((8, 8, 2), 3, seed=seed, **RESIDUAL[name])
        return with_logits(network)

    check(make, batches((8, 8, 2)))


@pytest.mark.quick("dropout")
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name):
    layers, shape = LAYERS[name]
    make = functools.partial(of_layers, make=layers, shape=shape)
    check(make, batches(shape))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dropout", "noise", "conv-2d-same"])
def test_layers_under_xla(name):
    layers, shape = LAYERS[name]
    make = functools.partial(of_layers, make=layers, shape=shape)
    check(make, batches(shape), jit_compile=True)


def two_heads(seed):
    """Two inputs, one of them an index, and two outputs."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((4,)), keras.Input((), dtype="int32")
    x = L.Concatenate()([inputs[0], L.Embedding(5, 3)(inputs[1])])
    x = layers.BatchNormalization()(L.Dense(6)(x))
    outputs = {"class": L.Dense(3)(x), "value": L.Dense(1)(x)}
    losses = {
        "class": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "value": "mse",
    }
    model = keras.Model(inputs, outputs)
    model.compile(
        "adam", losses, metrics={"value": "mae"}, loss_weights=[2.0, 0.5]
    )
    return model


@pytest.mark.slow
def test_several_inputs_outputs_and_sample_weights():
    rng = np.random.default_rng(0)
    examples = [
        (
            (rng.normal(size=(BATCH, 4)), rng.integers(0, 5, BATCH)),
            {
                "class": rng.integers(0, 3, BATCH),
                "value": rng.normal(size=(BATCH, 1)),
            },
            {"class": rng.random(BATCH), "value": rng.random(BATCH)},
        )
        for _ in range(RUNS)
    ]
    check(two_heads, examples)


@pytest.mark.slow
def test_a_reference_model():
    reference = batches(seed=5)[0][0]

    def make(seed):
        model = layers.ReferenceModel(mlp(seed, norm="virtual"), reference)
        return compiled(model)

    check(make, batches())


def test_what_cannot_be_vectorized_is_an_error():
    def layers():
        return [L.Conv2D(2, 2), L.UpSampling2D(2, interpolation="bilinear")]

    make = functools.partial(of_layers, make=layers, shape=IMAGE)
    with pytest.raises(NotVectorizableError, match="ResizeBilinear"):
        check(make, batches(IMAGE))


@pytest.mark.parametrize("layer", [L.Conv1D(2, 2), L.Conv2D(2, 2), L.LSTM(2)])
def test_the_layers_are_as_they_were(layer):
    before = dict(vars(layer))
    with vectorizable(layer):
        assert vars(layer) != before
    assert vars(layer) == before
