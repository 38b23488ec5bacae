"""The processes of one run: what each may write, and what all must know.

The first worker is the chief. Under a strategy of one process it is alone.
"""

import contextlib
import json
import tempfile

import tensorflow as tf

from .cluster import Cluster
from .errors import InputError
from .watch import watching

_PATIENCE = 30  # seconds


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
def watched(strategy):
    """Ends the run within a minute when another worker dies."""
    cluster = cluster_of(strategy)
    if cluster is None:
        yield
        return
    with watching(cluster, _PATIENCE):
        yield


@contextlib.contextmanager
def own_folder(strategy, folder):
    """Yields `folder` on the chief, and a temporary folder elsewhere.

    So all workers do the same. They have to: saving reads variables, and some
    of these are sums over all workers.
    """
    if is_chief(strategy):
        yield folder
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield temporary


def together(strategy, function):
    """Returns `function()`, or raises on all workers what it raises on one.

    All workers must come here, and wait for each other.

    Args:
        strategy: of the run.
        function: without arguments, may raise `InputError`.
    """
    if workers(strategy) == 1:
        return function()
    result, error = None, None
    try:
        result = function()
    except InputError as caught:
        error = str(caught)
    for worker, error in enumerate(_gather(strategy, error)):
        if error is not None:
            raise InputError(f"Worker {worker}: {error}")
    return result


def from_chief(strategy, value):
    """Returns the chief's value, which can be written as JSON."""
    return _gather(strategy, value)[0]


def _gather(strategy, value):
    """Returns the values of all workers, in their order."""
    if workers(strategy) == 1:
        return [value]
    line = json.dumps([worker_index(strategy), value])
    # Bytes as floats: every communication library takes these.
    codes = tf.constant(list(f"{line}\n".encode()), tf.float32)
    replicas = strategy.num_replicas_in_sync // workers(strategy)

    def of_replica(context):
        # Each worker speaks through the first of its replicas.
        mute = context.replica_id_in_sync_group % replicas
        return codes[:0] if mute else codes

    values = strategy.experimental_distribute_values_from_function(of_replica)
    gathered = strategy.gather(values, axis=0)
    lines = bytes(gathered.numpy().astype("uint8")).decode().splitlines()
    said = dict(map(json.loads, lines))
    return [said[worker] for worker in sorted(said)]
