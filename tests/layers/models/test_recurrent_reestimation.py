"""Statistics of recurrent batch norms are those of the whole data."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from normzoo.layers import (
    BatchNormalization,
    BatchNormGRU,
    BatchNormLSTM,
    BatchNormSimpleRNN,
    ReferenceModel,
    VirtualBatchNormalization,
    reestimate_statistics,
)
from normzoo.layers.models.reestimation import Reestimation

from ..recurrent.reference import Normalizer, run

KINDS = {
    "LSTM": BatchNormLSTM,
    "GRU": BatchNormGRU,
    "SimpleRNN": BatchNormSimpleRNN,
}
RNG = np.random.default_rng(0)
X = RNG.normal(1.0, 2.0, (11, 4, 3)).astype("float32")
MASK = RNG.random((11, 4)) < 0.7
MASK[0] = False
MASK[1] = True
#: None of the inputs is the value that Masking takes for padding.
PADDED = np.where(MASK[..., None], X, 0).astype("float32")
ALL = np.ones_like(MASK)


def weights_of(layer):
    return {w.name: w.numpy().astype("float64") for w in layer.weights}


def randomize(layer):
    for weight in layer.weights:
        if not weight.name.startswith("moving"):
            weight.assign(RNG.normal(0.5, 0.5, weight.shape))


def chain(shape, *parts):
    model = keras.Sequential([keras.Input(shape), *parts])
    for part in parts:
        if isinstance(part, tuple(KINDS.values())):
            randomize(part)
    return model


def affine(found):
    sites = {n.removeprefix("gamma_") for n in found if n.startswith("gamma_")}
    return {
        site: (found[f"gamma_{site}"], found.get(f"beta_{site}", 0.0))
        for site in sites
    }


def through(kind, norm, layer, x, mask):
    """Runs the NumPy layer; returns its outputs."""
    found = weights_of(layer)
    weights = [found[n] for n in ("kernel", "recurrent_kernel", "bias")]
    x = x.astype("float64")
    return run(kind, norm, x, mask, weights, layer.go_backwards)


def check(kind, layer, x, mask, rows=None):
    """Compares with the moments of all examples in one batch."""
    found = weights_of(layer)
    norm = Normalizer(0, affine(found), layer.epsilon)
    outputs = through(kind, norm, layer, x, mask)
    steps = {step for _, step in norm.moments}
    assert len(norm.moments) == len(affine(found)) * len(steps)
    for (site, step), (mean, variance, _) in norm.moments.items():
        if rows is None or step < rows:
            for name, value in (("mean", mean), ("variance", variance)):
                row = found[f"moving_{name}_{site}"][step]
                np.testing.assert_allclose(row, value, 2e-5, 1e-5)
    return outputs


@pytest.mark.slow
@pytest.mark.parametrize("batch", [4, 11])
@pytest.mark.parametrize("kind", KINDS)
def test_each_step_equals_numpy(kind, batch):
    layer = KINDS[kind](2, return_sequences=True, initial_state_noise=0.1)
    model = chain((4, 3), layer)
    assert reestimate_statistics(model, X, batch_size=batch, verbose=0) == 1
    outputs = check(kind, layer, X, ALL)
    np.testing.assert_allclose(model(X), outputs, 1e-4, 1e-5)
    np.testing.assert_array_equal(layer.statistics.moving_weight, np.ones(4))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_masks(kind):
    layer = KINDS[kind](2, return_sequences=True, go_backwards=True)
    model = chain((4, 3), layers.Masking(), layer)
    reestimate_statistics(model, PADDED, batch_size=3, verbose=0)
    check(kind, layer, PADDED, MASK)


@pytest.mark.slow
def test_fewer_rows_than_steps_and_more():
    for rows in (2, 7):
        layer = BatchNormLSTM(2, max_timesteps=rows)
        model = chain((4, 3), layer)
        layer.statistics.moving_weight.assign(np.zeros(rows))
        reestimate_statistics(model, X, batch_size=5, verbose=0)
        check("LSTM", layer, X, ALL, rows)
        expected = np.arange(rows) < 4
        np.testing.assert_array_equal(layer.statistics.moving_weight, expected)


class Fixed:
    """Normalizes by given moments, and keeps what it is given."""

    def __init__(self, moments, affine, epsilon):
        self.moments, self.affine, self.epsilon = moments, affine, epsilon
        self.seen = {site: [] for site in moments}

    def __call__(self, site, step, value):
        if site not in self.moments:
            return value
        self.seen[site].append(value)
        mean, variance = self.moments[site]
        gamma, beta = self.affine[site]
        return gamma * (value - mean) / np.sqrt(variance + self.epsilon) + beta


@pytest.mark.quick("LSTM")
@pytest.mark.parametrize("kind", KINDS)
def test_one_row_for_all_steps(kind):
    layer = KINDS[kind](2, per_timestep=False)
    model = chain((4, 3), layers.Masking(), layer)
    for weight in layer.statistics.weights:
        weight.assign(RNG.uniform(0.5, 1.0, weight.shape))
    found = weights_of(layer)
    sites = [s for s in ("input", "recurrent", "cell") if s in affine(found)]
    moments = {
        site: [found[f"moving_{name}_{site}"] for name in ("mean", "variance")]
        for site in sites
    }
    for site in sites:
        norm = Fixed(moments, affine(found), layer.epsilon)
        through(kind, norm, layer, PADDED, MASK)
        values = np.concatenate(norm.seen[site])
        moments[site] = values.mean(0), values.var(0)
    reestimate_statistics(model, PADDED, batch_size=3, verbose=0)
    after = weights_of(layer)
    for site, (mean, variance) in moments.items():
        for name, value in (("mean", mean), ("variance", variance)):
            row = after[f"moving_{name}_{site}"]
            np.testing.assert_allclose(row, value[None], 2e-5, 1e-5)


@pytest.mark.slow
def test_norms_in_front_and_behind():
    first, last = BatchNormalization(), BatchNormalization()
    gru = BatchNormGRU(2, return_sequences=True)
    lstm = BatchNormLSTM(2)
    model = chain((4, 3), first, gru, lstm, last)
    assert reestimate_statistics(model, X, batch_size=4, verbose=0) == 4
    check("GRU", gru, np.asarray(first(X)), ALL)
    check("LSTM", lstm, np.asarray(gru(first(X))), ALL)
    behind = np.asarray(lstm(gru(first(X))))
    np.testing.assert_allclose(last.moving_mean, behind.mean(0), 1e-5, 1e-6)


def pooled(moments):
    """Mean and variance of parts together, each (mean, variance, count)."""
    count = sum(n for _, _, n in moments)
    mean = sum(n * m for m, _, n in moments) / count
    spread = sum(n * (v + (m - mean) ** 2) for m, v, n in moments)
    return mean, spread / count


#: Layer, its arguments, and whether the inputs are masked.
BATCHWISE = {
    "LSTM": ("LSTM", {}, False),
    "masked": ("GRU", {}, True),
    "backwards": ("GRU", {"go_backwards": True}, False),
    "one row": ("SimpleRNN", {"per_timestep": False}, True),
    "fewer rows": ("LSTM", {"max_timesteps": 2}, False),
    "nothing random": (
        "LSTM",
        {"dropout": 0.5, "recurrent_dropout": 0.5, "initial_state_noise": 1.0},
        False,
    ),
    "synchronized": ("GRU", {"synchronized": True, "unroll": True}, False),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BATCHWISE)
def test_batchwise_normalizes_by_each_batch(name):
    kind, arguments, masked = BATCHWISE[name]
    layer = KINDS[kind](2, return_sequences=True, **arguments)
    last = BatchNormalization()
    front = [layers.Masking()] if masked else []
    model = chain((4, 3), *front, layer, last)
    config = layer.get_config()
    x, mask = (PADDED, MASK) if masked else (X, ALL)
    reestimate_statistics(model, x, layerwise=False, batch_size=6, verbose=0)
    assert layer.get_config() == config
    assert "learn" not in vars(layer.statistics)
    found = weights_of(layer)
    rows = len(found["moving_weight"])
    outputs, moments = [], {}
    for part in (slice(0, 6), slice(6, None)):
        norm = Normalizer(0, affine(found), layer.epsilon)
        ran = through(kind, norm, layer, x[part], mask[part])
        outputs.append(ran[mask[part]])
        for (site, step), each in norm.moments.items():
            row = 0 if rows == 1 else step
            moments.setdefault((site, row), []).append(each)
    for (site, row), parts in moments.items():
        if row < rows:
            mean, variance = pooled(parts)
            held = found[f"moving_mean_{site}"][row]
            np.testing.assert_allclose(held, mean, 2e-5, 1e-5)
            held = found[f"moving_variance_{site}"][row]
            np.testing.assert_allclose(held, variance, 2e-5, 1e-5)
    np.testing.assert_array_equal(found["moving_weight"], np.ones(rows))
    behind = np.concatenate(outputs)
    np.testing.assert_allclose(last.moving_mean, behind.mean(0), 1e-4, 1e-5)
    np.testing.assert_allclose(last.moving_variance, behind.var(0), 1e-4, 1e-5)


def test_a_frozen_layer_passes_on_what_inference_does():
    layer, last = BatchNormGRU(2), BatchNormalization()
    model = chain((4, 3), layer, last)
    layer.trainable = False
    for weight in layer.statistics.weights:
        weight.assign(RNG.uniform(0.5, 1.0, weight.shape))
    behind = np.asarray(model.layers[0](X))
    reestimate_statistics(model, X, layerwise=False, batch_size=6, verbose=0)
    check("GRU", layer, X, ALL)
    np.testing.assert_allclose(last.moving_mean, behind.mean(0), 1e-5, 1e-6)


@pytest.mark.slow
def test_a_kept_one_begins_from_nothing():
    layer, norm = BatchNormSimpleRNN(2), BatchNormalization()
    model = chain((4, 3), layer, norm)
    data = tf.data.Dataset.from_tensor_slices(X).batch(4)
    kept = Reestimation(model, layerwise=False)
    layer.cell.kernel.assign(np.full((3, 2), np.nan))
    kept(data)
    randomize(layer)
    kept(data)
    got = [w.numpy() for w in model.weights]
    reestimate_statistics(model, data, layerwise=False, verbose=0)
    for weight, value in zip(model.weights, got, strict=True):
        np.testing.assert_array_equal(weight, value)
        assert np.isfinite(value).all()


@pytest.mark.slow
def test_initial_states_and_several_outputs():
    inputs = keras.Input((4, 3))
    encoder = BatchNormLSTM(2, return_state=True)
    decoder = BatchNormLSTM(2)
    _, *states = encoder(inputs)
    model = keras.Model(inputs, decoder(inputs, initial_state=states))
    randomize(encoder)
    randomize(decoder)
    assert reestimate_statistics(model, X, batch_size=4, verbose=0) == 2
    check("LSTM", encoder, X, ALL)
    h = encoder(X)[1]
    kernel = weights_of(decoder)["recurrent_kernel"]
    np.testing.assert_allclose(
        decoder.statistics.means["recurrent"][0],
        (np.asarray(h, "float64") @ kernel).mean(0),
        1e-4,
        1e-5,
    )


@pytest.mark.slow
@pytest.mark.parametrize("layerwise", [True, False])
def test_all_other_state_stays(layerwise):
    inputs = keras.Input(batch_shape=(2, 4, 3))
    lstm = layers.LSTM(3, stateful=True, return_sequences=True)
    own = BatchNormSimpleRNN(3, stateful=True, return_sequences=True)
    norms = [BatchNormalization(), BatchNormalization()]
    y = layers.Dropout(0.5)(lstm(inputs))
    y = norms[1](own(norms[0](y)))
    model = keras.Model(inputs, y)
    model.compile("adam", "mse", metrics=["mae"], run_eagerly=True)
    x = X[:6]
    model.fit(x[:2], np.zeros((2, 4, 3)), batch_size=2, verbose=0)
    others = [
        *(v for v in model.variables if "moving" not in v.name),
        *lstm.states,
        *own.states,
        *model.metrics_variables,
        *model.optimizer.variables,
    ]
    before = [v.numpy() for v in others]
    reestimate_statistics(
        model, x, batch_size=2, layerwise=layerwise, verbose=0
    )
    for variable, value in zip(others, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


@pytest.mark.slow
def test_every_pass_begins_with_the_same_states():
    inputs = keras.Input(batch_shape=(2, 4, 3))
    lstm = layers.LSTM(3, stateful=True)
    norms = [BatchNormalization(), BatchNormalization()]
    model = keras.Model(inputs, norms[1](norms[0](lstm(inputs))))
    model(X[:2])
    begun = [v.numpy() for v in lstm.states]
    reestimate_statistics(model, X[:10], batch_size=2, verbose=0)
    outputs = [np.asarray(lstm(X[i : i + 2])) for i in range(0, 10, 2)]
    mean = np.concatenate(outputs).mean(0)
    np.testing.assert_allclose(norms[0].moving_mean, mean, 1e-5, 1e-6)
    np.testing.assert_allclose(
        norms[1].moving_mean, norms[0](mean[None])[0], 1e-4, 1e-5
    )
    assert all(state.any() for state in begun)


@pytest.mark.slow
def test_references_are_refreshed():
    first, last = BatchNormalization(), BatchNormalization()
    virtual = VirtualBatchNormalization()
    inside = chain((3,), first, virtual, last)
    x = X[:, 0]
    model = ReferenceModel(inside, x[:5])
    assert reestimate_statistics(model, x, batch_size=4, verbose=0) == 2
    seen = np.asarray(first(x[:5]))
    np.testing.assert_allclose(virtual.reference_mean, seen.mean(0), 1e-5, 1e-6)
    behind = np.asarray(virtual(first(x)))
    np.testing.assert_allclose(last.moving_mean, behind.mean(0), 1e-5, 1e-6)
    alone = ReferenceModel(chain((3,), VirtualBatchNormalization()), x[:5])
    assert reestimate_statistics(alone, x, verbose=0) == 0
    np.testing.assert_allclose(
        alone.model.layers[0].reference_mean, x[:5].mean(0), 1e-5
    )


@pytest.mark.slow
def test_an_error_leaves_recurrent_statistics():
    layer = BatchNormLSTM(2)
    model = chain((4, 3), layer, BatchNormalization())
    before = weights_of(layer)

    def load():
        for x in (X[:4], X[4:8]):
            if np.any(weights_of(layer)["moving_mean_input"]):
                raise ValueError("broken file")
            yield x

    data = tf.data.Dataset.from_generator(
        load, output_signature=tf.TensorSpec((4, 4, 3))
    )
    with pytest.raises(tf.errors.OpError, match="broken file"):
        reestimate_statistics(model, data, verbose=0)
    for name, value in weights_of(layer).items():
        np.testing.assert_array_equal(value, before[name])
