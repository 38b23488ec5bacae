"""The processes of one run: how many there are, and what each may write.

The first worker is the chief. Under a strategy of one process it is alone.
"""

import contextlib
import tempfile

from .addresses import Cluster
from .heartbeat import monitor

_PATIENCE = 30  # seconds for which a worker may not be reached


def cluster_of(strategy):
    """Returns the `Cluster` of a strategy, None for a single process."""
    resolver = strategy.cluster_resolver
    if resolver is None:
        return None
    addresses = resolver.cluster_spec().as_dict()["worker"]
    return Cluster(tuple(addresses), resolver.task_id)


def workers(strategy):
    """Returns the number of processes."""
    cluster = cluster_of(strategy)
    return len(cluster.addresses) if cluster else 1


def worker_index(strategy):
    """Returns the index of this process, 0 for the chief."""
    cluster = cluster_of(strategy)
    return cluster.index if cluster else 0


def is_chief(strategy):
    """Returns whether this process is the one that writes the workdir."""
    return worker_index(strategy) == 0


@contextlib.contextmanager
def monitored(strategy):
    """Ends the run within a minute when another worker dies."""
    cluster = cluster_of(strategy)
    if cluster is None:
        yield
        return
    with monitor(cluster, _PATIENCE):
        yield


@contextlib.contextmanager
def own_folder(strategy, folder):
    """Yields `folder` on the chief, and a temporary folder elsewhere.

    All workers have to save, although only the chief's files are kept: saving
    reads variables, and some of these are sums over all workers.
    """
    if is_chief(strategy):
        yield folder
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield temporary
