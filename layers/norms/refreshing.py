"""When a `ReferenceModel` computes its remembered statistics."""

import keras


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
        model: the `ReferenceModel`.
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
