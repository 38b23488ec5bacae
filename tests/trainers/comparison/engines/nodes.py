"""Ray clusters whose nodes are all this machine."""

import contextlib
import gc
import pathlib
import signal

import pytest
from ray import cluster_utils

from ...killable import handled


@contextlib.contextmanager
def cluster_of(nodes):
    """Yields a cluster of so many nodes, which have one CPU each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # Nodes that a shell starts in the background ignore Ctrl-C.
        with handled(signal.SIGINT, signal.SIG_IGN):
            found = cluster_utils.Cluster(
                initialize_head=True, head_node_args={"num_cpus": 1}
            )
            for _ in range(nodes - 1):
                found.add_node(num_cpus=1)
        try:
            yield found
        finally:
            found.shutdown()
    gc.collect()


def raylet(node):
    """Returns the process that starts a node's workers."""
    return node.all_processes["raylet"][0].process.pid


def children(pid):
    """Returns the processes that a process has started."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        # Some end while they are looked at.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if path.read_text().rpartition(")")[2].split()[1] == str(pid):
                found.append(int(path.parent.name))
    return found


def in_a_task(cluster):
    """Returns the workers of all nodes that do a task at the moment."""
    workers = [
        pid
        for node in cluster.list_all_nodes()
        for pid in children(raylet(node))
    ]
    return [pid for pid in workers if _is_busy(pid)]


def _is_busy(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        name = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        # So Ray names a worker after what it does.
        return name.startswith(b"ray::train")
    return False
