"""Groups that a cluster trains, by Ray."""

import collections
import contextlib
import logging
import os
import pathlib
import shutil
import signal
import threading
import warnings
from typing import NamedTuple

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...common import lock, signals
from ...common.errors import InputError, LostWorkerError
from ...common.provenance import versions
from ...common.structures import flatten
from . import code, parcel, tasks
from .engine import Engine
from .training import part_of

#: How often a group may lose the process that trains it.
_MOST_LOSSES = 5
_USAGE = "RAY_USAGE_STATS_ENABLED"


class _Task(NamedTuple):
    """A group that is being trained.

    Attributes:
        part: from `part_of`.
        shipment: the `tasks.Shipment`, a reference.
    """

    part: tuple
    shipment: ray.ObjectRef


class OnRay(Engine):
    """Trains each group as a task of Ray's.

    If the process that trains it is lost, or its node, the group is started
    again, and goes on from its newest checkpoint that can be reached.

    Args:
        options: a `settings.Ray`.
    """

    instead = 'set engine="local"'

    def __init__(self, options):
        super().__init__()
        self._options = options
        self._gpus = None
        self._tasks, self._losses = {}, collections.Counter()
        self._scratches = set()
        self._is_interrupted = threading.Event()
        self._received = 0

    def slots(self):
        """Returns for how many groups the cluster has room."""
        self._connect()
        found = [each["Resources"] for each in ray.nodes() if each["Alive"]]
        count = sum(map(self._room, found))
        if not count:
            raise InputError(
                f"No node of the Ray cluster has room for a group, which takes "
                f"{self._options.cpus_per_group} CPUs and {self._gpus:g} GPUs. "
                f"Received: nodes with {'; '.join(map(_said, found))}. Set "
                "cpus_per_group or gpus_per_group."
            )
        return count

    def train(self, groups, shown):
        """Trains groups, see `Engine`."""
        self._connect()
        parts = [part_of(group, self._workdir) for group in groups]
        shipment = ray.put(self._shipment(parts))
        self._received = 0
        for part in parts:
            self._start(_Task(part, shipment))
        try:
            yield from self._answers(shown)
        except (InputError, ray.exceptions.RayTaskError):
            self._end_all()
            raise
        if self._received:
            size = f"{self._received / 1e6:.2f}"
            shown.say([f"{size} MB of results came from other machines."])
        if self._is_interrupted.is_set():
            raise signals.Interrupted(signals.EXIT_CODES[signal.SIGTERM])

    def interrupt(self):
        """Tells all tasks to save and to end; those that wait do not begin."""
        self._is_interrupted.set()
        for reference in list(self._tasks):
            ray.cancel(reference)

    def __exit__(self, *error):
        if ray.is_initialized() and self._gpus is not None:
            self._clean()
            ray.shutdown()
        return super().__exit__(*error)

    @property
    def _workdir(self):
        return self.work.workdir.absolute()

    def _connect(self):
        if self._gpus is not None:
            return
        if ray.is_initialized():
            raise InputError(
                "This process has already started Ray. Call ray.shutdown() "
                "first, so that the comparison starts it with its own code. A "
                'script compares below `if __name__ == "__main__":`.'
            )
        _start_ray(self._options.address)
        self._gpus = self._options.gpus_per_group
        if self._gpus is None:
            self._gpus = float("GPU" in ray.cluster_resources())

    def _room(self, resources):
        room = resources.get("CPU", 0) // self._options.cpus_per_group
        if self._gpus:
            room = min(room, resources.get("GPU", 0) // self._gpus)
        return int(room)

    def _shipment(self, parts):
        configs = [config for runs, *_ in parts for _, config in runs]
        workdir, config_file = self._workdir, None
        files = []
        if self.work.config_file:
            file, colon, argument = str(self.work.config_file).partition(":")
            config_file = f"{os.path.abspath(file)}{colon}{argument}"
            files = [file]
        named = [*configs, *self.work.norms.values()]
        return tasks.Shipment(
            str(workdir),
            _mark(workdir),
            {name: ray.put(x) for name, x in _attached(configs, workdir)},
            code.collected(named, files),
            config_file,
            self.work.norms,
            versions(),
            self._options.cpus_per_group,
            bool(self._gpus),
        )

    def _start(self, task):
        root = self._workdir
        runs, _, folder = task.part
        names = [*(name for name, _ in runs), str(folder.relative_to(root))]
        train = _train.options(
            num_cpus=self._options.cpus_per_group, num_gpus=self._gpus
        )
        sent = ray.put(parcel.pack(root, names))
        # In a list it is no argument that is fetched wherever the task runs.
        reference = train.remote(task.shipment, task.part, names, [sent])
        self._tasks[reference] = task
        if self._is_interrupted.is_set():  # meanwhile
            ray.cancel(reference)

    def _answers(self, shown):
        """Yields lists of names and results until no task is left."""
        while self._tasks:
            ready, _ = ray.wait(list(self._tasks), timeout=1.0)
            for reference in ready:
                task = self._tasks.pop(reference)
                answer = self._answer(reference, task, shown)
                if answer is None:
                    continue
                if answer.error:
                    raise InputError(answer.error)
                # Its machine may be told to end, and not this comparison.
                if answer.is_interrupted and not self._is_interrupted.is_set():
                    self._start(task)
                if answer.results:
                    yield answer.results

    def _answer(self, reference, task, shown):
        """Returns a task's `Answer`; None if there is none, or none yet."""
        try:
            answer = ray.get(reference)
        except ray.exceptions.TaskCancelledError:
            return None
        except ray.exceptions.RayTaskError:
            raise  # A fault of the code, which another node has, too.
        except ray.exceptions.RayError as error:
            if not self._is_interrupted.is_set():
                self._start_again(task, error, shown)
            return None
        if answer.scratch:
            self._scratches.add(answer.scratch)
            self._received += parcel.size(answer.parcel)
            parcel.unpack(answer.parcel, self._workdir)
        return answer

    def _start_again(self, task, error, shown):
        runs, *_ = task.part
        first, reason = runs[0][0], str(error).strip().partition("\n")[0]
        self._losses[first] += 1
        if self._losses[first] > _MOST_LOSSES:
            self._end_all()
            raise LostWorkerError(
                f"The cluster has lost the process that trains {first} "
                f"{_MOST_LOSSES + 1} times, perhaps because memory ran out: "
                f"{reason} Repeat the same command to go on."
            ) from error
        shown.say([f"A worker of the cluster is lost; {first} starts again."])
        self._start(task)

    def _end_all(self):
        """Has all tasks save and end, and takes what they have sent."""
        self.interrupt()
        while self._tasks:
            reference, task = self._tasks.popitem()
            # What the first one has raised is told.
            with contextlib.suppress(ray.exceptions.RayTaskError):
                self._answer(reference, task, None)

    def _clean(self):
        """Removes what tasks have left on nodes."""
        alive = {each["NodeID"] for each in ray.nodes() if each["Alive"]}
        removing = [
            _remove.options(
                scheduling_strategy=NodeAffinitySchedulingStrategy(node, False)
            ).remote(folder, True)
            for node, folder in self._scratches
            if node in alive
        ]
        if removing:
            ray.wait(removing, num_returns=len(removing), timeout=10)


# A lost one is started again here, where it can be said. Spread: what a process
# takes most of is memory.
_train = ray.remote(max_retries=0, scheduling_strategy="SPREAD")(tasks.train)
_remove = ray.remote(max_retries=0, num_cpus=0)(shutil.rmtree)


def _start_ray(address):
    """Connects to a cluster, or starts one that is this machine."""
    handlers = {each: signal.getsignal(each) for each in signals.EXIT_CODES}
    given = os.environ.get(_USAGE)
    # Ray would report its use by default, without asking.
    os.environ.setdefault(_USAGE, "0")
    try:
        with warnings.catch_warnings():
            # Of how Ray's own defaults will change.
            warnings.simplefilter("ignore")
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
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


def _said(resources):
    return ", ".join(f"{resources.get(x, 0):g} {x}s" for x in ("CPU", "GPU"))


def _mark(workdir):
    """Returns what a machine finds in the workdir if it is the same folder."""
    try:
        return (workdir / lock.HOLDER).read_text()
    except OSError:
        return None


def _attached(configs, workdir):
    """Yields names and contents of the workdir's files that configs name."""
    names = {
        path.name
        for config in configs
        for value in flatten(config).values()
        if isinstance(value, str)
        and (path := pathlib.Path(value)).parent == workdir
        and path.is_file()
    }
    for name in sorted(names):
        yield name, (workdir / name).read_bytes()
