"""The recurrent layers' arithmetic and statistics against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers

from . import reference as reference

KINDS = ["LSTM", "GRU", "SimpleRNN", "IndRNN"]
FAMILIES = ["BatchNorm", "LayerNorm"]
UNITS = 4

each_kind = pytest.mark.parametrize("kind", KINDS)
each_family = pytest.mark.parametrize("family", FAMILIES)

# In front, behind, between, and nowhere.
MASK = np.array(
    [
        [0, 0, 1, 1, 1, 1],
        [1, 1, 1, 0, 0, 0],
        [1, 0, 1, 0, 1, 1],
        [1, 1, 1, 1, 1, 1],
        [0, 1, 0, 0, 1, 1],
    ],
    bool,
)


def make(family, kind, **kwargs):
    """Returns a layer with weights of its own, in float64."""
    defaults = {"return_sequences": True, "dtype": "float64"}
    layer = getattr(layers, family + kind)(UNITS, **{**defaults, **kwargs})
    layer.build((None, MASK.shape[1], 3))
    rng = np.random.default_rng(0)
    for weight in layer.trainable_weights:
        weight.assign(rng.normal(0.5, 0.5, weight.shape))
    return layer


def inputs(seed=0, dtype="float64"):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(*MASK.shape, 3)).astype(dtype)


def affine(layer):
    """Returns site -> gamma and beta."""
    cell = layer.cell
    return {
        site: (gamma.numpy(), cell.betas[site].numpy())
        if site in cell.betas
        else (gamma.numpy(), 0.0)
        for site, gamma in cell.gammas.items()
    }


def expected(family, kind, layer, x, mask, **kwargs):
    """Returns the reference's outputs, and its `Normalizer`."""
    axis = {"BatchNorm": 0, "LayerNorm": 1}[family]
    norm = reference.Normalizer(axis, affine(layer), layer.epsilon)
    cell = layer.cell
    weights = [cell.kernel, cell.recurrent_kernel, cell.bias]
    weights = [weight.numpy() for weight in weights]
    return reference.run(kind, norm, x, mask, weights, **kwargs), norm


@pytest.mark.quick(
    *(
        f"{mask}-{family}-{kind}"
        for mask in ("-False", "mask-True")
        for family in FAMILIES
        for kind in KINDS
    )
)
@each_kind
@each_family
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("mask", [np.ones_like(MASK), MASK], ids=["", "mask"])
def test_outputs_match_numpy(family, kind, mask, backwards):
    layer = make(
        family, kind, go_backwards=backwards, zero_output_for_mask=True
    )
    x = inputs()
    # The layer may be told nothing, or may be given garbage to ignore.
    given = None if mask.all() else mask
    y = layer(np.where(mask[..., None], x, np.nan), mask=given, training=True)
    y = y[:, ::-1] if backwards else y
    want, _ = expected(family, kind, layer, x, mask, backwards=backwards)
    np.testing.assert_allclose(y, want, 0, 1e-12)


def test_normalized_carry_matches_numpy():
    layer = make("LayerNorm", "LSTM", carry_normalized=True)
    want, _ = expected(
        "LayerNorm",
        "LSTM",
        layer,
        inputs(),
        np.ones_like(MASK),
        carry_normalized=True,
    )
    np.testing.assert_allclose(layer(inputs()), want, 0, 1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "graph"),
    # The LSTM's loops are compiled in a graph, and their gradient is by hand.
    [*((kind, False) for kind in KINDS), ("LSTM", True)],
)
@each_family
def test_gradients_match_finite_differences(family, kind, graph):
    layer = make(family, kind)
    x, dy = inputs(), np.random.default_rng(1).normal(size=(5, 6, UNITS))
    dy = dy * MASK[..., None]

    def loss(x):
        return tf.reduce_sum(dy * layer(x, mask=MASK, training=True))

    def differentiate(x):
        sources = [x, *(w.value for w in layer.trainable_weights)]
        with tf.GradientTape() as tape:
            tape.watch(sources)
            value = loss(x)
        return value, tape.gradient(value, sources)

    run = tf.function(differentiate, autograph=False)
    value, gradients = (run if graph else differentiate)(tf.constant(x))

    def reference_loss(x):
        y, _ = expected(family, kind, layer, x, MASK)
        return (dy * y).sum()

    assert float(value) == pytest.approx(reference_loss(x), rel=1e-12)
    rng = np.random.default_rng(2)
    slopes = [_slope(lambda t, d: reference_loss(x + t * d), x.shape, rng)]
    for weight in layer.trainable_weights:
        start = weight.numpy()

        def along(t, d, weight=weight, start=start):
            weight.assign(start + t * d)
            result = reference_loss(x)
            weight.assign(start)
            return result

        slopes.append(_slope(along, start.shape, rng))
    for gradient, (direction, slope) in zip(gradients, slopes, strict=True):
        actual = float(tf.reduce_sum(gradient * direction))
        assert actual == pytest.approx(slope, rel=1e-6, abs=1e-7)


