"""Running what a workdir is for, unless its result is there already."""

import contextlib

from ..cluster.broadcast import from_chief, on_all_workers
from ..common.provenance import provenance


def load_or_run(strategy, rundir, resolved, run):
    """Returns the result in a workdir; calls `run` if there is none yet.

    The workdir is locked meanwhile. All workers of the strategy must call this.

    Args:
        strategy: of the run.
        rundir: the `RunDir`.
        resolved: the resolved config.
        run: function without arguments that returns the result.

    Raises:
        InputError: the workdir is in use, holds another run, or cannot be
            written.
    """
    with contextlib.ExitStack() as lock:
        on_all_workers(strategy, lambda: lock.enter_context(rundir.held()))
        # Another process may have finished the run since the caller looked.
        if result := from_chief(strategy, rundir.result(resolved)):
            return result
        on_all_workers(strategy, lambda: rundir.start(resolved, provenance()))
        result = run()
        on_all_workers(strategy, lambda: rundir.finish(result))
    return result
