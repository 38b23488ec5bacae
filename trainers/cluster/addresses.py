"""The machines of a run, and which of them this process is."""

import contextlib
import json
import os
import re
import socket
from typing import NamedTuple

from ..common.errors import InputError

#: Default port of workers that Slurm or Kubernetes starts.
PORT = 12345


class Cluster(NamedTuple):
    """The processes that train together.

    Attributes:
        addresses: `"host:port"` of each worker, the chief's first.
        index: of this process.
    """

    addresses: tuple[str, ...]
    index: int

    def tf_config(self):
        """Returns the value of `TF_CONFIG` for this process."""
        task = {"type": "worker", "index": self.index}
        return json.dumps(
            {"cluster": {"worker": list(self.addresses)}, "task": task}
        )


def find_cluster(environ=os.environ):
    """Returns the `Cluster` that environment variables describe.

    These are `TF_CONFIG`, or else those of a Slurm job step, or else those of
    an indexed Kubernetes job; see `docs/distributed.md`.

    Raises:
        InputError: there are none, or they cannot be understood.
    """
    if "TF_CONFIG" in environ:
        return from_tf_config(environ["TF_CONFIG"])
    for variable, read in _SCHEDULERS.items():
        if variable in environ:
            try:
                return _checked(*read(environ), variable)
            except (KeyError, ValueError) as error:
                raise InputError(
                    f"{variable} is set, but the workers cannot be found: "
                    f"{error!r}. Set TF_CONFIG."
                ) from error
    raise InputError(
        "distribution=multi_worker needs to know its workers. Expected in the "
        'environment: TF_CONFIG={"cluster": {"worker": ["HOST:PORT", ...]}, '
        '"task": {"type": "worker", "index": 0}}, or the variables of Slurm '
        "(srun) or of an indexed Kubernetes job. Received: none of them."
    )


def from_tf_config(text):
    """Returns the `Cluster` that a value of `TF_CONFIG` describes."""
    try:
        config = json.loads(text)
        jobs = config["cluster"]
        task = config["task"]["type"], int(config["task"]["index"])
        chief, workers = jobs.get("chief", []), jobs.get("worker", [])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"TF_CONFIG cannot be understood ({error!r}). Received: {text!r}. "
            'Expected: {"cluster": {"worker": ["HOST:PORT", ...]}, "task": '
            '{"type": "worker", "index": 0}}.'
        ) from error
    others = sorted(set(jobs) - {"chief", "worker"})
    if others or task[0] not in ("chief", "worker"):
        raise InputError(
            "TF_CONFIG may contain only the jobs 'chief' and 'worker'. "
            f"Received: {', '.join(map(repr, [*others, task[0]]))}."
        )
    # A separate chief counts as the first worker.
    before = len(chief) if task[0] == "worker" else 0
    return _checked([*chief, *workers], before + task[1], "TF_CONFIG")


def _checked(addresses, index, source):
    wrong = [a for a in addresses if not re.fullmatch(r"\S+:\d+", str(a))]
    if wrong or not addresses:
        raise InputError(
            f"{source} must name the workers as HOST:PORT. Received: "
            f"{wrong or addresses}."
        )
    if not 0 <= index < len(addresses):
        raise InputError(
            f"{source} gives this process the index {index}, but has "
            f"{len(addresses)} workers. Expected: 0 to {len(addresses) - 1}."
        )
    return Cluster(tuple(addresses), index)


def _from_slurm(environ):
    """One worker per task of a job step, in the order of `SLURM_PROCID`."""
    hosts = expand_hosts(environ["SLURM_STEP_NODELIST"])
    tasks = expand_tasks(environ["SLURM_STEP_TASKS_PER_NODE"])
    first = int(environ.get("NORMZOO_PORT", PORT))
    addresses = [
        f"{host}:{first + local}"
        for host, count in zip(hosts, tasks, strict=True)
        for local in range(count)
    ]
    return addresses, int(environ["SLURM_PROCID"])


def expand_hosts(text):
    """Returns the hosts of a Slurm node list such as `"a[01-03,7],b"`.

    Example:

    >>> from normzoo.trainers.cluster.addresses import expand_hosts
    >>> expand_hosts("a[08-10,12],b")
    ['a08', 'a09', 'a10', 'a12', 'b']
    """
    name = r"([^][,]+)(?:\[([\d,-]+)\]([^][,]*))?"
    if not re.fullmatch(f"{name}(?:,{name})*", text):
        raise ValueError(f"node list {text!r}")
    return [
        f"{prefix}{number}{suffix}"
        for prefix, ranges, suffix in re.findall(name, text)
        for number in (_numbers(ranges) if ranges else [""])
    ]


def _numbers(ranges):
    for part in ranges.split(","):
        low, _, high = part.partition("-")
        if int(high or low) < int(low):
            raise ValueError(f"range {part!r}")
        for number in range(int(low), int(high or low) + 1):
            yield f"{number:0{len(low)}}"


def expand_tasks(text):
    """Returns the tasks per node of Slurm, such as `"2(x3),1"`.

    Example:

    >>> from normzoo.trainers.cluster.addresses import expand_tasks
    >>> expand_tasks("2(x3),1")
    [2, 2, 2, 1]
    """
    counts = []
    for part in text.split(","):
        count, times = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part).groups()
        counts += [int(count)] * int(times or 1)
    return counts


def _from_kubernetes(environ):
    """One worker per pod of an indexed job with a headless service."""
    count = int(environ["NORMZOO_WORKERS"])
    job, service = environ["NORMZOO_JOB"], environ["NORMZOO_SERVICE"]
    port = environ.get("NORMZOO_PORT", PORT)
    addresses = [f"{job}-{i}.{service}:{port}" for i in range(count)]
    return addresses, int(environ["JOB_COMPLETION_INDEX"])


#: Variable that a scheduler sets -> function of the environment.
_SCHEDULERS = {
    "SLURM_PROCID": _from_slurm,
    "JOB_COMPLETION_INDEX": _from_kubernetes,
}


def on_this_machine(count):
    """Returns the `Cluster` of each of `count` processes on this machine."""
    with contextlib.ExitStack() as stack:
        # All open at once, so that no port is given out twice.
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(count)
        ]
        ports = [s.getsockname()[1] for s in sockets]
    addresses = tuple(f"127.0.0.1:{port}" for port in ports)
    return [Cluster(addresses, index) for index in range(count)]
