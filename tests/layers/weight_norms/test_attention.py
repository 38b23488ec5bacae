"""Weight norms of attention's kernels."""

import keras
import numpy as np
import pytest

from normzoo import layers

from .test_formulas import FORMULAS

L = keras.layers
X = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
ATTENTION = {
    "multi-head": (lambda: L.MultiHeadAttention(2, 3, name="attend"), 4),
    "gate": (
        lambda: L.MultiHeadAttention(2, 3, use_gate=True, name="attend"),
        5,
    ),
    "grouped": (lambda: L.GroupQueryAttention(3, 4, 2, name="attend"), 4),
}


def parts(layer):
    """Returns name -> the linear map."""
    return {
        value.name: value
        for value in vars(layer).values()
        if isinstance(value, L.EinsumDense)
    }


def model_of(layer):
    inputs = keras.Input(X.shape[1:])
    return keras.Model(inputs, layer(inputs, inputs))


@pytest.mark.quick("multi-head-spectral", "grouped-weight")
@pytest.mark.parametrize(
    ("name", "norm"),
    [
        pytest.param(name, norm, id=f"{name}-{norm.split('_')[0]}")
        for name, norm in [
            ("multi-head", "spectral"),
            ("grouped", "weight"),
            ("multi-head", "standardization"),
            ("gate", "scaled_standardization"),
        ]
    ],
)
def test_each_kernel_is_a_matrix_of_its_units(name, norm, tmp_path):
    make, count = ATTENTION[name]
    arguments, formula = FORMULAS[norm]
    layer = layers.get_weight_norm(norm, **arguments)(make())
    model = model_of(layer)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    found = layer.normalized_kernels()
    assert len(found) == count
    plain = make()
    plain.build(X.shape, X.shape)
    plain.set_weights(layer.layer.get_weights())
    for part, inner in parts(plain).items():
        kernel = inner.kernel.numpy()
        # Heads and their features are summed over, or are the units.
        fan_in = kernel.shape[:2] if part == "attention_output" else (6,)
        matrix = kernel.reshape(np.prod(fan_in), -1)
        state = {
            n: getattr(layer, f"{part}_kernel_{n}").numpy().ravel()
            for n in layer.state
        }
        expected, _ = formula(matrix.astype("float64"), state)
        value = found[f"{part}_kernel"].numpy()
        np.testing.assert_allclose(
            value.reshape(matrix.shape), expected, 1e-4, 1e-5
        )
        inner.kernel.assign(value)
    np.testing.assert_allclose(model(X), plain(X, X), 1e-4, 1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(X), model(X))


@pytest.mark.slow
def test_a_model_gets_the_norm_and_trains_and_can_lose_it():
    make, _ = ATTENTION["multi-head"]
    model = model_of(make())
    result = layers.replace_weight_norms(model, "weight")
    assert (list(result.replaced), result.left) == (["attend"], {})
    copy = result.model
    np.testing.assert_allclose(copy(X), model(X), 1e-5, 1e-6)
    copy.compile(keras.optimizers.SGD(0.1), "mse")
    before = [w.numpy() for w in copy.trainable_weights if "kernel" in w.path]
    copy.train_on_batch(X, X)
    after = [w for w in copy.trainable_weights if "kernel" in w.path]
    assert all(
        not np.array_equal(a, b) for a, b in zip(before, after, strict=True)
    )
    plain = layers.replace_weight_norms(copy, "none").model
    assert type(plain.get_layer("attend")) is L.MultiHeadAttention
    np.testing.assert_allclose(plain(X), copy(X), 1e-5, 1e-6)


def test_attention_to_other_features_is_refused():
    attention = L.MultiHeadAttention(2, 3)
    attention.build((None, 4, 6), (None, 5, 8))
    layer = layers.SpectralNormalization(attention)
    with pytest.raises(ValueError, match=r"same number of features.*'key': 8"):
        layer.build((None, 4, 6))
    inputs, others = keras.Input((4, 6)), keras.Input((5, 8))
    model = keras.Model(
        [inputs, others], L.MultiHeadAttention(2, 3, name="a")(inputs, others)
    )
    left = layers.replace_weight_norms(model, "spectral").left
    assert "same number of features" in left["a"]
