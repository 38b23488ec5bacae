"""The state of a process that trainings change, given back when they end."""

import contextlib
import copy
import random

import keras
import numpy as np

from .determinism import is_deterministic, set_determinism


@contextlib.contextmanager
def as_found():
    """Gives back, at its end, what trainings change in the process.

    That is the determinism of TensorFlow's operations; the random generators of
    Python, NumPy, TensorFlow and Keras; and Keras' global state, which
    `clear_session` empties: the dtype policy, whether `fit` prints its progress
    in lines, the numbers in layer names.

    Eager operations with a seed of their own, `tf.random.normal([], seed=1)`,
    begin their sequences again: TensorFlow cannot tell where they are.
    """
    keepers = (_determinism, _python, _numpy, _tensorflow, _keras)
    givers = [keep() for keep in keepers]
    try:
        yield
    finally:
        for give_back in givers:
            give_back()


def has_seed():
    """Whether TensorFlow has a global seed; True also where it cannot be told.

    Without one, each process draws other seeds for operations that have none.
    """
    return _seed_of(_context()).get("_seed", 0) is not None


# Each keeper returns a function that gives back what is now.


def _determinism():
    found = is_deterministic()
    return lambda: set_determinism(found)


def _python():
    found = random.getstate()
    return lambda: random.setstate(found)


def _numpy():
    found = np.random.get_state()
    return lambda: np.random.set_state(found)


def _tensorflow():
    found = copy.deepcopy(_seed_of(_context()))

    def give_back():
        context = _context()
        vars(context).update(found)
        if found:
            # A kernel remembers how often it has drawn with a seed.
            context.clear_kernel_cache()

    return give_back


def _keras():
    policy = keras.config.dtype_policy()
    printing = keras.config.is_interactive_logging_enabled()
    found = {name: _kept(value) for name, value in _keras_state().items()}
    # Keras 3.12 goes on to draw from the generator that there is.
    drawn = [
        (each, each.state.numpy())
        for each in found.values()
        if isinstance(each, keras.random.SeedGenerator)
    ]

    def give_back():
        for generator, state in drawn:
            generator.state.assign(state)
        keras.config.set_dtype_policy(policy)
        if printing:
            keras.config.enable_interactive_logging()
        else:
            keras.config.disable_interactive_logging()
        state = _keras_state()
        state.clear()
        state.update(found)

    return give_back


def _kept(value):
    return copy.copy(value) if isinstance(value, (dict, list)) else value


class _Nothing:
    """Stands for a private object that is not there.

    At the end of a process, when nothing can be imported, none is.
    """

    def clear_kernel_cache(self):
        """Does nothing."""


def _context():
    """Returns the holder of TensorFlow's global seed.

    TensorFlow has no public function that tells it. Where the private one is
    missing, the seed stays that of the last training.
    """
    try:
        from tensorflow.python.eager import context

        return context.context()
    except (ImportError, AttributeError):
        return _Nothing()


def _seed_of(context):
    """Returns the global seed, and what draws seeds of operations by it."""
    found = vars(context)
    return {name: found[name] for name in ("_seed", "_rng") if name in found}


def _keras_state():
    """Returns Keras' table of its global state.

    Where the private name is missing, what public functions tell is given back.
    """
    try:
        from keras.src.backend.common import global_state

        return vars(global_state.GLOBAL_STATE_TRACKER)
    except (ImportError, AttributeError):
        return {}
