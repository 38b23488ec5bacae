"""The names of engines, and their settings; nothing heavy is imported."""

import dataclasses

#: What `--engine` can name.
ENGINES = ("local", "ray")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ray:
    """Trains on a cluster, by Ray: what `engine="ray"` means, with settings.

    Each group of runs is a task of Ray's. If the worker or the node that trains
    it dies, it is started again on another one.

    Attributes:
        address: of the cluster, as `ray.init` takes it: `"auto"` or HOST:PORT.
            None: of the environment variable `RAY_ADDRESS`; without it, a
            cluster of this machine alone is started.
        gpus_per_group: GPUs that a group takes, possibly a part of one. None:
            1 if the cluster has any.
        cpus_per_group: CPUs that a group takes, which is also the number of its
            threads.

    Example:

        from normzoo.trainers.comparison.engines.settings import Ray

        engine = Ray(address="auto", gpus_per_group=1, cpus_per_group=4)
        normzoo.compare_norms(model, (images, labels), engine=engine)
    """

    address: str | None = None
    gpus_per_group: float | None = None
    cpus_per_group: int = 1
