"""What `NormStatistics` shows of a training on several replicas."""

import keras
import numpy as np
import pytest

from normzoo import layers
from normzoo.trainers.callbacks import NormStatistics

from .watching import (
    X,
    check_documented,
    compiled_model,
    events,
    fit,
    network,
    noisy,
    of_sequences,
    series,
    value,
)


def bfloat16():
    policy = keras.dtype_policies.DTypePolicy("mixed_bfloat16")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,))], name="half")
    model.add(keras.layers.Dense(4, dtype=policy, name="dense"))
    model.add(layers.LayerNormalization(dtype=policy, name="norm"))
    model.add(keras.layers.Dense(3, dtype="float32", name="logits"))
    return compiled_model(model)


def scaled():
    model = network("layer")
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.1), initial_scale=8.0
    )
    return compiled_model(model, optimizer=optimizer)


def of_steps():
    keras.utils.set_random_seed(0)
    return of_sequences(layers.LayerNormGRU(4, name="steps"))


#: Model -> (what makes it, relative tolerance).
REPLICATED = {
    "several steps a call": (
        lambda: network("layer", steps_per_execution=2),
        1e-5,
    ),
    "eager": (lambda: network("layer", run_eagerly=True), 1e-5),
    "mixed precision": (bfloat16, 2e-2),
    "a scaled loss": (scaled, 1e-5),
    "a recurrent layer": (of_steps, 1e-5),
}


def sizes_of(make, folder):
    """Tag -> step -> value, or heights of bars, of gradients and weights."""
    model = make()
    x = X
    if len(model.input_shape) > 2:
        x = np.random.default_rng(2).normal(size=(48, 5, 2)).astype("float32")
    fit(model, NormStatistics(folder, every=1), x=x, epochs=1)
    found = events(folder)
    sizes = {
        tag: series(found, tag)
        for tag in found.Tags()["tensors"]
        if "_norm/" in tag or tag.startswith("gradient_norm_through")
    }
    for tag, values in sizes.items():
        if "_through_" in tag:
            sizes[tag] = {k: bars[:, 2] for k, bars in values.items()}
    check_documented(found)
    return sizes


@pytest.mark.slow
@pytest.mark.parametrize("name", REPLICATED)
def test_replicas_show_what_one_device_does(name, two_replicas, tmp_path):
    make, tolerance = REPLICATED[name]
    one = sizes_of(make, tmp_path / "one")

    def several():
        with two_replicas.scope():
            return make()

    two = sizes_of(several, tmp_path / "two")
    assert set(one) == set(two)
    assert any(tag.startswith("gradient_norm/") for tag in one)
    for tag, values in one.items():
        assert set(values) <= set(two[tag])
        for step, expected in values.items():
            shown = two[tag][step]
            np.testing.assert_allclose(shown, expected, tolerance, err_msg=tag)


@pytest.mark.slow
def test_training_with_replicas_is_bitwise_the_same(two_replicas, tmp_path):
    def trained(*callbacks):
        with two_replicas.scope():
            model = noisy()
        # The last batch is smaller.
        return fit(model, *callbacks, x=X[:37])

    watched = trained(NormStatistics(tmp_path, every=1))
    alone = trained()
    for one, other in zip(
        [*watched.variables, *watched.optimizer.variables],
        [*alone.variables, *alone.optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    found = events(tmp_path)
    steps = list(series(found, "gradient_norm/all"))
    assert steps == [1, 2, 3, 4, 5, 6]
    assert any(t.startswith("mean_distance/") for t in found.Tags()["tensors"])
    check_documented(found)


@pytest.mark.slow
def test_norms_of_replicas_are_those_of_the_first(two_replicas, tmp_path):
    with two_replicas.scope():
        model = network()
    dense = next(x for x in model.layers if isinstance(x, keras.layers.Dense))
    norm = next(x for x in model.layers if hasattr(x, "moving_mean"))
    # Half of the batch, which is not shuffled.
    inputs = dense(X[:8]).numpy()
    watch = NormStatistics(tmp_path)
    fit(model, watch, x=X[:16], epochs=1, shuffle=False)
    found = events(tmp_path)
    median = value(found, f"unit_input_50/{norm.name}", 1)
    assert median == pytest.approx(np.median(inputs[:, 2]), rel=1e-5)
