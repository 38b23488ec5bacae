"""Which models are folded, and what comes out."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from normzoo.layers import fold_batch_norm

from .folded import BN, chain, check_fold, draw_inputs, randomize


def test_subclasses_are_left():
    class Doubling(layers.Dense):
        def call(self, inputs):
            return super().call(inputs) ** 2

    class OtherNorm(BN):
        pass

    model = chain((5,), Doubling(4), BN(name="bn1"), layers.ReLU())
    model.add(OtherNorm(name="bn2"))
    model.add(layers.Dense(2))
    result = check_fold(model, gone=[], kept=["bn1", "bn2"])
    assert "Doubling" in result.left["bn1"]
    assert "OtherNorm" in result.left["bn2"]


def test_statistics_that_are_not_finite_are_left():
    model = chain((5,), layers.Dense(4), BN(name="bn"))
    model.layers[-1].moving_variance.assign([1, 1, np.nan, 1])
    assert "not finite" in fold_batch_norm(model).left["bn"]


def test_lora_is_left():
    dense = layers.Dense(4)
    model = chain((5,), dense, BN(name="bn"))
    dense.enable_lora(2)
    result = check_fold(model, gone=[], kept=["bn"])
    assert "LoRA" in result.left["bn"]


def test_lambda_and_state_are_copied():
    model = chain(
        (5,),
        layers.Dense(4),
        BN(name="bn1"),
        layers.Lambda(lambda x: x * 3),
        layers.Dropout(0.5, seed=3),
        layers.LayerNormalization(),
    )
    check_fold(model, gone=["bn1"])


def test_names_and_biases():
    model = chain((5,), layers.Dense(4, use_bias=False, name="d"), BN())
    result = fold_batch_norm(model)
    assert [layer.name for layer in result.model.layers] == [
        model.inputs[0]._keras_history.operation.name,
        "d",
    ]
    assert result.model.name == model.name
    assert result.model.get_layer("d").use_bias
    assert not model.get_layer("d").use_bias


def test_saves_without_custom_code(tmp_path):
    model = randomize(
        chain((7, 7, 2), layers.Conv2D(3, 3, use_bias=False), BN(), BN())
    )
    folded = fold_batch_norm(model).model
    folded.save(tmp_path / "folded.keras")
    loaded = keras.models.load_model(tmp_path / "folded.keras", compile=False)
    x = draw_inputs(model)
    np.testing.assert_array_equal(loaded(x), folded(x))


def test_model_without_norms():
    result = check_fold(chain((5,), layers.Dense(3)), gone=[])
    assert result.folded == {}


def test_subclassed_model_is_refused():
    class Custom(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(TypeError, match="Custom, which has a `call`"):
        fold_batch_norm(Custom())


def test_unbuilt_model_is_refused():
    with pytest.raises(ValueError, match="has no weights yet"):
        fold_batch_norm(keras.Sequential([layers.Dense(3)]))


PARTS = {
    "norm": lambda: BN(),
    "relu": lambda: layers.LeakyReLU(),
    "dropout": lambda: layers.Dropout(0.3),
    "dense": lambda: layers.Dense(4, use_bias=False),
    "dense_tanh": lambda: layers.Dense(3, activation="tanh"),
    "valid": lambda: layers.Conv2D(4, 2),
    "same": lambda: layers.Conv2D(2, 3, padding="same"),
    "depthwise": lambda: layers.DepthwiseConv2D(2, depth_multiplier=2),
    "transposed": lambda: layers.Conv2DTranspose(3, 2, 2),
}


def expected_left(names):
    """The norms of a chain that stay, found from the names alone."""
    linear = {"dense", "valid", "same", "depthwise", "transposed"}
    front = {"dense", "dense_tanh", "valid", "depthwise"}
    left = []
    for i, name in enumerate(names):
        if name != "norm":
            continue
        before = [n for n in names[:i] if n != "dropout"]
        after = [n for j, n in enumerate(names[i + 1 :]) if n != "dropout"]
        while before and before[-1] == "norm":
            before.pop()
        while after and after[0] == "norm":
            after.pop(0)
        behind_one = bool(before) and before[-1] in linear
        if not behind_one and not (after and after[0] in front):
            left.append(i)
    return left


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=7))
def test_random_chains(names):
    parts = [PARTS[name]() for name in names]
    model = chain((9, 9, 2), *parts)
    norms = {i: p.name for i, p in enumerate(parts) if isinstance(p, BN)}
    kept = [norms[i] for i in expected_left(names)]
    gone = [name for name in norms.values() if name not in kept]
    check_fold(model, gone=gone, kept=kept, tolerance=2e-5)
