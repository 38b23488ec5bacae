import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.layers import (
    BatchNormalization,
    ReferenceModel,
    VirtualBatchNormalization,
)
from normzoo.layers.norms.reference_scope import (
    leading_reference,
    reference_rows,
)

RNG = np.random.default_rng(0)
X = RNG.normal(1.0, 2.0, (32, 5)).astype("float32")
REFERENCE = RNG.normal(1.0, 2.0, (12, 5)).astype("float32")
TARGET = X[:, :1]


def network(**kwargs):
    """Returns a small generator with two virtual batch norms."""
    return keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(2 * 2 * 3),
            keras.layers.Reshape((2, 2, 3)),
            VirtualBatchNormalization(**kwargs),
            keras.layers.ReLU(),
            keras.layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
            VirtualBatchNormalization(axis=1),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )


def trained(epochs=2, optimizer="sgd", **how):
    """Returns a trained model. To trace Adam takes twice as long as SGD."""
    model = ReferenceModel(network(), REFERENCE)
    model.compile(optimizer, "mse", **how)
    model.fit(X, TARGET, epochs=epochs, verbose=0)
    return model


def assert_fresh(model, tolerance=1e-6):
    """Checks that what is remembered is what the reference gives today."""
    remembered = tf.cast(model(X, training=False), tf.float64)
    today = tf.cast(model(X, training=True), tf.float64)
    np.testing.assert_allclose(remembered, today, tolerance, tolerance)


def by_hand(model, x, r):
    """Calls the layers one by one, with examples and reference apart."""
    for layer in model.layers:
        if isinstance(layer, VirtualBatchNormalization):
            x, r = layer(x, reference=r), layer.normalize_reference(r)
        else:
            x, r = layer(x), layer(r)
    return x


def test_reference_goes_through_all_layers_with_its_gradients():
    model = ReferenceModel(network(), REFERENCE)
    results = []
    for call in (
        lambda: model(X, training=True),
        lambda: by_hand(model.model, X, tf.constant(REFERENCE)),
    ):
        with tf.GradientTape() as tape:
            y = call()
            loss = tf.reduce_sum(y**2)
        weights = [weight.value for weight in model.trainable_weights]
        results.append([y, *tape.gradient(loss, weights)])
    assert len(results[0]) == 11
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-4)


def test_remembered_statistics_are_todays_after_refresh():
    model = ReferenceModel(network(), REFERENCE)
    model(X, training=True)
    assert_fresh(model)
    model.set_weights([w + 0.1 for w in model.get_weights()])
    with pytest.raises(AssertionError):
        assert_fresh(model)
    model.refresh()
    assert_fresh(model)


class Watcher(keras.callbacks.Callback):
    """Checks that statistics are fresh wherever they matter in `fit`."""

    def __init__(self):
        super().__init__()
        self.checks = 0

    def check(self, *_, **__):
        weights = self.model.get_weights()
        remembered = self.model(X, training=False)
        self.model.refresh()
        np.testing.assert_array_equal(remembered, self.model(X))
        self.model.set_weights(weights)
        self.checks += 1

    on_test_begin = on_epoch_end = on_train_end = check


@pytest.mark.slow
@pytest.mark.parametrize("as_list", [True, False])
def test_statistics_are_fresh_in_validation_callbacks_and_after(as_list):
    watcher = Watcher()
    model = ReferenceModel(network(), REFERENCE)
    model.compile("sgd", "mse", run_eagerly=as_list)
    callbacks = [watcher]
    if not as_list:
        callbacks = keras.callbacks.CallbackList(
            callbacks, add_history=True, model=model
        )
    model.fit(
        X,
        TARGET,
        batch_size=16,
        epochs=2,
        verbose=0,
        callbacks=callbacks,
        validation_data=(X, TARGET),
    )
    assert watcher.checks == 5
    assert_fresh(model)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("optimizer", "jit_compile"), [("adam", False), ("sgd", True)]
)
def test_saved_model_is_fresh_and_trains_on(optimizer, jit_compile, tmp_path):
    model = trained(optimizer=optimizer, jit_compile=jit_compile)
    model.train_on_batch(X, TARGET)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.reference[0], REFERENCE)
    for copy in (model, loaded):
        assert_fresh(copy)
        copy.fit(X, TARGET, shuffle=False, verbose=0)
    np.testing.assert_allclose(loaded(X), model(X), 1e-6, 1e-6)


@pytest.mark.slow
def test_saved_weights_are_fresh(tmp_path):
    model = trained(run_eagerly=True)
    model.train_on_batch(X, TARGET)
    model.save_weights(tmp_path / "model.weights.h5")
    copy = ReferenceModel.from_config(model.get_config())
    assert np.all(copy.reference[0] == 0)
    copy.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(copy(X), model(X))
    assert_fresh(copy)


@pytest.mark.slow
def test_model_inside_a_model_is_saved_fresh(tmp_path):
    inner = ReferenceModel(network(), REFERENCE)
    inputs = keras.Input((5,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inner(inputs)))
    model.compile("sgd", "mse")
    model.fit(X, TARGET, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    assert_fresh(inner)
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(X), model(X))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "tolerance"),
    [("mixed_bfloat16", 2e-2), ("mixed_float16", 2e-3), ("float64", 1e-12)],
)
def test_policies(policy, tolerance):
    keras.config.set_dtype_policy(policy)
    try:
        model = trained(run_eagerly=True)
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.reference[0].dtype == model.model.inputs[0].dtype
    assert_fresh(model, tolerance)


