"""What a GAN's step leaves as it was where a gradient is not finite."""

import keras
import numpy as np
import pytest

from .small_gans import (
    assert_close,
    fit,
    gan,
    points,
    values,
)


def scaled(rate=0.1):
    return keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(rate))


@pytest.mark.slow
@pytest.mark.parametrize("skips", ["d", "g"])
@pytest.mark.parametrize("weight_norm", ["none", "spectral"])
def test_nothing_of_a_network_advances_on_a_skipped_step(weight_norm, skips):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = gan(("batch", "batch", weight_norm), optimizer=scaled)
    finally:
        keras.config.set_dtype_policy("float32")
    parts = {"d": model.discriminator, "g": model.generator}
    player = model.players[skips]
    player.optimizer.dynamic_scale.assign(1e30)
    before = {name: values(part) for name, part in parts.items()}
    average = [a.numpy() for a in model.average.weights]
    logs = fit(model, points(16), 16)
    for name, part in parts.items():
        same = [
            np.array_equal(a, b)
            for a, b in zip(values(part), before[name], strict=True)
        ]
        skipped = name == skips
        assert all(same) if skipped else not any(same)
        assert logs[f"{name}_skipped"][-1] == skipped
        assert model.players[name].optimizer.iterations == 1 - skipped
    kept = all(
        np.array_equal(a, b)
        for a, b in zip(model.average.weights, average, strict=True)
    )
    assert kept == (skips == "g")
    assert logs[f"{skips}_loss_scale"][-1] == np.float32(5e29)
    assert logs["nonfinite"][-1] == 0
    assert model.tally.steps == 1


@pytest.mark.slow
def test_the_loss_scale_changes_nothing_else():
    plain = gan(run_eagerly=True)
    with_scale = gan(optimizer=scaled, run_eagerly=True)
    for model in (plain, with_scale):
        fit(model, points(48), 16)
    assert_close(values(plain.generator), values(with_scale.generator), 1e-4)
    assert_close(
        values(plain.discriminator), values(with_scale.discriminator), 1e-4
    )


@pytest.mark.quick("True")
@pytest.mark.parametrize("finite_only", [True, False])
def test_what_is_not_finite_is_counted_and_seen_unless_told(finite_only):
    model = gan(("none", "none"), finite_only=finite_only)
    examples = points(48)
    examples[20] = np.nan
    logs = fit(model, examples, 16)
    assert logs["nonfinite"][-1] >= 2
    assert np.isfinite(logs["d_norm"][-1]) == finite_only


@pytest.mark.slow
def test_a_skipped_step_is_skipped_on_all_replicas(two_replicas):
    with two_replicas.scope():
        model = gan(("layer", "layer"), optimizer=scaled)
    before = values(model.discriminator)
    examples = points(8)
    examples[6] = np.inf  # goes to the second replica
    logs = fit(model, examples, 8)
    assert_close(values(model.discriminator), before, 0, 0)
    assert logs["d_skipped"][-1] == 1
    assert logs["g_skipped"][-1] == 0
