"""Random numbers and sums of many runs are those of each run alone."""

import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.together import converters, philox, vectorizing

SEEDS = np.array([[5, 7], [0, 0], [2**31 - 2, 11], [-3, 2**30]], "int32")

DRAWS = {
    "uniform": lambda s: tf.random.stateless_uniform([3, 5], s),
    "double": lambda s: tf.random.stateless_uniform([7], s, 1, 4, tf.float64),
    "normal": lambda s: tf.random.stateless_normal([3, 5], s, 2, 0.5),
    "normal double": lambda s: tf.random.stateless_normal(
        [3], s, dtype=tf.float64
    ),
    "half": lambda s: tf.random.stateless_uniform([3, 5], s, 0, 1, tf.float16),
    "bfloat16": lambda s: tf.random.stateless_uniform(
        [3, 5], s, 0, 1, tf.bfloat16
    ),
    "normal half": lambda s: tf.random.stateless_normal(
        [3], s, dtype=tf.float16
    ),
    "normal bfloat16": lambda s: tf.random.stateless_normal(
        [3], s, dtype=tf.bfloat16
    ),
    "integers": lambda s: tf.random.stateless_uniform(
        [5], s, None, None, tf.int32
    ),
    "split": lambda s: tf.random.stateless_uniform(
        [2], tf.random.split(s, 3)[1]
    ),
    "dropout": lambda s: tf.nn.experimental.stateless_dropout(
        tf.ones([4, 9]), 0.3, s
    ),
}


@pytest.fixture
def layer():
    return keras.layers.Dense(1)


def together(layer, function, values, jit_compile=False):
    run = tf.function(
        lambda x: vectorizing.vectorized(layer, function, x),
        autograph=False,
        jit_compile=jit_compile,
    )
    return run(values).numpy()


@pytest.mark.quick(
    "uniform-False",
    "double-False",
    "half-True",
    "normal-False",
    "integers-True",
    "split-False",
    "dropout-True",
)
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", DRAWS)
def test_random_numbers(name, jit_compile, layer):
    draw = DRAWS[name]
    got = together(layer, draw, SEEDS, jit_compile)
    expected = np.stack([draw(seed) for seed in SEEDS])
    if jit_compile and name.startswith("normal"):
        # One in the last place of 16 bits, which have been rounded twice.
        rtol = {"float16": 1e-3, "bfloat16": 8e-3}.get(got.dtype.name, 1e-5)
        np.testing.assert_allclose(
            *(v.astype("float64") for v in (got, expected)), rtol, rtol / 10
        )
    else:
        np.testing.assert_array_equal(got, expected)


def test_the_counter_is_carried():
    key = tf.constant([[3]], tf.uint64)
    counter = tf.constant([[2**64 - 2, 5]], tf.uint64)
    expected = tf.raw_ops.StatelessRandomUniformV2(
        shape=[20], key=key[0], counter=counter[0], alg=1
    )
    got = philox.uniform(key, counter, 20, tf.float32)
    np.testing.assert_array_equal(got[0], expected)


def test_segment_sums(layer):
    x = np.random.default_rng(0).normal(size=(3, 5, 2))
    got = together(
        layer, lambda rows: tf.math.segment_sum(rows, [0, 0, 1, 3, 3]), x
    )
    expected = [x[:, :2].sum(1), x[:, 2], 0 * x[:, 0], x[:, 3:].sum(1)]
    np.testing.assert_allclose(got, np.stack(expected, 1))


@pytest.fixture
def without_private_names(monkeypatch):
    """TensorFlow without the module that converters are registered in."""
    from tensorflow.python.ops import parallel_for

    converters.has_converters()
    registry = parallel_for.pfor._pfor_converter_registry
    for name in converters._CONVERTERS:
        monkeypatch.delitem(registry, name)
    monkeypatch.delattr(parallel_for, "pfor")
    monkeypatch.setitem(sys.modules, "tensorflow.python.ops.parallel_for", None)
    converters.has_converters.cache_clear()
    yield
    monkeypatch.undo()
    converters.has_converters.cache_clear()
    monkeypatch.setattr(converters, "_CONVERTERS", {})
    assert converters.has_converters()


@pytest.mark.parametrize("name", ["uniform", "dropout"])
def test_results_are_right_without_private_names(
    name, layer, without_private_names, capfd
):
    assert not converters.has_converters()
    got = together(layer, DRAWS[name], SEEDS)
    expected = np.stack([DRAWS[name](seed) for seed in SEEDS])
    np.testing.assert_array_equal(got, expected)
    assert "while_loop" not in capfd.readouterr().err
