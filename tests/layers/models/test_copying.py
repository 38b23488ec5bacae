"""A copy of a model knows all that the model knows."""

import pathlib
import random

import keras
import numpy as np
import pytest
from keras import layers

from normzoo.layers import BatchNormLSTM, fold_batch_norm
from normzoo.layers.models import inner_layers, layer_state
from normzoo.layers.models.copying import copy_model
from normzoo.layers.models.inner_layers import state_variables

RNG = np.random.default_rng(0)
X = RNG.normal(3.0, 2.0, (16, 4)).astype("float32")
SEQUENCES = RNG.normal(size=(4, 5, 3)).astype("float32")
WORDS = np.array([["a b"], ["b c b"], ["d"], ["b"]])


def adapted(layer, data):
    layer.adapt(data)
    return layer


def quantized():
    dense = layers.Dense(3)
    dense.build((None, 4))
    dense.quantize("int8")
    return dense


def with_lora():
    dense = layers.Dense(3)
    dense.build((None, 4))
    dense.enable_lora(2)
    dense.lora_kernel_b.assign(RNG.normal(size=(2, 3)))
    return dense


class Offset(layers.Layer):
    """Keeps what it learns from data in plain attributes."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.offset = None
        self.scales = {}

    def adapt(self, data):
        self.offset = data.mean(0)
        self.scales["all"] = [float(data.std())]

    def call(self, x):
        return (x - self.offset) / self.scales["all"][0]


class Composite(layers.Layer):
    """Holds layers of its own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.norm = layers.Normalization()
        self.more = [layers.Dense(2), Offset()]

    def build(self, shape):
        self.norm.build(shape)
        self.more[0].build(shape)
        super().build(shape)

    def call(self, x):
        return self.more[0](self.norm(x)) + self.more[1](x)[:, :2]


def composite():
    layer = Composite()
    layer.build((None, 4))
    layer.norm.adapt(X)
    layer.more[1].adapt(X)
    return layer


K = 3
#: Name -> layers of a model, and what it is called on.
MODELS = {
    "normalization": lambda: ([adapted(layers.Normalization(), X)], X),
    "normalization given": lambda: ([layers.Normalization(1, 2.0, 3.0)], X),
    "discretization": lambda: (
        [adapted(layers.Discretization(num_bins=3), X)],
        X,
    ),
    "string lookup": lambda: ([adapted(layers.StringLookup(), WORDS)], WORDS),
    "multi hot": lambda: (
        [
            adapted(layers.StringLookup(output_mode="multi_hot"), WORDS),
            layers.Dense(2),
        ],
        WORDS,
    ),
    "integer lookup": lambda: (
        [adapted(layers.IntegerLookup(), [[5, 5, 7, 9]])],
        np.array([[7, 5], [9, 1]]),
    ),
    "text": lambda: (
        [
            adapted(layers.TextVectorization(output_sequence_length=3), WORDS),
            layers.Embedding(9, 2),
        ],
        WORDS,
    ),
    "tf-idf": lambda: (
        [adapted(layers.TextVectorization(output_mode="tf_idf"), WORDS)],
        WORDS,
    ),
    "attributes": lambda: ([adapted_offset()], X),
    "inside another layer": lambda: ([composite()], X),
    "time distributed": lambda: (
        [layers.TimeDistributed(adapted(layers.Normalization(), SEQUENCES[0]))],
        SEQUENCES,
    ),
    "lambda": lambda: ([layers.Lambda(lambda x: 2 * x)], X),
    "quantized": lambda: ([quantized()], X),
    "lora": lambda: ([with_lora()], X),
}


def adapted_offset():
    layer = Offset()
    layer.adapt(X)
    return layer


def sequential(parts, x):
    dtype = "string" if x.dtype.kind == "U" else str(x.dtype)
    return keras.Sequential([keras.Input(x.shape[1:], dtype=dtype), *parts])


def outputs(model, x):
    x = keras.ops.convert_to_tensor(x)
    return np.asarray(model(x, training=False))


