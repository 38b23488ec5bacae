"""The noise behind a norm."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import zoo
from normzoo.zoo.norm_noise import NormNoise


def moved(strength, x, seed=0):
    layer = NormNoise(strength, seed=seed)
    return layer(tf.constant(x, tf.float32), training=True).numpy()


@pytest.mark.parametrize("shape", [(4000, 3), (1000, 2, 2, 3)])
def test_each_unit_moves_in_its_own_way(shape):
    strength = 0.5
    shift = moved(strength, np.zeros(shape))
    scale = moved(strength, np.ones(shape)) - shift  # equal seeds
    means = shift.mean(0).ravel()
    assert len(np.unique(means)) == means.size
    assert np.all(np.abs(means) < strength + 0.01)
    # Uniform over an interval of twice strength / 5.
    assert shift.std(0) == pytest.approx(0.1 / np.sqrt(3), rel=0.1)
    assert np.all((scale.mean(0) > 0.99) & (scale.mean(0) < 1.26))
    assert scale.std(0) == pytest.approx(0.1, rel=0.1)


def test_steps_differ_and_seeds_repeat():
    x = tf.ones((8, 3))
    layer, other = NormNoise(0.5, seed=1), NormNoise(0.5, seed=1)
    first, second = (layer(x, training=True).numpy() for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, other(x, training=True))
    # What a checkpoint holds brings the next step's noise back.
    other.seed_generator.state.assign(layer.seed_generator.state)
    np.testing.assert_array_equal(
        layer(x, training=True), other(x, training=True)
    )


def test_inference_has_no_noise():
    x = tf.random.normal((8, 3))
    np.testing.assert_array_equal(NormNoise(0.5)(x), x)


@pytest.mark.parametrize("position", ["before", "after"])
def test_it_stands_behind_the_norm(position):
    model = zoo.mlp((4,), 3, norm="batch", norm_position=position, norm_noise=1)
    names = [layer.name for layer in model.layers]
    at = names.index("norm_dense_0")
    assert names[at + 1] == "noise_dense_0"
    assert model.get_layer("noise_dense_0").strength == 1
    plain = zoo.mlp((4,), 3, norm="batch", norm_position=position)
    assert not [x for x in plain.layers if isinstance(x, NormNoise)]


def test_it_is_saved_with_its_model(tmp_path):
    model = zoo.mlp((4,), 3, norm_noise=0.5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("noise_dense_0").get_config() == (
        model.get_layer("noise_dense_0").get_config()
    )


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_it_keeps_the_policy(policy):
    layer = NormNoise(0.5, dtype=policy)
    x = np.full((2, 3), 100.0, "float32")
    y = tf.function(layer, jit_compile=True)(x, training=True)
    assert y.dtype == layer(x).dtype == layer.compute_dtype


def test_a_negative_strength_is_refused():
    with pytest.raises(ValueError, match="must not be negative"):
        NormNoise(-1.0)
