"""Conditional norms in models: saved, trained, masked, and seen by tools."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers

from .conditioned import RNG, SHAPE, X, each_norm, each_source, make


@pytest.mark.quick("batch-class", "layer-vector", "instance-spatial")
@each_source
@each_norm
def test_a_model_is_saved_and_loaded(norm, source, tmp_path):
    layer, condition = make(norm, source, name="norm")
    inputs = keras.Input(SHAPE[1:])
    given = keras.Input(condition.shape[1:], dtype=condition.dtype.name)
    y = layer(inputs, condition=given)
    assert y.shape == (None, *SHAPE[1:])
    model = keras.Model([inputs, given], y)
    rng = np.random.default_rng(3)
    for weight in model.weights:
        weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    expected = model([X, condition])
    np.testing.assert_array_equal(loaded([X, condition]), expected)
    again = loaded.get_layer("norm").get_config()
    assert again == layer.get_config()
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone([X, condition]), expected)


@pytest.mark.quick("class")
@each_source
def test_a_model_learns_from_its_condition(source):
    """Targets that depend on the condition alone."""
    layer, condition = make("batch", source)
    inputs = keras.Input(SHAPE[1:])
    given = keras.Input(condition.shape[1:], dtype=condition.dtype.name)
    model = keras.Model([inputs, given], layer(inputs, condition=given))
    model.compile(keras.optimizers.Adam(0.1), "mse")
    targets = (
        np.ones(SHAPE) * np.array([1.0, -2.0, 0.0, 1.0])[:, None, None, None]
    )
    losses = [model.train_on_batch([X, condition], targets) for _ in range(40)]
    assert losses[-1] < 0.5 * losses[0]


def test_masked_positions_do_not_count():
    inputs = keras.Input((5, 8))
    given = keras.Input((), dtype="int32")
    norm = layers.Conditional(layers.get("batch")(), layers.ClassCondition(3))
    masked = keras.layers.Masking()(inputs)
    pooled = keras.layers.GlobalAveragePooling1D()(
        norm(masked, condition=given)
    )
    model = keras.Model([inputs, given], pooled)
    model.compile("sgd", "mse")
    x = RNG.normal(1, 2, (4, 5, 8)).astype("float32")
    x[:, 3:] = 0
    model.train_on_batch([x, np.arange(4) % 3], np.zeros((4, 8)))
    expected = 0.01 * x[:, :3].mean((0, 1))
    np.testing.assert_allclose(norm.norm.moving_mean, expected, 1e-4)


def test_tools_for_models_see_the_norm_inside():
    inputs = keras.Input((5,))
    given = keras.Input((), dtype="int32")
    norm = layers.Conditional(layers.get("batch")(), layers.ClassCondition(3))
    model = keras.Model([inputs, given], norm(inputs, condition=given))
    x = RNG.normal(1, 2, (40, 5)).astype("float32")
    data = tf.data.Dataset.from_tensor_slices(
        ((x, np.arange(40, dtype="int32") % 3),)
    )
    layers.reestimate_statistics(model, data.batch(8), verbose=0)
    np.testing.assert_allclose(norm.norm.moving_mean, x.mean(0), 1e-4)


@pytest.mark.parametrize("norm", ["none", "layer", "rms", "virtual"])
def test_the_norm_inside_is_replaced(norm, tmp_path):
    inputs = keras.Input((6,))
    given = keras.Input((), dtype="int32")
    old = layers.Conditional(
        layers.get("batch")(name="bn"), layers.ClassCondition(3), name="cond"
    )
    model = keras.Model([inputs, given], old(inputs, condition=given))
    gamma = RNG.normal(size=(3, 6))
    old.source.gamma.assign(gamma)
    x = [RNG.normal(size=(4, 6)), np.array([0, 2, 1, 1])]
    result = layers.replace_norms(model, norm)
    assert list(result.replaced) == ["cond/norm"]
    plain = layers.get(norm)()(x[0])
    expected = gamma[x[1]] * plain
    np.testing.assert_allclose(result.model(x), expected, 1e-5, 1e-5)
    result.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), result.model(x))


def test_a_threshold_does_not_come_inside():
    inputs = keras.Input((4, 6))
    given = keras.Input((), dtype="int32")
    old = layers.Conditional(layers.get("batch")(), layers.ClassCondition(3))
    model = keras.Model([inputs, given], old(inputs, condition=given))
    with pytest.raises(ValueError, match="threshold=False"):
        layers.replace_norms(model, "filter_response")
    result = layers.replace_norms(model, "filter_response", threshold=False)
    assert len(result.replaced) == 1


def test_a_reference_passes_with_its_condition():
    inputs = keras.Input((5,))
    given = keras.Input((), dtype="int32")
    norm = layers.Conditional(layers.get("virtual")(), layers.ClassCondition(3))
    model = keras.Model([inputs, given], norm(inputs, condition=given))
    x = RNG.normal(1, 2, (40, 5)).astype("float32")
    labels = np.arange(40, dtype="int32") % 3
    model = layers.ReferenceModel(model, [x[:16], labels[:16]])
    y = model([x[16:], labels[16:]], training=True)
    plain = layers.VirtualBatchNormalization()(x[16:], reference=x[:16])
    np.testing.assert_allclose(y, plain, 1e-5, 1e-5)


@pytest.mark.quick("True-batch")
@pytest.mark.parametrize("norm", ["batch", "ghost_batch"])
@pytest.mark.parametrize("layerwise", [True, False])
def test_statistics_behind_a_condition_are_those_of_its_norms(norm, layerwise):
    x, vectors = keras.Input((3,)), keras.Input((2,))
    style = keras.layers.BatchNormalization()(vectors)
    style = keras.layers.BatchNormalization()(keras.ops.exp(style))
    source = layers.VectorCondition(kernel_initializer="ones")
    inner = layers.Conditional(layers.get(norm, epsilon=1e-5)(), source)
    last = layers.BatchNormalization()
    outputs = last(inner(x, condition=style))
    model = keras.Model([x, vectors], outputs)
    below = keras.Model([x, vectors], last.input)
    data = [RNG.normal(3, 2, (8, size)).astype("float32") for size in (3, 2)]
    layers.reestimate_statistics(model, data, layerwise=layerwise, verbose=0)
    # One batch: by its own statistics, or by the same ones as moving ones.
    seen = below(data).numpy()
    np.testing.assert_allclose(last.moving_mean, seen.mean(0), 1e-4, 1e-5)
    np.testing.assert_allclose(last.moving_variance, seen.var(0), 1e-4, 1e-5)


def test_large_ghost_batches_behind_a_condition_in_half_precision():
    """Their kernel returns 16 bits, which meet the condition's 32."""
    policy = "mixed_bfloat16"
    x, given = keras.Input((64, 96, 8)), keras.Input((), dtype="int32")
    norm = layers.BatchNormalization(virtual_batch_size=3, dtype=policy)
    source = layers.ClassCondition(2, dtype=policy)
    layer = layers.Conditional(norm, source, dtype=policy)
    behind = layers.BatchNormalization(dtype=policy)
    half = keras.layers.Activation("linear", dtype=policy)(x)
    model = keras.Model([x, given], behind(layer(half, condition=given)))
    values = RNG.normal(3, 2, (4, 64, 96, 8)).astype("float32")
    data = [values, np.array([0, 1, 1, 0], "int32")]
    assert model(data, training=True).dtype == "bfloat16"
    layers.reestimate_statistics(model, data, layerwise=False, verbose=0)
    expected = values.mean((0, 1, 2))
    np.testing.assert_allclose(layer.norm.moving_mean, expected, 1e-2)
    np.testing.assert_allclose(behind.moving_mean, np.zeros(8), 0, 1e-2)
