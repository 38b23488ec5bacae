import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.layers import BatchNormalization

from .. import reference

RENORM = {"renorm": True, "renorm_clipping": {"rmax": 1.5, "dmax": 0.5}}
KERAS_RENORM = pytest.param(RENORM, marks=pytest.mark.keras((3, 14)))


def statistics(layer):
    return np.stack([layer.moving_mean.numpy(), layer.moving_variance.numpy()])


def train(layer, batches, masks=None):
    """Trains 20 steps; returns outputs, gradients and weights."""
    outputs = []
    optimizer = keras.optimizers.SGD(0.05)
    for step in range(20):
        x = tf.constant(batches[step % len(batches)])
        kwargs = {} if masks is None else {"mask": masks[step % len(masks)]}
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True, **kwargs)
            loss = tf.reduce_mean(tf.sin(y) + y**3)
        variables = [weight.value for weight in layer.trainable_weights]
        dx, *gradients = tape.gradient(loss, [x, *variables])
        optimizer.apply_gradients(
            zip(gradients, layer.trainable_weights, strict=True)
        )
        outputs += [y.numpy(), dx.numpy()]
    outputs.append(layer(x, training=False).numpy())
    return outputs + layer.get_weights()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kwargs", "shape"),
    [
        ({}, (8, 3)),
        ({}, (4, 5, 5, 3)),
        ({"axis": 1}, (4, 3, 5)),
        ({"momentum": 0.5, "epsilon": 1e-5, "scale": False}, (8, 4, 3)),
        pytest.param(RENORM, (8, 3), marks=pytest.mark.keras((3, 14))),
    ],
    ids=str,
)
def test_twenty_steps_equal_keras(kwargs, shape):
    rng = np.random.default_rng(0)
    batches = rng.normal(2, 3, (5, *shape)).astype("float32")
    ours = train(BatchNormalization(**kwargs), batches)
    keras_own = train(keras.layers.BatchNormalization(**kwargs), batches)
    for a, b in zip(ours, keras_own, strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 2e-5)


@pytest.mark.slow
def test_twenty_masked_steps_equal_keras():
    rng = np.random.default_rng(0)
    batches = rng.normal(2, 3, (5, 8, 6, 3)).astype("float32")
    masks = rng.random((5, 8, 6)) < 0.6
    ours = train(BatchNormalization(), batches, masks)
    keras_own = train(keras.layers.BatchNormalization(), batches, masks)
    for a, b in zip(ours, keras_own, strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 2e-5)


@pytest.mark.parametrize("kwargs", [{}, KERAS_RENORM], ids=["plain", "renorm"])
def test_config_and_weights_move_both_ways(kwargs):
    theirs = keras.layers.BatchNormalization(axis=1, momentum=0.7, **kwargs)
    ours = BatchNormalization.from_config(theirs.get_config())
    assert ours.get_config() == theirs.get_config()
    for layer in (ours, theirs):
        layer.build((None, 3, 4))
    names = [weight.name for weight in theirs.weights]
    assert [weight.name for weight in ours.weights] == names
    rng = np.random.default_rng(0)
    theirs.set_weights([rng.uniform(1, 2, (3,)) for _ in names])
    ours.set_weights(theirs.get_weights())
    x = rng.normal(size=(2, 3, 4)).astype("float32")
    np.testing.assert_allclose(ours(x), theirs(x), 1e-5, 1e-6)
    theirs.set_weights(ours.get_weights())


def test_weight_file_of_a_keras_model_loads(tmp_path):
    def model(layer):
        return keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(3), layer]
        )

    theirs = model(keras.layers.BatchNormalization())
    theirs.layers[-1].moving_mean.assign([1.0, 2.0, 3.0])
    theirs.save_weights(tmp_path / "model.weights.h5")
    ours = model(BatchNormalization())
    ours.load_weights(tmp_path / "model.weights.h5")
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kwargs", [{}, RENORM], ids=["plain", "renorm"])
@pytest.mark.parametrize("synchronized", [False, True])
def test_fully_masked_batch_teaches_nothing(kwargs, synchronized):
    layer = BatchNormalization(synchronized=synchronized, **kwargs)
    layer.build((None, 4, 3))
    before = layer.get_weights()
    x = np.full((2, 4, 3), 7.0, "float32")
    y = layer(x, training=True, mask=np.zeros((2, 4), bool))
    assert np.isfinite(y).all()
    for a, b in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("axis", [-1, 1])