def _slope(along, shape, rng):
    """Returns a random direction and the slope in it."""
    d, t = rng.normal(size=shape), 1e-5
    return d, (along(t, d) - along(-t, d)) / (2 * t)


def averages(norms, rows, momentum):
    """Returns (site, what) -> rows after all batches, as defined."""
    wanted, weights = {}, {}
    for norm in norms:
        for (site, step), (mean, variance, count) in norm.moments.items():
            if step >= rows:
                continue
            share = (1 - momentum) * count / len(MASK)
            weight = weights.get((site, step), 0.0)
            weight = weight + share * (1 - weight)
            weights[site, step] = weight
            for what, value in (("mean", mean), ("variance", variance)):
                old = wanted.get((site, step, what), 0.0)
                wanted[site, step, what] = old + share / weight * (value - old)
    return wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "masked", "unroll"),
    [
        *((kind, masked, not masked) for kind in KINDS for masked in (0, 1)),
        ("LSTM", True, True),
        ("LSTM", False, False),
    ],
)
def test_rows_after_five_updates(kind, masked, unroll):
    rows = 4  # of 6 steps
    layer = make(
        "BatchNorm", kind, max_timesteps=rows, momentum=0.8, unroll=unroll
    )
    mask = MASK if masked else np.ones_like(MASK)
    norms = []
    for seed in range(5):
        x = inputs(seed)
        norms.append(expected("BatchNorm", kind, layer, x, mask)[1])
        layer(x, mask=mask if masked else None, training=True)
    for (site, step, what), value in averages(norms, rows, 0.8).items():
        means, variances = layer.statistics.means, layer.statistics.variances
        row = {"mean": means, "variance": variances}[what][site][step]
        np.testing.assert_allclose(row, value, 0, 1e-12)
    assert layer.statistics.moving_weight.shape == (rows,)


def test_full_rows_move_as_in_keras():
    layer = make("BatchNorm", "SimpleRNN", momentum=0.9)
    theirs = keras.layers.BatchNormalization(
        momentum=0.9, moving_variance_initializer="zeros", dtype="float64"
    )
    for seed in range(5):
        layer(inputs(seed), training=True)
        theirs(inputs(seed)[:, 2] @ layer.cell.kernel.numpy(), training=True)
    # Keras' keep a trace of where they began.
    bias = 1 - 0.9**5
    mean = layer.statistics.means["input"][2]
    np.testing.assert_allclose(mean, theirs.moving_mean / bias, 0, 1e-12)
    variance = layer.statistics.variances["input"][2]
    moved = theirs.moving_variance / bias
    np.testing.assert_allclose(variance, moved, 0, 1e-12)


@each_kind
def test_inference_uses_the_rows(kind):
    layer = make("BatchNorm", kind, max_timesteps=4, momentum=0.0)
    x = inputs()
    trained = layer(x, training=True)
    # With momentum 0, the rows are the batch's moments.
    y = layer(x)
    np.testing.assert_allclose(y[:, :4], trained[:, :4], 0, 1e-12)
    rows = layer.statistics.rows(6)
    for pair in rows.values():
        for value in pair:
            np.testing.assert_array_equal(value[4], value[3])
            np.testing.assert_array_equal(value[5], value[3])
    frozen = make("BatchNorm", kind, max_timesteps=4)
    frozen.set_weights(layer.get_weights())
    frozen.trainable = False
    np.testing.assert_allclose(frozen(x, training=True), y, 0, 1e-12)


