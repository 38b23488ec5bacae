"""Whatever changes the weights, statistics are those of the weights used."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.layers import ReferenceModel, VirtualBatchNormalization

from .test_reference_model import REFERENCE, TARGET, X, assert_fresh, network


def averaging():
    return keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.9)


def compiled(optimizer=None, run_eagerly=False):
    model = ReferenceModel(network(), REFERENCE)
    model.compile(optimizer or averaging(), "mse", run_eagerly=run_eagerly)
    return model


class Raises(keras.callbacks.Callback):
    """Ends the training with an error."""

    def on_train_batch_end(self, batch, logs=None):
        raise KeyboardInterrupt


class Moves(keras.callbacks.Callback):
    """Changes the weights when the training ends."""

    def on_train_end(self, logs=None):
        self.model.set_weights([w + 0.1 for w in self.model.get_weights()])


CALLBACKS = {
    "average": list,
    "early stopping": lambda: [
        keras.callbacks.EarlyStopping(
            "loss", mode="max", patience=1, restore_best_weights=True
        )
    ],
    "swap": lambda: [keras.callbacks.SwapEMAWeights()],
    "swap on epoch": lambda: [
        keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    ],
    "own": lambda: [Moves()],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLBACKS)
def test_after_fit(name, tmp_path):
    # What callbacks do is outside of what is compiled.
    model = compiled(run_eagerly=name != "average")
    model.fit(X, TARGET, 16, 2, verbose=0, callbacks=CALLBACKS[name]())
    assert_fresh(model)
    predicted = model.predict(X, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), predicted)
    assert_fresh(loaded)


@pytest.mark.slow
def test_an_interrupted_fit():
    model = compiled("sgd")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, TARGET, 8, verbose=0, callbacks=[Raises()])
    assert_fresh(model)


def norms(model):
    layers = model.model.layers
    return [x for x in layers if isinstance(x, VirtualBatchNormalization)]


def outdated():
    """Returns a model whose weights a user has changed, and its outputs."""
    model = compiled("sgd")
    model.fit(X, TARGET, verbose=0)
    for weight in model.trainable_weights:
        weight.assign(weight + 0.1)
    outputs = model(X, training=True)  # by the reference of this moment
    for norm in norms(model):
        norm.reference_mean.assign(norm.reference_mean + 1)
    return model, np.asarray(outputs)


USES = {
    "predict": lambda model: model.predict(X, verbose=0),
    "predict_on_batch": lambda model: model.predict_on_batch(X),
    "positional": lambda model: model.predict(X, 8, 0, None, None),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", USES)
def test_predictions_after_an_assignment(name):
    model, expected = outdated()
    np.testing.assert_allclose(USES[name](model), expected, 1e-5, 1e-5)
    # Again, with functions that are made and traced.
    weight = model.trainable_weights[0]
    weight.assign(weight - 0.3)
    expected = np.asarray(model(X, training=True))
    for norm in norms(model):
        norm.reference_mean.assign(norm.reference_mean + 1)
    np.testing.assert_allclose(USES[name](model), expected, 1e-5, 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["evaluate", "test_on_batch"])
def test_measurements_after_an_assignment(name):
    model, outputs = outdated()
    loss = np.mean((outputs - TARGET) ** 2)
    kwargs = {"verbose": 0} if name == "evaluate" else {}
    measured = getattr(model, name)(X, TARGET, **kwargs)
    assert measured == pytest.approx(loss, 1e-4)
    assert_fresh(model)


@pytest.mark.slow
def test_an_export_after_an_assignment(tmp_path):
    model, outputs = outdated()
    model.export(tmp_path, verbose=False)
    served = tf.saved_model.load(tmp_path)
    np.testing.assert_allclose(served.serve(X), outputs, 1e-5, 1e-5)


class Lends(keras.callbacks.Callback):
    """Gives the model other weights while it is measured."""

    def _move(self, by):
        for weight in self.model.trainable_weights:
            weight.assign(weight + by)

    def on_test_begin(self, logs=None):
        self._move(0.25)

    def on_test_end(self, logs=None):
        self._move(-0.25)

    on_predict_begin, on_predict_end = on_test_begin, on_test_end


@pytest.mark.slow
def test_weights_that_callbacks_lend():
    model = compiled("sgd")
    model.refresh()
    lends = Lends()
    lends.set_model(model)
    lends.on_test_begin()
    expected = np.asarray(model(X, training=True))
    lends.on_test_end()
    model.refresh()
    for _ in range(2):
        predicted = model.predict(X, verbose=0, callbacks=[Lends()])
        np.testing.assert_allclose(predicted, expected, 1e-5, 1e-5)
        assert_fresh(model)
        measured = model.evaluate(X, TARGET, verbose=0, callbacks=[Lends()])
        loss = np.mean((expected - TARGET) ** 2)
        assert measured == pytest.approx(loss, 1e-4)
        assert_fresh(model)


@pytest.mark.slow
def test_a_list_of_callbacks_is_used_again():
    model = compiled("sgd")
    callbacks = keras.callbacks.CallbackList([], add_history=True, model=model)
    for _ in range(2):
        model.fit(X, TARGET, verbose=0, callbacks=callbacks)
    assert len(callbacks.callbacks) == 2
