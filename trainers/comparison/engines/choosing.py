"""Which engine is meant."""

import importlib.util

from ...common.errors import InputError
from .here import Here
from .processes import Processes
from .settings import ENGINES, Ray


def chosen(engine: str | Ray = "local", jobs: int = 1):
    """Returns a new `Engine`.

    Args:
        engine: one of `ENGINES`, or a `Ray`.
        jobs: number of processes of a local one.

    Raises:
        InputError: there is none of that name, Ray is not installed, or `jobs`
            has no effect.
    """
    if engine == "local":
        return Here() if jobs == 1 else Processes(jobs)
    options = Ray() if engine == "ray" else engine
    if not isinstance(options, Ray):
        raise InputError(
            f"`engine` must be one of {', '.join(ENGINES)}, or a `Ray`. "
            f"Received: {engine!r}."
        )
    _check(options, jobs)
    # Imported where it is wanted: most users have no Ray.
    from .on_ray import OnRay

    return OnRay(options)


def _check(options, jobs):
    if jobs != 1:
        raise InputError(
            f"With Ray, `jobs` has no effect. Received: {jobs}. As many groups "
            "train at the same time as there is room for, see cpus_per_group."
        )
    if options.cpus_per_group < 1 or (options.gpus_per_group or 0) < 0:
        raise InputError(
            "A group takes at least one CPU, and no negative number of GPUs. "
            f"Received: {options}."
        )
    if not importlib.util.find_spec("ray"):
        raise InputError(
            "The engine 'ray' needs ray, not installed here: pip install "
            "'normzoo[ray]'."
        )
