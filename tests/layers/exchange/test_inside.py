"""Other norms inside wrappers, and in attributes of one's own layers."""

import keras
import numpy as np
import pytest

from normzoo import layers
from normzoo.layers import replace_norms
from normzoo.layers.exchange.with_norms import WithNorms
from normzoo.layers.models.inner_layers import inner_layers
from normzoo.layers.models.selection import is_norm

BN = keras.layers.BatchNormalization
Dense = keras.layers.Dense
Input = keras.Input
Sequential = keras.Sequential
Bidirectional = keras.layers.Bidirectional
TimeDistributed = keras.layers.TimeDistributed
RNG = np.random.default_rng(0)


@keras.saving.register_keras_serializable("test_inside")
class Block(keras.layers.Layer):
    """Has norms in attributes of every kind, and a weight of its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.norm = BN(name="first")
        self.pairs = [(Dense(units), BN(name="second"))]
        dropout = keras.layers.Dropout(0.5)
        self.named = {"last": BN(name="third"), "dropout": dropout}
        self.supports_masking = True

    def build(self, shape):
        self.factor = self.add_weight(name="factor")
        self.norm.build(shape)

    def call(self, x, training=None):
        x = self.norm(x) * self.factor
        for dense, norm in self.pairs:
            x = norm(dense(x), training=training)
        return self.named["last"](self.named["dropout"](x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Network(keras.Model):
    """Has a block, a list of models and a norm."""

    def __init__(self):
        super().__init__()
        self.block = Block(4, name="block")
        inner = [Input((4,)), Dense(4, use_bias=False), BN(name="inner")]
        self.models = [Sequential(inner, name="encoder")]
        self.norm = BN(name="norm")

    def call(self, x):
        for model in self.models:
            x = model(x)
        return self.norm(self.block(x))


def time_distributed():
    encoder = [Input((4,)), Dense(4), BN(name="norm")]
    return Sequential(
        [
            Input((5, 4)),
            TimeDistributed(BN(name="norm"), name="one"),
            TimeDistributed(Sequential(encoder, name="encoder"), name="two"),
        ]
    )


def with_block():
    return Sequential([Input((4,)), Block(4, name="block"), Dense(2)])


def network():
    model = Network()
    model(np.ones((2, 4), "float32"))
    return model


def shared_twice():
    """A nested model that is called twice, and one in it, too."""
    inner = Sequential([Input((4,)), Dense(4), BN(name="norm")], name="inner")
    x = Input((4,))
    middle = keras.Model(x, inner(inner(x)), name="middle")
    x = Input((4,))
    return keras.Model(x, middle(middle(x)))


BLOCK = ["block/norm", "block/pairs/0/1", "block/named/last"]
MODELS = {
    "time distributed": (time_distributed, ["one/layer", "two/layer/norm"]),
    "attributes": (with_block, BLOCK),
    "subclassed": (network, [*BLOCK, "models/0/inner", "norm"]),
    "shared": (shared_twice, ["middle/inner/norm"]),
}


def random(model):
    for weight in model.weights:
        weight.assign(RNG.uniform(0.3, 1.5, weight.shape))
    return model


def norms_in(model):
    return list(filter(is_norm, inner_layers(model)))


#: Keras 3.12 itself loses weights in nested lists when it loads a model.
LATER = {"attributes": [pytest.mark.keras((3, 13))]}


@pytest.mark.quick("time distributed", "attributes")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=LATER.get(name, ())) for name in MODELS]
)
def test_norms_are_replaced_where_they_hide(name, tmp_path):
    make, paths = MODELS[name]
    model = random(make())
    x = RNG.normal(size=(3, *([5] if "time" in name else []), 4))
    x = x.astype("float32")
    before = [np.array(weight) for weight in model.weights]
    same = replace_norms(model, "batch")
    assert (sorted(same.replaced), same.left) == (sorted(paths), {})
    np.testing.assert_allclose(same.model(x), model(x), rtol=1e-4, atol=1e-4)
    other = replace_norms(model, "layer")
    found = norms_in(other.model)
    assert {type(norm) for norm in found} == {layers.LayerNormalization}
    assert len(found) == len(paths)
    assert np.abs(other.model(x) - model(x)).max() > 1e-3
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)
    if name == "subclassed":
        assert type(other.model) is Network
        other.model.save_weights(tmp_path / "model.weights.h5")
        again = replace_norms(random(model), "layer").model
        again.load_weights(tmp_path / "model.weights.h5")
        np.testing.assert_array_equal(again(x), other.model(x))
        return
    other.model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), other.model(x))
    assert len(norms_in(loaded)) == len(paths)


@pytest.mark.quick(
    "batch-none-a layer in front without a bias got none",
    "layer-batch-one in front has no effect",
)
@pytest.mark.parametrize(
    ("there", "norm", "said"),
    [
        ("batch", "none", "a layer in front without a bias got none"),
        ("batch", "rms", "a layer in front without a bias got none"),
        ("layer", "batch", "one in front has no effect"),
        ("batch", "layer", ""),
        ("layer", "group", ""),
    ],
)
def test_biases_in_front_of_norms_inside_are_said(there, norm, said):
    model = with_block()
    if there != "batch":
        model = replace_norms(model, there).model
    arguments = {"groups": 2} if norm == "group" else {}
    found = replace_norms(model, norm, **arguments).replaced
    assert {each.bias for each in found.values()} == {said}
    assert found


def test_what_was_replaced_can_be_replaced_again():
    model = random(with_block())
    there = replace_norms(model, "layer").model
    assert isinstance(there.get_layer("block"), WithNorms)
    back = replace_norms(there, BN)
    assert len(back.replaced) == 3
    assert {type(norm) for norm in norms_in(back.model)} == {BN}
    assert isinstance(back.model.get_layer("block"), WithNorms)


def test_what_was_changed_after_the_constructor_is_copied():
    model = with_block()
    block = model.get_layer("block")
    block.note = "changed"
    block.pairs[0][0].trainable = False
    new = replace_norms(model, "layer").model.get_layer("block")
    assert new.layer.note == "changed"
    assert not new.layer.pairs[0][0].trainable
    assert new.layer.norm.trainable


@pytest.mark.slow
def test_a_replaced_block_trains_and_takes_a_mask():
    inputs = Input((5, 4))
    x = keras.layers.Masking()(inputs)
    model = keras.Model(inputs, TimeDistributed(BN())(Block(4)(x)))
    new = replace_norms(model, "layer").model
    new.compile("sgd", "mse", run_eagerly=True)
    x = RNG.normal(size=(4, 5, 4))
    new.fit(x, x, verbose=0)
    assert np.isfinite(new.predict(x, verbose=0)).all()
    frozen = with_block()
    frozen.layers[0].trainable = False
    new = replace_norms(frozen, "layer").model.get_layer("block")
    assert not new.trainable
    assert not new.layer.norm.trainable


@pytest.mark.quick("second-expected0", "BatchNormalization-expected3")
@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("second", {"block/pairs/0/1"}),
        ("block/norm", {"block/norm"}),
        (lambda layer: layer.name == "third", {"block/named/last"}),
        (BN, set(BLOCK)),
    ],
)
def test_only(only, expected):
    for make in (with_block, network):
        result = replace_norms(make(), "layer", only=only)
        if only is BN and make is network:
            expected = expected | {"models/0/inner", "norm"}
        assert set(result.replaced) == expected
        assert result.left == {}


CELLS = {
    keras.layers.LSTM: layers.LayerNormLSTM,
    keras.layers.GRU: layers.LayerNormGRU,
    keras.layers.SimpleRNN: layers.LayerNormSimpleRNN,
}


# A simple layer has one state, like a GRU; test_replacing.py has it.
@pytest.mark.slow
@pytest.mark.parametrize(
    "plain",
    [keras.layers.LSTM, keras.layers.GRU],
    ids=lambda plain: plain.__name__,
)
def test_bidirectional_layers_to_ours_and_back(plain, tmp_path):
    model = Sequential(
        [
            Input((5, 4)),
            keras.layers.Masking(),
            Bidirectional(plain(3, return_sequences=True), name="both"),
            Bidirectional(
                plain(2), "sum", backward_layer=plain(2, go_backwards=True)
            ),
        ]
    )
    random(model)
    x = RNG.normal(size=(3, 5, 4)).astype("float32")
    x[0, 2:] = 0
    there = replace_norms(model, "layer", only=plain)
    assert (len(there.replaced), there.left) == (4, {})
    both = there.model.get_layer("both")
    for layer in (both.forward_layer, both.backward_layer):
        assert type(layer) is CELLS[plain]
    assert np.abs(there.model(x) - model(x)).max() > 1e-3
    there.model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), there.model(x))
    back = replace_norms(there.model, "none")
    assert type(back.model.get_layer("both").forward_layer) is plain
    np.testing.assert_allclose(back.model(x), model(x), atol=1e-6)


class Late(keras.layers.Layer):
    """Makes its norm when it is built."""

    def build(self, shape):
        self.norm = BN(name="norm")
        self.norm.build(shape)

    def call(self, x):
        return self.norm(x)


class Closed(keras.layers.Layer):
    """Does not say what it is made of."""

    def __init__(self, units, name="closed"):
        super().__init__(name=name)
        self.dense, self.norm = Dense(units), BN(name="norm")

    def call(self, x):
        return self.norm(self.dense(x))

    def get_config(self):
        return {"name": self.name}


class Twice(keras.layers.Layer):
    """Has its norm in two attributes."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.norm = BN(name="norm")
        self.all = [self.norm]

    def call(self, x):
        return self.norm(x)


