"""Doing the work of a workdir once, whoever comes to do it."""

import contextlib

from ..cluster.broadcast import from_chief, on_all_workers
from ..common.provenance import provenance


def finished(strategy, rundir, resolved, work):
    """Returns the result in a workdir, from `work` if there is none.

    Meanwhile other processes than those of the strategy are kept out.

    Args:
        strategy: whose workers are all here.
        rundir: the `RunDir`.
        resolved: the resolved config.
        work: function without arguments that returns the result.
    """
    with contextlib.ExitStack() as lock:
        on_all_workers(strategy, lambda: lock.enter_context(rundir.held()))
        # Of a process that was faster.
        if result := from_chief(strategy, rundir.result()):
            return result
        on_all_workers(strategy, lambda: rundir.start(resolved, provenance()))
        result = work()
        on_all_workers(strategy, lambda: rundir.finish(result))
    return result