@pytest.mark.slow
def test_two_replicas_train_like_one_device(two_replicas):
    def train():
        keras.utils.set_random_seed(1)
        model = ReferenceModel(network(), REFERENCE)
        model.compile(keras.optimizers.SGD(0.01), "mse")
        model.fit(X, TARGET, batch_size=16, epochs=2, shuffle=False, verbose=0)
        return model

    single = train()
    with two_replicas.scope():
        double = train()
    for a, b in zip(single.weights, double.weights, strict=True):
        np.testing.assert_allclose(b, a, 1e-4, 1e-5)
        local = two_replicas.experimental_local_results(b.value)
        np.testing.assert_array_equal(local[0], local[-1])
    assert_fresh(double)


def test_batch_mates_change_no_bit_in_training():
    model = ReferenceModel(network(), REFERENCE)
    other = np.concatenate([X[:1], 5 * X[1:] - 7])
    step = tf.function(lambda x: model(x, training=True), autograph=False)
    np.testing.assert_array_equal(step(X)[0], step(other)[0])


@pytest.mark.slow
def test_several_inputs_and_outputs(tmp_path):
    numbers = keras.Input((3,), name="numbers")
    words = keras.Input((4,), name="words", dtype="int32")
    vectors = keras.layers.Embedding(9, 2, mask_zero=True)(words)
    vectors = VirtualBatchNormalization()(vectors)
    pooled = keras.layers.GlobalAveragePooling1D()(vectors)
    both = keras.layers.Concatenate()([numbers, pooled])
    outputs = {"a": VirtualBatchNormalization()(both), "b": pooled}
    inside = keras.Model({"numbers": numbers, "words": words}, outputs)
    inputs = {"numbers": X[:, :3], "words": RNG.integers(0, 9, (32, 4))}
    reference = {name: value[:8] for name, value in inputs.items()}
    model = ReferenceModel(inside, reference)
    model.compile("sgd", {"a": "mse", "b": "mse"})
    targets = {"a": np.zeros((32, 5)), "b": np.zeros((32, 2))}
    model.fit(inputs, targets, verbose=0)
    for name in "ab":
        today, remembered = model(inputs, training=True), model(inputs)
        np.testing.assert_allclose(today[name], remembered[name], 1e-6, 1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(inputs)["a"], remembered["a"])


def test_batch_norm_inside_sees_reference_and_examples():
    inner = BatchNormalization(momentum=0.0)
    sequence = [keras.Input((5,)), inner, VirtualBatchNormalization()]
    model = ReferenceModel(keras.Sequential(sequence), REFERENCE)
    model(X, training=True)
    expected = np.concatenate([REFERENCE, X]).mean(0)
    np.testing.assert_allclose(inner.moving_mean, expected, 1e-5)
    model.refresh()
    np.testing.assert_allclose(inner.moving_mean, expected, 1e-5)


def test_refresh_drops_nothing_out():
    sequence = [keras.Input((5,)), keras.layers.Dropout(0.5)]
    norm = VirtualBatchNormalization()
    model = ReferenceModel(keras.Sequential([*sequence, norm]), REFERENCE)
    model.refresh()
    np.testing.assert_allclose(norm.reference_mean, REFERENCE.mean(0), 1e-5)


def test_wrong_models_and_references_are_refused():
    with pytest.raises(ValueError, match="functional model"):
        ReferenceModel(keras.Sequential([keras.layers.Dense(1)]), X)
    inputs = [keras.Input((5,)), keras.Input((5,))]
    two = keras.Model(inputs, keras.layers.add(inputs))
    for model, reference in [
        (network(), X[:, :4]),
        (network(), X[:0]),
        (network(), [X, X]),
        (network(), 1.0),
        (two, [X, X[:3]]),
    ]:
        with pytest.raises(ValueError, match="reference batch must have"):
            ReferenceModel(model, reference)


def test_inputs_of_another_size_than_the_references_are_refused():
    inputs = keras.Input((None, 2))
    model = keras.Model(inputs, VirtualBatchNormalization()(inputs))
    model = ReferenceModel(model, np.ones((3, 4, 2)))
    with pytest.raises(ValueError, match="the sizes of the reference batch"):
        model(np.ones((3, 5, 2)), training=True)
    assert model(np.ones((3, 5, 2))).shape == (3, 5, 2)


def test_layer_in_two_places_is_refused():
    norm = VirtualBatchNormalization()
    inputs = keras.Input((5,))
    model = ReferenceModel(keras.Model(inputs, norm(norm(inputs))), X)
    with pytest.raises(ValueError, match="several times in one pass"):
        model(X, training=True)
    assert reference_rows(norm) is None


def test_each_thread_has_its_own_reference():
    seen = {}
    both_inside = threading.Barrier(2, timeout=10)

    def run(rows):
        with leading_reference(rows):
            both_inside.wait()
            seen[rows] = reference_rows("layer")

    threads = [threading.Thread(target=run, args=[rows]) for rows in (3, 5)]
    with leading_reference(7):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert reference_rows("layer") == 7
    assert seen == {3: 3, 5: 5}