def test_rows_that_were_not_reached_are_the_last_that_was():
    layer = make("BatchNorm", "LSTM", max_timesteps=6)
    layer(inputs()[:, :2], training=True)
    weight = layer.statistics.moving_weight.numpy()
    np.testing.assert_allclose(weight, [0.01, 0.01, 0, 0, 0, 0])
    for mean, variance in layer.statistics.rows(6).values():
        np.testing.assert_array_equal(mean[5], mean[1])
        np.testing.assert_array_equal(variance[5], variance[1])


def test_shared_statistics_are_those_of_all_steps():
    layer = make("BatchNorm", "LSTM", per_timestep=False, momentum=0.0)
    layer(inputs(), mask=MASK, training=True)
    z = (inputs() @ layer.cell.kernel.numpy())[MASK]
    mean = layer.statistics.means["input"][0]
    variance = layer.statistics.variances["input"][0]
    np.testing.assert_allclose(mean, z.mean(0), 0, 1e-12)
    np.testing.assert_allclose(variance, z.var(0), 0, 1e-12)


@pytest.mark.quick("BatchNorm-LSTM", "LayerNorm-GRU")
@each_kind
@each_family
def test_no_bias_is_a_bias_of_zeros(family, kind):
    other = make(family, kind)
    other.cell.bias.assign(tf.zeros_like(other.cell.bias.value))
    layer = make(family, kind, use_bias=False)
    pairs = zip(
        layer.trainable_weights,
        [w for w in other.trainable_weights if w is not other.cell.bias],
        strict=True,
    )
    for weight, theirs in pairs:
        weight.assign(theirs)
    for training in (True, False):
        results = [v(inputs(), training=training) for v in (layer, other)]
        np.testing.assert_allclose(*results, 0, 1e-12)


@pytest.mark.quick("BatchNorm-LSTM", "LayerNorm-SimpleRNN")
@each_kind
@each_family
def test_place_of_padding_does_not_matter(family, kind):
    x = inputs()
    steps = np.array([3, 2, 4, 3, 1])
    results = []
    for shift in (0, 2):
        mask = np.arange(6)[None] - shift
        mask = (mask >= 0) & (mask < steps[:, None])
        layer = make(family, kind, return_sequences=False)
        y = layer(np.roll(x, shift, 1), mask=mask, training=True)
        results.append([y, *layer.get_weights()])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, 0, 1e-12)


@each_kind
def test_padded_batch_changes_nothing(kind):
    layer = make("BatchNorm", kind, return_sequences=False)
    layer(inputs(), training=True)
    before = layer.get_weights()
    y = layer(inputs(1), mask=np.zeros_like(MASK), training=True)
    np.testing.assert_array_equal(y, np.zeros_like(y))
    for a, b in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.quick(
    "(5, 1, 3)-BatchNorm-LSTM",
    "(1, 6, 3)-BatchNorm-LSTM",
    "(1, 6, 3)-LayerNorm-GRU",
    "(5, 1, 3)-LayerNorm-SimpleRNN",
)
@each_kind
@each_family
@pytest.mark.parametrize("shape", [(5, 1, 3), (1, 6, 3)], ids=str)
def test_one_step_or_one_example(family, kind, shape):
    layer = make(family, kind)
    x = inputs()[: shape[0], : shape[1]]
    want, _ = expected(family, kind, layer, x, np.ones(shape[:2], bool))
    np.testing.assert_allclose(layer(x, training=True), want, 0, 1e-12)


def test_noise_is_on_the_initial_state_in_training():
    layer = make("BatchNorm", "LSTM", initial_state_noise=0.1)
    plain = make("BatchNorm", "LSTM")
    layer(inputs(), training=True)
    assert layer.statistics.variances["recurrent"].numpy()[0].min() > 0
    layer.set_weights(plain.get_weights())
    np.testing.assert_array_equal(layer(inputs()), plain(inputs()))
