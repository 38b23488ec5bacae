"""When a model with a reference batch computes its remembered statistics."""

from typing import TYPE_CHECKING, Any

import keras

from ..numerics.annotations import Structure

if TYPE_CHECKING:
    from keras import Model as _Behind  # what it is in front of
else:
    _Behind = object


class Refreshed(_Behind):
    """What is in front of a Keras model's class, so that it is up to date.

    Whatever measures or writes the model has the remembered statistics of the
    weights as they are.

    Attributes:
        reference: list of variables, the reference batch for each input.
    """

    test_function: Any
    predict_function: Any

    def refresh(self) -> None:
        """Computes the remembered statistics with the weights as they are."""
        raise NotImplementedError

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Trains the model; see `keras.Model.fit`."""
        callbacks = callbacks or []
        if not isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks = [Refresh(), *keras.tree.flatten(callbacks)]
        elif not any(isinstance(c, Refresh) for c in callbacks.callbacks):
            callbacks.callbacks.insert(0, Refresh())
            callbacks.set_model(self)
        try:
            return super().fit(
                x, y, batch_size, epochs, verbose, callbacks, **kwargs
            )
        finally:
            # The last callback may have changed the weights, too.
            self.refresh()

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Measures the model; see `keras.Model.evaluate`."""
        try:
            return super().evaluate(*args, **kwargs)
        finally:
            # Callbacks may lend it other weights, as SwapEMAWeights does.
            self.refresh()

    def predict(self, *args: Any, **kwargs: Any) -> Structure:
        """Returns the outputs as arrays; see `keras.Model.predict`."""
        try:
            return super().predict(*args, **kwargs)
        finally:
            self.refresh()

    def make_test_function(self, force: bool = False) -> None:
        """Makes what `evaluate` and `test_on_batch` run."""
        super().make_test_function(force)
        self.test_function = AfterRefresh(self, self.test_function)

    def make_predict_function(self, force: bool = False) -> None:
        """Makes what `predict` and `predict_on_batch` run."""
        super().make_predict_function(force)
        self.predict_function = AfterRefresh(self, self.predict_function)

    def save_own_variables(self, store: Any) -> None:
        """Writes the model's own variables, after refreshing what is behind."""
        # Keras calls this before it writes the layers, whatever is saved: this
        # model, its weights alone, or a model around it.
        self.refresh()
        super().save_own_variables(store)


class Refresh(keras.callbacks.Callback):
    """Keeps what is remembered fresh for the callbacks behind it."""

    def on_test_begin(self, logs=None):
        """Refreshes what validation uses."""
        self.model.refresh()

    def on_epoch_end(self, epoch, logs=None):
        """Refreshes what callbacks see or save."""
        self.model.refresh()

    def on_train_end(self, logs=None):
        """Refreshes after the optimizer's last change."""
        self.model.refresh()


class AfterRefresh:
    """A function that Keras calls on batch after batch.

    Keras asks for it once before the callbacks that may change weights, so the
    statistics are refreshed when the first batch comes.

    Args:
        model: a `Refreshed` one.
        function: what Keras made; or an earlier object of this class, which is
            used up.
    """

    def __init__(self, model, function):
        again = isinstance(function, AfterRefresh)
        self._function = function._function if again else function
        self._refresh = model.refresh

    def __call__(self, data):
        """Runs a batch, the first one after a refresh."""
        if self._refresh is not None:
            self._refresh()
            self._refresh = None
        return self._function(data)
