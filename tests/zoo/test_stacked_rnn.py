"""The stacked recurrent network: every cell, norm and readout."""

import functools

import keras
import numpy as np
import pytest

from normzoo import layers, zoo

SHAPE = (6, 3)
CELLS = ("lstm", "gru", "simple", "indrnn")
FAMILIES = {
    "none": keras.layers.RNN,
    "batch": layers.recurrent.batch_norm_rnn._BatchNormRNN,
    "batch_shared": layers.recurrent.batch_norm_rnn._BatchNormRNN,
    "input": layers.recurrent.batch_norm_rnn._BatchNormRNN,
    "vertical": keras.layers.RNN,
    "layer": layers.recurrent.layer_norm_rnn._LayerNormRNN,
}

each_norm = pytest.mark.parametrize("norm", zoo.RECURRENT_NORMS)


def build(shape=SHAPE, classes=5, **knobs):
    return zoo.stacked_rnn(shape, classes, **{"units": (4, 4), **knobs})


def sequences(count, shape=SHAPE):
    return np.random.default_rng(0).normal(size=(count, *shape)).astype("f")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "norm"),
    [
        (cell, norm)
        for cell in CELLS
        for norm in zoo.RECURRENT_NORMS
        # Which are another layer's arguments.
        if cell == "lstm" or norm not in ("batch_shared", "input")
    ],
)
def test_every_cell_takes_every_norm(cell, norm):
    model = build(cell=cell, norm=norm)
    for name in ("rnn_0", "rnn_1"):
        layer = model.get_layer(name)
        assert isinstance(layer, FAMILIES[norm])
        assert layer.units == 4
    names = [layer.name for layer in model.layers]
    assert ("norm_1" in names) == (norm == "vertical")
    assert model(sequences(3), training=True).shape == (3, 5)


@pytest.mark.quick("none-spectral-True", "batch-weight-False")
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(
    "weight_norm", [name for name in layers.WEIGHT_NORMS if name != "none"]
)
@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_every_norm_combines_with_every_weight_norm(
    norm, weight_norm, bidirectional
):
    model = build(
        norm=norm, weight_norm=weight_norm, bidirectional=bidirectional
    )
    for name in ("rnn_0", "rnn_1"):
        kernels = model.get_layer(name).normalized_kernels()
        assert len(kernels) == (4 if bidirectional else 2)
    assert model(sequences(3), training=True).shape == (3, 5)


def test_what_the_names_of_batch_norms_mean():
    def layer(norm):
        return build(norm=norm).get_layer("rnn_0")

    assert set(layer("batch").cell.gammas) == {"input", "recurrent", "cell"}
    assert set(layer("input").cell.gammas) == {"input"}
    for norm, rows in (("batch", 6), ("batch_shared", 1), ("input", 6)):
        assert layer(norm).statistics.moving_weight.shape == (rows,)
    between = build(norm="vertical").get_layer("norm_1")
    assert isinstance(between, layers.BatchNormalization)


@pytest.mark.parametrize(
    ("norm", "given", "expected"),
    [
        ("batch", None, 0.1),
        ("batch_shared", None, 0.1),
        ("input", None, 1.0),
        ("layer", None, 1.0),
        ("batch", 0.5, 0.5),
        ("input", 0.5, 0.5),
        ("layer", "zeros", 0.0),
    ],
)
def test_the_initial_gamma(norm, given, expected):
    model = build(norm=norm, gamma_initializer=given)
    gamma = model.get_layer("rnn_0").cell.gammas["input"].numpy()
    np.testing.assert_allclose(gamma, expected)


@pytest.mark.parametrize("norm", ["batch", "batch_shared", "input"])
def test_the_momentum(norm):
    model = build(norm=norm, momentum=0.5)
    assert model.get_layer("rnn_1").statistics.momentum == 0.5


def test_layer_norm_sees_only_the_sign_of_a_single_feature():
    model = build((6, 1), norm="layer", units=(4,))
    x = np.sign(sequences(3, (6, 1)))
    np.testing.assert_allclose(model(x), model(3 * x), 0, 1e-3)
    assert np.abs(model(x) - model(-x)).max() > 1e-2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("readout", "bidirectional", "width"),
    [
        ("last", False, 4),
        ("all", False, 24),
        ("each", False, 4),
        ("last", True, 8),
        ("all", True, 48),
        ("each", True, 8),
    ],
)
def test_readouts(readout, bidirectional, width):
    model = build(norm="batch", readout=readout, bidirectional=bidirectional)
    steps = (6,) if readout == "each" else ()
    assert model(sequences(3), training=True).shape == (3, *steps, 5)
    assert model.output_shape == (None, *steps, 5)
    assert model.get_layer("logits").kernel.shape == (width, 5)


