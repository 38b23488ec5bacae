"""Flags of the scripts that train many runs."""

import dataclasses

from absl import flags

from ...common.errors import InputError
from .settings import ENGINES, Ray

# The flags that are defined here are those of the script that calls.
flags.disclaim_key_flags()


def define():
    """Defines the flags."""
    flags.DEFINE_integer(
        "jobs",
        1,
        "Number of processes that train at the same time, on this machine.",
        lower_bound=1,
    )
    flags.DEFINE_enum(
        "engine",
        "local",
        ENGINES,
        "What trains: processes of this machine, or a cluster, by Ray.",
    )
    flags.DEFINE_string(
        "address",
        None,
        "With --engine=ray: the cluster, auto or HOST:PORT. Without it: the "
        "environment variable RAY_ADDRESS, or else this machine alone.",
    )
    flags.DEFINE_float(
        "gpus_per_group",
        None,
        "With --engine=ray: GPUs that a group of runs takes, possibly a part "
        "of one. Without it: 1 if the cluster has any.",
        lower_bound=0.0,
    )
    flags.DEFINE_integer(
        "cpus_per_group",
        None,
        "With --engine=ray: CPUs that a group takes, which is also the number "
        "of its threads. Without it: 1.",
        lower_bound=1,
    )


def options(flags):
    """Returns what these flags say, as arguments of `compare_norms`.

    Raises:
        InputError: one has no effect.
    """
    names = [field.name for field in dataclasses.fields(Ray)]
    given = {name: flags[name].value for name in names}
    given = {key: value for key, value in given.items() if value is not None}
    if flags.engine == "ray":
        return {"engine": Ray(**given), "jobs": flags.jobs}
    for name in given:
        raise InputError(f"--{name} has no effect without --engine=ray.")
    return {"engine": flags.engine, "jobs": flags.jobs}
