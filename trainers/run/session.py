"""What the trainings of one process share, and how long they share it."""

import contextlib
from typing import ClassVar

import keras
import tensorflow as tf

from ..cluster import strategies
from . import graphs
from .as_found import as_found
from .determinism import set_determinism
from .reuse import UNSHARED, Models


def opened(session=None):
    """Returns the context of a session that is open, or else of a new one.

    Args:
        session: a `Session` that somebody else ends, or None.
    """
    return contextlib.nullcontext(session) if session else Session()


class Session:
    """Owns the process-wide state of one or more trainings, as a context.

    A script or a worker process creates one and passes it to each training.
    When the context ends, the session discards the models that it has kept, and
    gives back the state of the process that it has found, see `as_found`.

    Args:
        reuse_models: whether runs of equal structure share a compiled model.
            That saves the tracing, and keeps the models in memory.

    Attributes:
        models: the `Models` that runs share, or `UNSHARED`.

    Example:

        with Session(reuse_models=True) as session:
            for seed in range(3):
                config.seed = seed
                with session.run():
                    classify.train(config, f"runs/{seed}", session=session)
    """

    # TensorFlow numbers collective operations per strategy, and the numbers of
    # two strategies in one process collide; nor can a strategy be closed. So
    # all sessions of a process use the same ones.
    _strategies: ClassVar[dict[str, tf.distribute.Strategy]] = {}

    def __init__(self, reuse_models=False):
        self.models = Models() if reuse_models else UNSHARED
        self._found = contextlib.ExitStack()

    def __enter__(self):
        self._found.enter_context(as_found())
        return self

    def __exit__(self, *error):
        if self.models:
            self.models.clear()
        self._found.close()

    def strategy(self, name):
        """Returns the strategy that `strategies.create` makes of a name.

        There is one of each name per process, whatever the number of sessions.

        Args:
            name: `config.distribution`.

        Raises:
            InputError: as `strategies.create`.
        """
        if name not in self._strategies:
            self._strategies[name] = strategies.create(name)
        return self._strategies[name]

    def seed(self, seed, deterministic):
        """Seeds Python, NumPy and TensorFlow.

        Args:
            seed: integer.
            deterministic: whether TensorFlow also uses only kernels that give
                bitwise equal results on the same machine.
        """
        keras.utils.set_random_seed(seed)
        set_determinism(deterministic)

    @contextlib.contextmanager
    def run(self):
        """Frees what one training leaves behind, at the end of the context.

        That is the graphs of its custom gradients and, unless models are kept,
        Keras' layer names and global state. Models that were made inside must
        not be traced again afterwards.
        """
        try:
            with graphs.freed():
                yield
        finally:
            if not self.models:
                keras.backend.clear_session()