def test_the_gru_has_the_size_of_the_published_one():
    # The MNIST-1D paper's: 5,134 parameters.
    model = zoo.stacked_rnn(
        (40, 1), 10, cell="gru", units=(6,), readout="all", bidirectional=True
    )
    assert model.count_params() == 5134


@functools.cache
def kernels(seed, norm):
    model = build(norm=norm, seed=seed, bidirectional=True)
    return [w.numpy() for w in model.weights if "kernel" in w.path]


@pytest.mark.slow
@each_norm
def test_equal_seeds_give_equal_kernels(norm):
    plain, normed, other = (
        kernels(7, "none"),
        kernels(7, norm),
        kernels(8, norm),
    )
    for ours, same, different in zip(plain, normed, other, strict=True):
        np.testing.assert_array_equal(ours, same)
        assert not np.array_equal(ours, different)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_layers_of_equal_shape_start_from_different_kernels(bidirectional):
    model = zoo.stacked_rnn(
        (5, 8), 3, units=(8, 8, 8), bidirectional=bidirectional
    )
    kernels = [w.numpy() for w in model.weights if "kernel" in w.path]
    for i, kernel in enumerate(kernels):
        for other in kernels[:i]:
            assert not np.array_equal(kernel, other)


def test_integer_steps_enter_as_one_hot_vectors():
    codes = np.array([[0, 3, 1, 4, 2, 0]])
    model = build((6,), 5, readout="each")
    dense = build((6, 5), 5, readout="each")
    expected = dense(np.eye(5, dtype="f")[codes])
    np.testing.assert_allclose(model(codes), expected, 1e-5, 1e-6)


def test_sequences_of_any_length():
    model = build((None, 3), 5, norm="batch", max_timesteps=4, readout="each")
    for steps in (2, 4, 7):
        assert model(sequences(3, (steps, 3))).shape == (3, steps, 5)


@pytest.mark.slow
def test_dropouts_work_in_training_only_and_by_the_seed():
    def outputs(seed, training=True, **rates):
        model = build(seed=seed, **rates)
        return model(sequences(3), training=training).numpy()

    for rate in ({"dropout": 0.5}, {"recurrent_dropout": 0.5}):
        plain = outputs(1, training=False)
        inference = outputs(1, training=False, **rate)
        np.testing.assert_allclose(inference, plain, 1e-4, 1e-6)
        dropped = outputs(1, **rate)
        np.testing.assert_array_equal(dropped, outputs(1, **rate))
        assert np.abs(dropped - plain).max() > 1e-3


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_logits_are_float32_under_mixed_precision(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        assert build((6,), 5, norm="batch")(np.ones((2, 6))).dtype == "float32"
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["batch_shared", "vertical", "layer"])
def test_a_saved_model_loads(norm, tmp_path):
    model = build((6,), 5, norm=norm, bidirectional=True, dropout=0.1)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    codes = np.arange(12).reshape(2, 6) % 5
    np.testing.assert_array_equal(loaded(codes), model(codes))


@pytest.mark.parametrize(
    ("shape", "knobs", "message"),
    [
        (SHAPE, {"norm": "group"}, "'group'.*none, batch, batch_shared"),
        (SHAPE, {"cell": "rnn"}, "'rnn'.*lstm, gru, simple"),
        (SHAPE, {"readout": "first"}, "'first'.*last, all, each"),
        (SHAPE, {"units": ()}, "units=()"),
        (SHAPE, {"units": (4, 0)}, r"units=\(4, 0\)"),
        (SHAPE, {"units": (4,), "norm": "vertical"}, "two or more"),
        (SHAPE, {"dropout": 1.0}, "dropout.*1.0"),
        ((8, 8, 1), {}, r"\(8, 8, 1\).*dataset.view=rows"),
        ((None, 3), {"norm": "batch"}, "max_timesteps"),
        ((None, 3), {"readout": "all"}, "number of steps"),
        ((6,), {"readout": "each", "bidirectional": True}, "to predict"),
    ],
)
def test_bad_arguments_are_refused(shape, knobs, message):
    with pytest.raises(ValueError, match=message):
        build(shape, **knobs)
