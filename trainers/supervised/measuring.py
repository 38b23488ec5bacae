"""A short measurement: whether it pays to compile a program for all runs."""

import time

import numpy as np

from ..run.session import Session
from .programs import PROGRAMS

#: XLA takes about so many times as long for the first step as TensorFlow.
_COMPILING = 7
#: Seconds for the square of the steps of loops that are written out: 23 for 28
#: steps, 3 minutes for 80.
_WRITTEN_OUT = 0.03
#: The share of the time of steps that it can save, at best, without loops that
#: are written out and with them.
_SAVING = {False: 0.7, True: 0.3}
#: So many runs take a step's time per run like many.
_RUNS = 8
_SECONDS = 1.0  # of steps that are timed


def faster(config, data, runs, steps, unrolled=0):
    """Returns how runs train faster, `"stacked"` or `"call_by_call"`, and why.

    Steps are timed call by call. If what is left of them takes longer than XLA
    is likely to, they are timed stacked, too. Both times are those of this
    machine at this moment.

    Args:
        config: checked, of one of the runs, of a model that can be stacked.
        data: its `Data`.
        runs: how many there are in a group.
        steps: of each of them.
        unrolled: how many steps of loops over time XLA would write out.
    """
    first, step = _timed("call_by_call", config, data, runs)
    expected = _COMPILING * first + _WRITTEN_OUT * unrolled**2
    if _SAVING[unrolled > 0] * step * runs * steps < expected:
        return "call_by_call", "XLA would take longer to compile than it saves"
    compiling, compiled = _timed("stacked", config, data, runs)
    said = (
        f"a step of a run takes {1000 * compiled:.1f} ms stacked, and "
        f"{1000 * step:.1f} ms call by call"
    )
    saves = (step - compiled) * runs * steps > compiling - first
    return ("stacked" if saves else "call_by_call"), said


def _timed(mode, config, data, runs):
    """Returns the seconds of the first step, and then of a step of a run."""
    runs = min(runs, _RUNS)
    with Session(reuse_models=True) as session, session.run():
        program, _ = PROGRAMS[mode]([config] * runs, [data] * runs, session)
        alive, orders = np.ones(runs, bool), program.orders(0)

        def take(start, stop):
            began = time.perf_counter()
            program.train(orders, start, stop, alive)
            return time.perf_counter() - began

        first, spent, steps = take(0, 1), 0.0, 0
        for i in range(1, program.steps):
            spent, steps = spent + take(i, i + 1), steps + 1
            if spent > _SECONDS:
                break
        return first, spent / max(steps, 1) / runs
