"""The connection with a cluster, by Ray."""

import logging
import os
import shutil
import signal
import socket
import threading
import time
import warnings

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...common import signals
from ...common.errors import InputError, LostWorkerError

_USAGE = "RAY_USAGE_STATS_ENABLED"
#: Seconds that a cluster has to answer.
_KNOCKING = 10
#: Seconds that the head node may be silent. After 60, Ray ends the process,
#: without a word to the user.
_PATIENCE = 20
#: Seconds that nodes have to remove what is not needed any more.
_CLEANING = 10


class Cluster:
    """A cluster that this process is connected with until `close`.

    Args:
        options: a `settings.Ray`.

    Attributes:
        resources: of a group, as `ray.remote` takes them.

    Raises:
        InputError: there is none, or this process is connected already.
    """

    def __init__(self, options):
        if ray.is_initialized():
            raise InputError(
                "This process has already started Ray. Call ray.shutdown() "
                "first, so that the comparison starts it with its own code. A "
                'script compares below `if __name__ == "__main__":`.'
            )
        _start_ray(options.address)
        gpus = options.gpus_per_group
        if gpus is None:
            gpus = float("GPU" in ray.cluster_resources())
        self.resources = {"num_cpus": options.cpus_per_group, "num_gpus": gpus}
        self._head = ray.get_runtime_context().gcs_address
        self._heard, self._is_lost = time.monotonic(), False

    def slots(self):
        """Returns for how many groups there is room.

        Raises:
            InputError: for none.
        """
        found = [each["Resources"] for each in _nodes().values()]
        count = sum(map(self._room, found))
        if not count:
            raise InputError(
                f"No node of the Ray cluster has room for a group, which takes "
                f"{self.resources['num_cpus']} CPUs and "
                f"{self.resources['num_gpus']:g} GPUs. Received: nodes with "
                f"{'; '.join(map(_said, found))}. Set cpus_per_group or "
                "gpus_per_group."
            )
        return count

    def _room(self, resources):
        room = resources.get("CPU", 0) // self.resources["num_cpus"]
        if gpus := self.resources["num_gpus"]:
            room = min(room, resources.get("GPU", 0) // gpus)
        return int(room)

    def check(self):
        """Raises `LostWorkerError` if the head node is silent for too long."""
        try:
            _knock(self._head)
        except OSError as error:
            if time.monotonic() - self._heard < _PATIENCE:
                return
            self._is_lost = True
            raise LostWorkerError(
                f"The head node of the Ray cluster, {self._head}, has not "
                f"answered for {_PATIENCE} s. What was saved is complete: "
                "start a cluster, and repeat the same command to go on."
            ) from error
        self._heard = time.monotonic()

    def close(self, left):
        """Removes what is left on nodes, and ends the connection.

        Args:
            left: pairs of a node's number and a folder.
        """
        # Without a head, nobody can be asked.
        alive = {} if self._is_lost else _nodes()
        removing = [
            _remove.options(
                scheduling_strategy=NodeAffinitySchedulingStrategy(node, False)
            ).remote(folder, True)
            for node, folder in left
            if node in alive
        ]
        if removing:
            ray.wait(removing, num_returns=len(removing), timeout=_CLEANING)
        ray.shutdown()


_remove = ray.remote(max_retries=0, num_cpus=0)(shutil.rmtree)


def _nodes():
    return {each["NodeID"]: each for each in ray.nodes() if each["Alive"]}


def _start_ray(address):
    """Connects to a cluster, or starts one that is this machine."""
    handlers = {each: signal.getsignal(each) for each in signals.EXIT_CODES}
    given = os.environ.get(_USAGE)
    # Ray would report its use by default, without asking.
    os.environ.setdefault(_USAGE, "0")
    try:
        _knock(address or os.environ.get("RAY_ADDRESS", ""))
        with warnings.catch_warnings():
            # Of how Ray's own defaults will change.
            warnings.simplefilter("ignore")
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        said = str(error).strip().partition("\n")[0]
        raise InputError(
            f"There is no Ray cluster to work with: {said} Start one by "
            "`ray start --head`, or leave the address out to use this machine "
            "alone."
        ) from error
    finally:
        if given is None:
            del os.environ[_USAGE]
        # Ray's own would end the process before anything is saved.
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers.items():
                signal.signal(number, handler)


def _knock(address):
    """Raises `OSError` if nobody listens at HOST:PORT.

    Ray itself would try for minutes, and then end the process.
    """
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=_KNOCKING).close()


def _said(resources):
    return ", ".join(f"{resources.get(x, 0):g} {x}s" for x in ("CPU", "GPU"))
