"""What all tasks of a comparison need, read on the machine that starts it."""

import os
import pathlib

import ray

from ...common import lock
from ...common.provenance import versions
from ...common.structures import flatten
from . import code
from .tasks import Shipment


def shipment_of(work, parts, resources):
    """Returns the `Shipment` for some groups.

    Args:
        work: the `Work`.
        parts: from `training.part_of`.
        resources: of a group, as `ray.remote` takes them.

    Raises:
        InputError: as of `code.collected`.
    """
    configs = [config for runs, *_ in parts for _, config in runs]
    workdir, config_file, files = work.workdir.absolute(), None, []
    if work.config_file:
        file, colon, argument = str(work.config_file).partition(":")
        config_file = f"{os.path.abspath(file)}{colon}{argument}"
        files = [file]
    return Shipment(
        str(workdir),
        _mark(workdir),
        {name: ray.put(x) for name, x in _attached(configs, workdir)},
        code.collected([*configs, *work.norms.values()], files),
        config_file,
        work.norms,
        versions(),
        resources["num_cpus"],
        bool(resources["num_gpus"]),
    )


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
