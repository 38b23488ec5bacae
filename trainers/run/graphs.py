"""Freeing the graphs of models that are gone."""

import contextlib


@contextlib.contextmanager
def freed():
    """Frees, at its end, the graphs of the models that were made inside.

    TensorFlow registers each traced custom gradient for the life of the
    process, and with it the whole graph; every Keras optimizer traces one.
    `keras.backend.clear_session()` does not remove them: a small model costs
    3.5 MB.

    The models must not be traced again afterwards.
    """
    registered = _registered_gradients()
    before = set(registered)
    try:
        yield
    finally:
        for name in set(registered) - before:
            del registered[name]


def _registered_gradients():
    """Returns TensorFlow's table of gradients, or an empty one.

    TensorFlow has no public function that removes an entry. Where the private
    table is missing, nothing is freed, and all else works.
    """
    try:
        from tensorflow.python.framework import ops

        return ops.gradient_registry._registry
    except (ImportError, AttributeError):
        return {}
