"""Groups that a cluster trains, by Ray."""

import collections
import contextlib
import signal
import threading
from typing import NamedTuple

import ray

from ...common import signals
from ...common.errors import InputError, LostWorkerError, writing
from . import parcel, tasks
from .cluster import Cluster
from .engine import Engine
from .shipping import shipment_of
from .training import part_of

_SAFE = "What came before is complete"
#: How often a group may lose the process that trains it.
_MOST_LOSSES = 5


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
        self._cluster, self._left = None, set()
        self._tasks, self._losses = {}, collections.Counter()
        self._is_interrupted = threading.Event()
        self._received = 0

    def slots(self):
        """Returns for how many groups the cluster has room."""
        return self._opened().slots()

    def train(self, groups, shown):
        """Trains groups, see `Engine`."""
        resources = self._opened().resources
        parts = [part_of(group, self._workdir) for group in groups]
        shipment = ray.put(shipment_of(self.work, parts, resources))
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

    @property
    def _workdir(self):
        return self.work.workdir.absolute()

    def _opened(self):
        if self._cluster is None:
            self._cluster = Cluster(self._options)
            self._stack.callback(lambda: self._cluster.close(self._left))
        return self._cluster

    def _start(self, task):
        root = self._workdir
        runs, _, folder = task.part
        names = [*(name for name, _ in runs), str(folder.relative_to(root))]
        train = _train.options(**self._opened().resources)
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
            self._cluster.check()
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
        if answer.left:
            self._left.add(answer.left)
        if answer.parcel is not None:
            self._received += parcel.size(answer.parcel)
            with writing(f"The results in {self._workdir}", _SAFE):
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


# A lost one is started again here, where it can be said. Spread: what a process
# takes most of is memory.
_train = ray.remote(max_retries=0, scheduling_strategy="SPREAD")(tasks.train)
