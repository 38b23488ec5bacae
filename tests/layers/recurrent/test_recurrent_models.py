"""The recurrent layers in models, as Keras' own are used, and misused."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers

KINDS = ["LSTM", "GRU", "SimpleRNN"]
FAMILIES = ["BatchNorm", "LayerNorm"]

each_kind = pytest.mark.parametrize("kind", KINDS)
each_family = pytest.mark.parametrize("family", FAMILIES)

WORDS = np.array([[0, 0, 1, 2], [3, 0, 4, 0], [5, 6, 7, 8], [1, 1, 0, 0]])


def inputs(shape=(4, 6, 3), seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def plain(family, kind, units, **kwargs):
    """Returns a layer whose normalization is switched off."""
    sites = ["input", "recurrent"] + ["cell"] * (kind == "LSTM")
    off = {f"normalize_{site}": False for site in sites}
    return getattr(layers, family + kind)(units, **off, **kwargs)


@pytest.mark.slow
@each_kind
@each_family
def test_without_normalization_equals_keras(family, kind):
    mask = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [1, 1, 1, 1]])
    # Each pair of the three in all its four combinations.
    pairs = itertools.product([False, True], repeat=2)
    for sequences, backwards in pairs:
        zeros = sequences != backwards
        kwargs = {
            "return_sequences": sequences,
            "go_backwards": backwards,
            "zero_output_for_mask": zeros,
            "return_state": True,
        }
        theirs = getattr(keras.layers, kind)(
            5, bias_initializer="normal", **kwargs
        )
        ours = plain(family, kind, 5, **kwargs)
        for given in (None, mask.astype(bool)):
            expected = theirs(inputs((4, 4, 3)), mask=given)
            ours.build((4, 4, 3))
            own = ours.get_weights()[len(theirs.weights) :]
            ours.set_weights(theirs.get_weights() + own)
            actual = ours(inputs((4, 4, 3)), mask=given, training=True)
            for a, b in zip(actual, expected, strict=True):
                np.testing.assert_allclose(a, b, 0, 1e-6)


@pytest.mark.quick("(0.5, 0.0)-SimpleRNN", "(0.0, 0.5)-GRU", "(0.5, 0.5)-LSTM")
@each_kind
@pytest.mark.parametrize("rates", [(0.5, 0.0), (0.0, 0.5), (0.5, 0.5)], ids=str)
def test_dropout_equals_keras(kind, rates):
    dropout = {"dropout": rates[0], "recurrent_dropout": rates[1], "seed": 3}
    theirs = getattr(keras.layers, kind)(5, **dropout)
    ours = plain("LayerNorm", kind, 5, **dropout)
    expected = theirs(inputs(), training=True)
    ours.build((4, 6, 3))
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours(inputs(), training=True), expected, 0, 1e-6)
    assert np.abs(ours(inputs()) - expected).max() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layer", "jit"),
    [
        (layers.BatchNormLSTM, True),
        (layers.LayerNormGRU, False),
    ],
)
def test_model_with_everything_trains(layer, jit):
    words = keras.Input((4,), dtype="int32")
    y = keras.layers.Embedding(9, 3, mask_zero=True)(words)
    sequences = {"return_sequences": True, "return_state": True}
    y, *states = keras.layers.Bidirectional(layer(4, **sequences))(y)
    half = len(states) // 2
    y = layer(4)(y, initial_state=states[half:])
    model = keras.Model(words, keras.layers.Dense(1)(y))
    # Adam would be traced for each of some thirty weights.
    model.compile(keras.optimizers.SGD(0.05), "mse", jit_compile=jit)
    target = np.arange(4.0)[:, None]
    losses = [model.train_on_batch(WORDS, target) for _ in range(10)]
    assert losses[-1] < losses[0]
    assert np.isfinite(model(WORDS[:, ::-1], training=False)).all()


def test_replicas_share_what_they_know(two_replicas):
    x = inputs((4, 6, 3))
    # The second replica has no example that reaches the last step.
    mask = np.ones((4, 6), bool)
    mask[2:, 4:] = False
    with two_replicas.scope():
        layer = layers.BatchNormSimpleRNN(4, momentum=0.5)
        layer.build(x.shape)
    single = layers.BatchNormSimpleRNN(4, momentum=0.5)
    single.build(x.shape)
    single.set_weights(layer.get_weights())

    @tf.function(autograph=False)
    def step():
        def replica():
            i = tf.distribute.get_replica_context().replica_id_in_sync_group
            rows = slice(2 * i, 2 * i + 2)
            mine = tf.constant(mask)[rows]
            layer(tf.constant(x)[rows], mask=mine, training=True)

        two_replicas.run(replica)

    step()
    single(x, mask=mask, training=True)
    np.testing.assert_allclose(
        layer.statistics.means["input"], single.statistics.means["input"], 1e-5
    )
    last = single.statistics.variances["input"][5]
    np.testing.assert_allclose(layer.statistics.variances["input"][5], last)


@pytest.mark.quick("BatchNorm-GRU", "LayerNorm-LSTM")
@each_kind
@each_family
def test_stateful_goes_on_where_it_stopped(family, kind):
    make = getattr(layers, family + kind)
    whole, parts = make(4), make(4, stateful=True)
    whole.build((4, 6, 3))
    parts.build((4, 3, 3))
    trained = len(whole.trainable_weights)
    values = whole.get_weights()[:trained]
    for layer in (whole, parts):
        for weight, value in zip(layer.trainable_weights, values, strict=True):
            weight.assign(value)
    parts(inputs()[:, :3])
    last = parts(inputs()[:, 3:])
    np.testing.assert_allclose(last, whole(inputs()), 0, 1e-6)
    parts.reset_state()
    first = parts(inputs()[:, :3])
    np.testing.assert_allclose(first, whole(inputs()[:, :3]), 0, 1e-6)
    with pytest.raises(ValueError, match="batch size"):
        parts(inputs()[:2, :3])


@pytest.mark.slow
@each_family
@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
def test_length_may_vary(family, jit):
    kwargs = {"max_timesteps": 5} if family == "BatchNorm" else {}
    layer = getattr(layers, family + "GRU")(3, return_sequences=True, **kwargs)
    model = keras.Sequential(
        [keras.Input((None, 3)), layer, keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse", jit_compile=jit)
    for steps in (4, 7):
        x = inputs((4, steps, 3))
        assert np.isfinite(model.train_on_batch(x, x[..., :1]))


def test_addons_list_of_weights_loads():
    layer = layers.LayerNormLSTM(2, carry_normalized=True, epsilon=1e-3)
    layer.build((None, None, 3))
    # The cell's, then kernel_norm's, recurrent_norm's and state_norm's.
    shapes = [(3, 8), (2, 8), (8,), *[(8,)] * 4, (2,), (2,)]
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in shapes]
    layer.set_weights(weights)
    np.testing.assert_allclose(layer.cell.gammas["recurrent"], weights[5])
    np.testing.assert_allclose(layer.cell.betas["cell"], weights[8])


@pytest.mark.parametrize("layer", [layers.BatchNormLSTM, layers.LayerNormGRU])
def test_second_derivatives_exist(layer):
    layer = layer(3, dtype="float64")
    x = tf.constant(inputs().astype("float64"))
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(layer(x, training=True) ** 2)
        first = inner.gradient(y, x)
        penalty = tf.reduce_sum(first**2)
    assert np.abs(outer.gradient(penalty, x)).max() > 0


def _wrong_state():
    layers.LayerNormLSTM(4)(
        inputs(), initial_state=[np.zeros((4, 4)), np.zeros((4, 5))]
    )


def _one_state():
    layers.BatchNormLSTM(4)(inputs(), initial_state=[np.zeros((4, 4))])


def _keras_weights():
    theirs = keras.layers.LSTM(4)
    theirs.build((None, 6, 3))
    layer = layers.LayerNormLSTM(4)
    layer.build((None, 6, 3))
    layer.set_weights(theirs.get_weights())


BAD = {
    "length": (
        lambda: layers.BatchNormLSTM(4).build((None, None, 3)),
        "Pass max_timesteps",
    ),
    "mask": (
        lambda: layers.LayerNormGRU(4)(inputs(), mask=np.ones((4, 6, 1), bool)),
        r"shape \(batch, time\). Received: mask.shape=\(4, 6, 1\)",
    ),
    "mask-length": (
        lambda: layers.BatchNormGRU(4)(inputs(), mask=np.ones((4, 5), bool)),
        r"\(4, 5\) with inputs of shape \(4, 6, 3\)",
    ),
    "mask-batch": (
        lambda: layers.LayerNormLSTM(4)(inputs(), mask=np.ones((1, 6), bool)),
        r"\(1, 6\) with inputs of shape \(4, 6, 3\)",
    ),
    "units": (lambda: layers.BatchNormGRU(0), "positive integer"),
    "state": (_wrong_state, r"\(4, 4\), \(4, 4\).*Received.*\(4, 5\)"),
    "one-state": (_one_state, "must have the shapes"),
    "keras-weights": (_keras_weights, r"lacks gamma_input \(16,\), beta_input"),
    "cell": (
        lambda: layers.LayerNormGRU(4, normalize_cell=True),
        "no cell state",
    ),
    "rank": (lambda: layers.LayerNormGRU(4)(inputs((4, 3))), "ndim=3"),
    "argument": (lambda: layers.LayerNormGRU(4, unit=3), "unit"),
    "max": (
        lambda: layers.BatchNormGRU(4, max_timesteps=0),
        "max_timesteps must be",
    ),
    "memory": (
        lambda: layers.BatchNormGRU(4, memory="less"),
        r'memory must be "normal" or "low". Received: memory=.less',
    ),
    "jit": (
        lambda: layers.LayerNormLSTM(4, jit_compile="always"),
        "jit_compile must be",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_explained(name):
    act, message = BAD[name]
    with pytest.raises((ValueError, TypeError), match=message):
        act()


@pytest.mark.parametrize("length", [1, 5, 7])
def test_mask_of_another_length_is_refused_in_graphs(length):
    layer = layers.LayerNormSimpleRNN(4)
    layer.build((None, None, 3))
    unknown = [tf.TensorSpec([None, None, 3]), tf.TensorSpec([None] * 2, bool)]
    run = tf.function(
        lambda x, mask: layer(x, mask=mask),
        input_signature=unknown,
        autograph=False,
    )
    assert run(inputs(), np.ones((4, 6), bool)).shape == (4, 4)
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(inputs(), np.ones((4, length), bool))


def test_synchronized_layers_are_unrolled():
    with pytest.raises(ValueError, match="needs unroll=True"):
        layers.BatchNormGRU(4, synchronized=True)
    layer = layers.BatchNormGRU(4, synchronized=True, unroll=True)
    assert layers.BatchNormGRU.from_config(layer.get_config()).synchronized
    plain = layers.BatchNormGRU(4, unroll=True)
    for each in (layer, plain):
        each.build((4, 6, 3))
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(
        layer(inputs(), training=True), plain(inputs(), training=True), 0, 1e-6
    )
