"""Freeing the graphs of models that are gone."""

import contextlib

from tensorflow.python.framework import ops


@contextlib.contextmanager
def freed():
    """Frees, at its end, the graphs of the models that were made inside.

    TensorFlow registers each traced custom gradient for the life of the
    process, and with it the whole graph; every Keras optimizer traces one.
    `keras.backend.clear_session()` does not help: a small model costs 3.5 MB.

    The models must not be traced again afterwards.
    """
    # Not public: where it is missing, nothing is freed.
    registered = getattr(ops.gradient_registry, "_registry", {})
    before = set(registered)
    try:
        yield
    finally:
        for name in set(registered) - before:
            del registered[name]