def test_empty_batch_teaches_nothing(axis):
    layer = BatchNormalization(axis)
    y = layer(np.zeros((0, 3, 3), "float32"), training=True)
    assert y.shape == (0, 3, 3)
    np.testing.assert_array_equal(statistics(layer), [[0] * 3, [1] * 3])


def test_channels_that_are_masked_on_their_own():
    # With channels first, the mask tells channels apart.
    x = np.arange(12, dtype="float32").reshape(2, 3, 2)
    mask = np.array([[True, True, False], [True, False, False]])
    layer = BatchNormalization(axis=1, momentum=0.0)
    layer(x, training=True, mask=mask)
    expected = reference.moments(x, (0, 2), mask[..., np.newaxis])
    np.testing.assert_allclose(
        statistics(layer)[:, :2], np.stack(expected[:2])[:, 0, :2, 0]
    )
    np.testing.assert_array_equal(statistics(layer)[:, 2], [0, 1])


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("axis", [-1, 1])
def test_large_values_under_mixed_precision(policy, axis):
    x = np.array([[[1e5, -1e5], [3e5, 2e5]]] * 2, "float32")
    layer = BatchNormalization(axis, momentum=0.0, dtype=policy)
    y = layer(x, training=True)
    axes = (0, 1) if axis == -1 else (0, 2)
    expected = reference.normalize(x, axes, 1e-3, 1.0, 0.0)
    np.testing.assert_allclose(tf.cast(y, "float32"), expected, 1e-2, 1e-2)
    mean, variance, _ = reference.moments(x, axes)
    np.testing.assert_allclose(
        statistics(layer), [mean.ravel(), variance.ravel()], 1e-5
    )
    again = layer(x, training=False)
    np.testing.assert_allclose(tf.cast(again, "float32"), expected, 1e-2, 1e-2)


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("axis", [-1, 1])
def test_small_deviation_from_a_large_mean(axis, jit):
    rng = np.random.default_rng(0)
    x = rng.normal(1000, 0.1, (64, 8, 8)).astype("float32")
    layer = BatchNormalization(axis, momentum=0.0)
    layer.build(x.shape)
    run = tf.function(
        lambda x, training: layer(x, training=training),
        jit_compile=jit,
        autograph=False,
    )
    expected = reference.normalize(x, (0, 3 - axis % 3), 1e-3, 1.0, 0.0)
    np.testing.assert_allclose(run(x, True), expected, 0, 5e-3)
    np.testing.assert_allclose(run(x, False), expected, 0, 5e-3)


@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("scale", [1e-12, 1e15])
def test_huge_and_tiny_values(scale, axis):
    rng = np.random.default_rng(0)
    x = (scale * rng.normal(size=(16, 4, 4))).astype("float32")
    dy = rng.normal(size=x.shape).astype("float32")
    layer = BatchNormalization(axis)
    with tf.GradientTape() as tape:
        source = tf.constant(x)
        tape.watch(source)
        y = layer(source, training=True)
    dx = tape.gradient(y, source, dy)
    axes = (0, 3 - axis % 3)
    expected = reference.normalize(x, axes, 1e-3, 1.0, 0.0)
    np.testing.assert_allclose(y, expected, 1e-4, 1e-5 * np.abs(expected).max())
    expected = reference.gradients(x, dy, axes, 1e-3, np.ones((1, 1, 1)), 0.0)[
        0
    ]
    np.testing.assert_allclose(
        dx, expected, 1e-3, 1e-4 * np.abs(expected).max()
    )


@pytest.mark.parametrize("axis", [-1, 1])
def test_one_row(axis):
    layer = BatchNormalization(axis, momentum=0.0, beta_initializer="ones")
    x = np.array([[5.0, -3.0]], "float32")
    np.testing.assert_array_equal(layer(x, training=True), [[1, 1]])
    np.testing.assert_array_equal(statistics(layer), [[5, -3], [0, 0]])