class Unused(Twice):
    """Has a norm that it does not call."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.all = [BN(name="unused")]

    def build(self, shape):
        self.norm.build(shape)


WHY = {
    "late": (Late, "`norm` in its constructor"),
    "twice": (Twice, "in two attributes"),
}


@pytest.mark.parametrize("name", WHY)
def test_what_cannot_be_copied_exactly_is_left(name):
    make, why = WHY[name]
    model = Sequential([Input((4,)), make(name=name), BN(name="norm")])
    result = replace_norms(model, "layer")
    assert set(result.replaced) == {"norm"}
    assert set(result.left) == {f"{name}/norm"}
    reason = result.left[f"{name}/norm"]
    assert why in reason
    if name != "twice":
        assert "`self.norm = normzoo.layers.get(norm)()`" in reason


def test_a_norm_that_is_not_called_is_left():
    model = Sequential([Input((4,)), Unused(name="layer")])
    result = replace_norms(model, "layer")
    assert set(result.replaced) == {"layer/norm"}
    assert "not known" in result.left["layer/all/0"]


class Wrapping(keras.Model):
    """Has a layer in its one attribute."""

    def __init__(self, layer=None):
        super().__init__()
        self.layer = layer

    def call(self, x):
        return x if self.layer is None else self.layer(x)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (None, "there is none"),
        (Dense(4), "there is none"),
        (Closed(4), "cannot be copied by its"),
    ],
)
def test_a_subclassed_model_says_what_to_write(layer, words):
    model = Wrapping(layer)
    model(np.ones((2, 4), "float32"))
    with pytest.raises(TypeError, match=words) as error:
        replace_norms(model, "layer")
    assert "self.norm = normzoo.layers.get(norm)()" in str(error.value)
