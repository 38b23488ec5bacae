"""Where worker processes come from."""

import multiprocessing
import sys
from multiprocessing import forkserver

from .startup import SCRIPT, WORKERS

#: Workers run the script's module, too, which imports the second one. The last
#: one draws splits, and takes half a second.
_IMPORTED = [
    WORKERS,
    "normzoo.trainers.comparison.compare",
    "sklearn.model_selection",
]


def context():
    """Returns the `multiprocessing` context that starts workers.

    Those of a script are forked from a server that has imported all they need
    and done nothing else; a process that has started TensorFlow deadlocks when
    it is forked. Elsewhere each worker imports all by itself, since a process
    has one server at most, and it may be someone else's.
    """
    if not _has_server():
        return multiprocessing.get_context("spawn")
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(_IMPORTED)
    return found


def prepare():
    """Has the server, if there will be one, begin its imports."""
    if _has_server():
        context()
        forkserver.ensure_running()


def _has_server():
    spec = sys.modules["__main__"].__spec__
    # Elsewhere than on Linux, forks of processes with threads may crash.
    return (
        sys.platform == "linux"
        and spec is not None
        and SCRIPT.match(spec.name) is not None
    )