def test_frozen_layer_uses_and_keeps_the_moving_statistics():
    layer = BatchNormalization()
    layer.build((None, 3))
    layer.trainable = False
    x = np.random.default_rng(0).normal(3, 2, (8, 3)).astype("float32")
    np.testing.assert_allclose(layer(x, training=True), x / np.sqrt(1.001))
    np.testing.assert_array_equal(statistics(layer), [[0] * 3, [1] * 3])


def run_on(strategy, function, *values):
    """Calls `function` with each replica's half of the values."""

    @tf.function(autograph=False)
    def run():
        def replica():
            i = tf.distribute.get_replica_context().replica_id_in_sync_group
            parts = (tf.split(tf.constant(value), 2) for value in values)
            return function(*(tf.stack(part)[i] for part in parts))

        return strategy.run(replica)

    return strategy.experimental_local_results(run())


def test_replicas_hold_the_mean_of_their_statistics(two_replicas):
    with two_replicas.scope():
        layer = BatchNormalization(momentum=0.0)
        layer.build((None, 2))
    x = np.array([[0, 0], [2, 4], [10, 10], [14, 10]], "float32")
    run_on(two_replicas, lambda x: layer(x, training=True), x)
    for copy in two_replicas.experimental_local_results(
        layer.moving_mean.value
    ):
        np.testing.assert_array_equal(copy, [6.5, 6.0])


@pytest.mark.parametrize("masked_replica", [None, 0, 1])
def test_synchronized_masks(two_replicas, masked_replica):
    with two_replicas.scope():
        layer = BatchNormalization(momentum=0.0, synchronized=True)
        layer.build((None, 5, 3))
    rng = np.random.default_rng(0)
    # Far from zero: E[x^2] - E[x]^2 would lose the variance.
    x = rng.normal(1000, 0.1, (4, 5, 3)).astype("float32")
    mask = rng.random((4, 5)) < 0.6
    if masked_replica is not None:
        mask[2 * masked_replica :][:2] = False
    outputs = run_on(
        two_replicas,
        lambda x, mask: layer(x, training=True, mask=mask),
        x,
        mask,
    )
    mask = mask[..., np.newaxis]
    mean, variance, _ = reference.moments(x, (0, 1), mask)
    np.testing.assert_allclose(statistics(layer)[0], mean.ravel(), 1e-6)
    np.testing.assert_allclose(statistics(layer)[1], variance.ravel(), 1e-2)
    expected = reference.normalize(x, (0, 1), 1e-3, 1.0, 0.0, mask)
    np.testing.assert_allclose(np.concatenate(outputs), expected, 0, 1e-2)


def test_mask_of_another_rank_is_refused():
    with pytest.raises(ValueError, match="one axis fewer"):
        BatchNormalization()(np.ones((2, 3, 4)), mask=np.ones((2,), bool))


@pytest.mark.parametrize("policy", ["float16", "bfloat16"])
@pytest.mark.parametrize("renorm", [False, True])
def test_statistics_are_not_of_half_precision(policy, renorm):
    layer = BatchNormalization(dtype=policy, momentum=0.5, renorm=renorm)
    rng = np.random.default_rng(0)
    # Variances beyond the largest number of float16.
    x = tf.cast(rng.normal(0, 500, (64, 2)), policy)
    for _ in range(20):
        layer(x, training=True)
    expected = tf.cast(x, tf.float64).numpy().var(0)
    np.testing.assert_allclose(layer.moving_variance, expected, 1e-4)
    assert {w.dtype for w in layer.non_trainable_weights} == {"float32"}
    assert {w.dtype for w in layer.trainable_weights} == {policy}


def test_files_with_statistics_of_half_precision_are_loaded(tmp_path):
    old = keras.Sequential(
        [keras.Input((2,)), keras.layers.BatchNormalization(dtype="float16")]
    )
    x = np.random.default_rng(0).normal(3, 2, (8, 2))
    old(x, training=True)
    assert old.layers[0].moving_variance.dtype == "float16"
    old.save_weights(tmp_path / "old.weights.h5")
    new = keras.Sequential(
        [keras.Input((2,)), BatchNormalization(dtype="float16")]
    )
    new.load_weights(tmp_path / "old.weights.h5")
    np.testing.assert_array_equal(
        new.layers[0].moving_variance, old.layers[0].moving_variance
    )
