"""What `NormStatistics` shows of recurrent layers, step by step."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.trainers.callbacks import NormStatistics
from normzoo.trainers.inspection import norm_statistics

from .watching import (
    Cell,
    Y,
    check_documented,
    compiled_model,
    events,
    fit,
    of_sequences,
    series,
    value,
)

RNG = np.random.default_rng(0)
KINDS = ("mean", "variance")


RECURRENT = {
    "batch": (layers.BatchNormLSTM, {"max_timesteps": 5}, True),
    "batch, GRU": (layers.BatchNormGRU, {}, True),
    "layer": (layers.LayerNormGRU, {}, False),
    "layer, LSTM": (layers.LayerNormLSTM, {}, False),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_norms_have_heat_maps(name, tmp_path):
    make, options, moving = RECURRENT[name]
    inputs = keras.Input((5, 2))
    layer = make(4, return_sequences=True, **options)
    x = keras.layers.GlobalAveragePooling1D()(layer(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3)(x))
    sequences = RNG.normal(size=(48, 5, 2)).astype("float32")
    fit(
        compiled_model(model),
        NormStatistics(tmp_path, every=100),
        x=sequences,
        epochs=1,
    )
    found = events(tmp_path)
    tags = set(found.Tags()["tensors"])
    shown = series(found, f"mean_over_time/{layer.name}")[2]
    picture = tf.io.decode_png(shown[2])
    assert picture.shape == (4 * 48, 5 * 48, 3)
    tag = f"moving_mean_input_over_time/{layer.name}"
    assert (tag in tags) is moving
    for site in layer.cell.sites:
        for kind in KINDS:
            tag = f"batch_{kind}_{site.name}_over_time/{layer.name}"
            assert tag in tags
    check_documented(found)


def sequences(padded=False):
    x = np.random.default_rng(1).normal(size=(16, 5, 2)).astype("float32")
    if padded:
        x[:8, 3:] = 0
        x[:, 4:] = 0  # a step that no sequence has
    return x


def look(model, x, folder, every=100):
    """The events of a second step on sequences in their order."""
    fit(model, x=x, epochs=1, shuffle=False)
    moving = {v.path: v.numpy() for v in model.non_trainable_variables}
    before = [w.numpy() for w in model.trainable_weights]
    watch = NormStatistics(folder, every=every)
    with Maps() as maps:
        fit(model, watch, x=x, epochs=1, shuffle=False)
    after = [w.numpy() for w in model.trainable_weights]
    for weight, old in zip(model.trainable_weights, before, strict=True):
        weight.assign(old)
    assert any((a != b).any() for a, b in zip(after, before, strict=True))
    return events(folder), moving, maps.drawn


class Maps:
    """Keeps the numbers that pictures are drawn of."""

    def __enter__(self):
        self.drawn = []
        self._draw = norm_statistics.heat_map

        def draw(values):
            self.drawn.append(np.asarray(values))
            return self._draw(values)

        norm_statistics.heat_map = draw
        return self

    def __exit__(self, *error):
        norm_statistics.heat_map = self._draw


def expected_steps(given, real):
    """Mean and variance of each step of arrays (batch, time, units)."""
    shown = np.where(real[..., np.newaxis], given.astype("float64"), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an empty step
        return np.nanmean(shown, 0), np.nanvar(shown, 0)


def check_distances(found, name, path, batch, moving, epsilon):
    variance = batch[1] + epsilon
    for kind, values in (
        ("mean", (moving[0] - batch[0]) / np.sqrt(variance)),
        ("variance", np.log((moving[1] + epsilon) / variance)),
    ):
        tag = f"{kind}_distance{name}"
        overall = value(found, f"{tag}/{path}", 2)
        expected = np.sqrt(np.nanmean(values**2))
        assert overall == pytest.approx(expected, rel=1e-4)
        bars = series(found, f"{tag}_through_time/{path}")[2][:, 2]
        expected = np.nan_to_num(np.sqrt((values**2).mean(1)))
        np.testing.assert_allclose(bars, expected, rtol=1e-4)


CELLS = {
    "batch norm": (keras.layers.BatchNormalization, {}, False),
    "unrolled": (layers.BatchNormalization, {"unroll": True}, False),
    "backwards": (
        keras.layers.LayerNormalization,
        {"go_backwards": True},
        True,
    ),
    "padding": (layers.LayerNormalization, {"return_sequences": True}, True),
}


@pytest.mark.slow
@pytest.mark.quick("batch norm")
@pytest.mark.parametrize("name", CELLS)
def test_norms_in_a_cell_are_seen_at_each_step(name, tmp_path):
    make, options, padded = CELLS[name]
    cell, x = Cell(make(name="inner")), sequences(padded)
    front = [keras.layers.Masking()] * padded
    layer = keras.layers.RNN(cell, **options)
    model = of_sequences(layer, *front)
    found, moving, maps = look(model, x, tmp_path)
    state, given, real = np.zeros((16, 4), "float32"), [], (x != 0).any(-1)
    if options.get("go_backwards"):
        x, real = x[:, ::-1], real[:, ::-1]
    for step in range(5):
        given.append(cell.product(x[:, step], state).numpy())
        values = given[-1]
        if hasattr(cell.norm, "moving_mean"):
            values = (values - values.mean(0)) / np.sqrt(
                values.var(0) + cell.norm.epsilon
            )
            values = values * cell.norm.gamma + cell.norm.beta
        else:
            values = cell.norm(values)
        state = np.where(real[:, step, None], np.tanh(values), state)
    given = np.stack(given, 1)
    mean, variance = expected_steps(given, real)
    shown, *more = maps
    np.testing.assert_allclose(shown, mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(more[0], variance, rtol=1e-4, atol=1e-5)
    assert len(more) == 1
    buckets = series(found, "inputs/inner")[2]
    assert buckets[:, 2].sum() == real.sum() * 4
    if hasattr(cell.norm, "moving_mean"):
        moved = [moving[getattr(cell.norm, f"moving_{k}").path] for k in KINDS]
        batch = mean, variance
        check_distances(found, "", "inner", batch, moved, cell.norm.epsilon)
    check_documented(found)


class Choosing(Cell):
    """Its norm is called in a branch, which is a graph of its own."""

    def call(self, x, states, training=None):
        z = self.product(x, states[0])
        h = tf.cond(tf.size(z) > 0, lambda: self.norm(z), lambda: z)
        return h, [h]


@pytest.mark.slow
def test_a_norm_in_a_branch_is_not_seen(tmp_path):
    cell = Choosing(keras.layers.LayerNormalization(name="inner"))
    model = of_sequences(keras.layers.RNN(cell))
    found, _, maps = look(model, sequences(), tmp_path)
    tags = found.Tags()["tensors"]
    assert "gradient_norm/all" in tags
    assert "inputs/inner" not in tags
    assert not maps


def steps_by_hand(layer, x, real):
    """What the norms of a simple recurrent layer are given, step by step."""
    weights = {w.name: w.numpy() for w in layer.weights}
    state = np.zeros((len(x), layer.units))
    given = {"input": [], "recurrent": []}
    by_batch = hasattr(layer, "statistics")
    for step in range(x.shape[1]):
        total, mine = weights["bias"], real[:, step]
        for site, factor, kernel in (
            ("input", x[:, step], "kernel"),
            ("recurrent", state, "recurrent_kernel"),
        ):
            product = factor @ weights[kernel]
            given[site].append(product)
            over, axis = (product[mine], 0) if by_batch else (product, 1)
            mean, variance = 0.0, 1.0
            if over.size:
                mean = over.mean(axis, keepdims=True)
                variance = over.var(axis, keepdims=True)
            normal = (product - mean) / np.sqrt(variance + layer.epsilon)
            total = total + normal * weights[f"gamma_{site}"]
            total = total + weights.get(f"beta_{site}", 0.0)
        state = np.where(mine[:, None], np.tanh(total), state)
    return {site: np.stack(values, 1) for site, values in given.items()}


SITES = {
    "batch, padding": (layers.BatchNormSimpleRNN, {"max_timesteps": 3}, True),
    "batch, one row": (layers.BatchNormSimpleRNN, {"per_timestep": False}, 0),
    "layer, padding": (layers.LayerNormSimpleRNN, {}, True),
}


@pytest.mark.slow
@pytest.mark.quick("layer, padding", "batch, padding")
@pytest.mark.parametrize("name", SITES)
def test_norms_of_recurrent_layers_are_seen_at_each_step(name, tmp_path):
    make, options, padded = SITES[name]
    x = sequences(padded)
    layer = make(4, name="steps", **options)
    model = of_sequences(layer, *[keras.layers.Masking()] * padded)
    found, moving, maps = look(model, x, tmp_path)
    real = (x != 0).any(-1)
    given = steps_by_hand(layer, x.astype("float64"), real)
    for place, (site, values) in enumerate(given.items()):
        batch = expected_steps(values, real)
        for shown, expected in zip(maps[2 * place :], batch, strict=False):
            np.testing.assert_allclose(shown, expected, rtol=1e-3, atol=1e-5)
        tags = found.Tags()["tensors"]
        for kind in KINDS:
            assert f"batch_{kind}_{site}_over_time/steps" in tags
        if not hasattr(layer, "statistics"):
            continue
        statistics = layer.statistics
        rows = moving[statistics.moving_weight.path]
        row = np.minimum(np.arange(5), (rows > 0).sum() - 1)
        moved = [
            moving[getattr(statistics, f"moving_{k}_{site}").path][row]
            for k in KINDS
        ]
        name = f"_{site}"
        check_distances(found, name, "steps", batch, moved, layer.epsilon)
    check_documented(found)


@pytest.mark.slow
def test_the_gradient_through_time_is_that_to_each_input(tmp_path):
    x = RNG.normal(size=(16, 5, 2)).astype("float32")
    layer, inputs = layers.LayerNormGRU(4, name="steps"), keras.Input((5, 2))
    logits = keras.layers.Dense(3)(layer(inputs))
    model = compiled_model(keras.Model(inputs, logits))
    fit(model, x=x, epochs=1)
    with tf.GradientTape() as tape:
        tape.watch(given := tf.constant(x))
        loss = model.loss(Y[:16], model(given, training=True))
    expected = tf.norm(tape.gradient(loss, given), axis=(0, 2)).numpy()
    fit(model, NormStatistics(tmp_path), x=x, epochs=1, shuffle=False)
    found = events(tmp_path)
    bars = series(found, "gradient_norm_through_time/steps")[2][:, 2]
    np.testing.assert_allclose(bars, expected, rtol=1e-4)
    check_documented(found)


@pytest.mark.slow
def test_masked_positions_do_not_count(tmp_path):
    x = RNG.normal(size=(16, 5, 2)).astype("float32")
    x[:8, 3:] = 0  # padding
    x[:, 4:] = 0  # a step that no sequence has
    inputs = keras.Input((None, 2))
    norm = keras.layers.BatchNormalization(name="norm")
    layer = layers.LayerNormGRU(3, return_sequences=True, name="steps")
    steps = layer(norm(keras.layers.Masking()(inputs)))
    pooled = keras.layers.GlobalAveragePooling1D()(steps)
    model = keras.Model(inputs, keras.layers.Dense(3)(pooled))
    model = fit(compiled_model(model), x=x, epochs=1)
    moving = norm.moving_mean.numpy()
    fit(model, NormStatistics(tmp_path), x=x, epochs=1, shuffle=False)
    found, real = events(tmp_path), x[(x != 0).any(-1)]
    buckets = series(found, "inputs/norm")[2]
    assert buckets[:, 2].sum() == real.size
    median = value(found, "unit_input_50/norm", 2)
    assert median == pytest.approx(np.median(real[:, 1]), rel=1e-5)
    offset = (moving - real.mean(0)) ** 2 / (real.var(0) + norm.epsilon)
    distance = value(found, "mean_distance/norm", 2)
    assert distance == pytest.approx(np.sqrt(offset.mean()), rel=1e-4)
    picture = tf.io.decode_png(series(found, "mean_over_time/steps")[2][2])
    white = (picture.numpy() == 255).all((0, 2))
    width = len(white) // 5
    assert white[4 * width :].all()
    assert not white[: 4 * width].any()
