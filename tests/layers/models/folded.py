"""What all tests of folding do."""

import keras
import numpy as np
from keras import layers

from normzoo.layers import fold_batch_norm

BN = layers.BatchNormalization


def randomize(model, seed=0):
    """Random weights: gammas negative and zero, far means, small variances."""
    rng = np.random.default_rng(seed)
    for layer in model._flatten_layers():
        if isinstance(layer, BN):
            for weight in layer.weights:
                values = rng.normal(0, 2, weight.shape)
                if weight.name == "moving_variance":
                    values = rng.uniform(0.05, 4, weight.shape)
                elif weight.name == "gamma":
                    values[:1] = 0
                weight.assign(values)
        elif not layer._layers:
            for weight in layer.trainable_weights:
                weight.assign(rng.normal(0, 0.5, weight.shape))
    return model


def draw_inputs(model, seed=1):
    rng = np.random.default_rng(seed)
    return keras.tree.map_structure(
        lambda x: rng.normal(1, 2, [3, *x.shape[1:]]).astype(x.dtype),
        model.inputs[0] if len(model.inputs) == 1 else model.input,
    )


def check_fold(model, gone, kept=(), tolerance=1e-5):
    """Folds, and checks all that must hold of any model."""
    randomize(model)
    x = draw_inputs(model)
    weights = model.get_weights()
    expected = [np.array(y) for y in keras.tree.flatten(model(x))]
    result = fold_batch_norm(model)
    actual = keras.tree.flatten(result.model(x))
    for old, new in zip(expected, actual, strict=True):
        assert old.dtype == new.dtype
        scale = np.abs(old).max()
        assert scale > 0
        np.testing.assert_allclose(new, old, rtol=0, atol=tolerance * scale)
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert set(result.folded) == set(gone)
    assert set(result.left) == set(kept)
    assert count_norms(result.model) == len(kept)
    return result


def count_norms(model):
    return sum(isinstance(layer, BN) for layer in model._flatten_layers())


def chain(shape, *parts, **kwargs):
    return keras.Sequential([keras.Input(shape, **kwargs), *parts])