#: Keras 3.12 itself loses the weights of words when it loads a model.
LATER = {"tf-idf": [pytest.mark.keras((3, 13))]}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=LATER.get(name, ())) for name in MODELS]
)
def test_outputs_are_the_models(name):
    parts, x = MODELS[name]()
    model = sequential(parts, x)
    expected = outputs(model, x)
    copied, _ = copy_model(model)
    np.testing.assert_allclose(outputs(copied, x), expected, 1e-6, 1e-6)
    nested, _ = copy_model(keras.Sequential([model.inputs[0], model]))
    np.testing.assert_allclose(outputs(nested, x), expected, 1e-6, 1e-6)


def test_folding_behind_an_adapted_normalization():
    norm = layers.BatchNormalization()
    model = sequential(
        [adapted(layers.Normalization(), X), layers.Dense(3), norm], X
    )
    norm.moving_mean.assign([1.0, 2.0, 3.0])
    result = fold_batch_norm(model)
    assert not result.left
    np.testing.assert_allclose(
        outputs(result.model, X), outputs(model, X), 1e-5, 1e-5
    )


def test_random_numbers_go_on_where_they_were():
    model = sequential([layers.Dropout(0.5), layers.GaussianNoise(1.0)], X)
    model(X, training=True)
    copied, _ = copy_model(model)
    np.testing.assert_array_equal(
        copied(X, training=True), model(X, training=True)
    )


@pytest.mark.parametrize("layer", [layers.LSTM, BatchNormLSTM])
def test_states_of_stateful_layers(layer):
    model = keras.Sequential(
        [keras.Input(batch_shape=(4, 5, 3)), layer(2, stateful=True)]
    )
    model(SEQUENCES)
    copied, _ = copy_model(model)
    assert len(state_variables(copied)) == len(state_variables(model))
    np.testing.assert_array_equal(copied(SEQUENCES), model(SEQUENCES))


def test_which_weights_are_trained():
    inner = sequential([layers.Dense(3, name="a"), layers.Dense(2)], X)
    inner.trainable = False
    inner.layers[0].trainable = True
    model = keras.Sequential([inner, layers.Dense(5), layers.Dense(4)])
    model.build((None, 4))
    model.layers[2].bias.trainable = False
    copied, copies = copy_model(model)
    assert not copies[inner].trainable
    assert copied.get_layer(inner.name).layers[1].trainable
    flags = [w.trainable for w in model.weights]
    assert flags == [True, True, False, False, True, True, True, False]
    assert [w.trainable for w in copied.weights] == flags


def test_the_copy_shares_nothing_with_the_model():
    layer = adapted_offset()
    model = sequential([layer, layers.Dense(2)], X)
    before = outputs(model, X)
    copied, copies = copy_model(model)
    copies[layer].offset += 1
    copies[layer].scales["all"][0] = 100.0
    for weight in copied.weights:
        weight.assign(weight + 1)
    np.testing.assert_array_equal(outputs(model, X), before)


def test_what_fails_in_a_layer_is_not_disguised():
    class Stubborn(layers.Layer):
        def call(self, x):
            return x

        def get_config(self):
            raise RuntimeError("no configuration")

    model = sequential([Stubborn()], X)
    with pytest.raises(RuntimeError, match="no configuration"):
        copy_model(model)


def test_layers_are_found_without_keras_private_list(monkeypatch):
    model = sequential([composite(), layers.Dense(2)], X)
    found = inner_layers.inner_layers(model)
    assert found[0] is model
    monkeypatch.delattr(keras.Layer, "_flatten_layers")
    instead = inner_layers.inner_layers(model)
    assert instead[0] is model
    assert {id(x) for x in found} <= {id(x) for x in instead}
    own = [x for x in instead if type(x).__module__ == __name__]
    assert [type(x) for x in own] == [Composite, Offset]


def test_no_private_name_of_keras_is_needed():
    folder = pathlib.Path(inner_layers.__file__).parents[1]
    private = ("keras.src", "_keras_history", "_inbound_nodes", "_nodes_by")
    found = [
        (path.name, name)
        for path in folder.rglob("*.py")
        for name in private
        if name in path.read_text()
    ]
    assert not found


def test_a_copy_leaves_the_global_generator_alone():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    layer_state.bookkeeping.cache_clear()
    before = random.getstate()
    layer_state.copy_state(model.layers[0], model.layers[0])
    assert random.getstate() == before
