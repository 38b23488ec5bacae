"""Which loop runs a recurrent layer."""

import functools

from . import fast_lstm
from .known import KnownStatistics
from .plain import Plain
from .recomputed import Recomputed


def choose(recurrence, x, training, source=None, rows=None):
    """Returns the loop for one call, with a method `run`.

    - `KnownStatistics`, where the moments are known: `rows`;
    - `Recomputed`, around one of the others, for training in little memory;
    - `FastLSTM`, for training an LSTM that XLA compiles;
    - `Plain` otherwise. Without training there is no gradient to save anything
      for.

    Args:
        recurrence: what is computed, a `Recurrence`.
        x: the inputs, (time, batch, features).
        training: whether gradients will be asked for.
        source: where moments come from that are not known, see `moments`.
        rows: known moments, site -> mean and variance of each step.
    """
    if rows is not None:
        return KnownStatistics(recurrence, rows)
    if not training:
        return Plain(recurrence, source)
    loop = functools.partial(_for_training, source)
    if recurrence.recomputes:
        return Recomputed(recurrence, source, loop)
    return loop(recurrence, x)


def _for_training(source, recurrence, x):
    if not fast_lstm.fits(recurrence, source, x):
        return Plain(recurrence, source)
    return fast_lstm.FastLSTM(
        recurrence,
        recurrence.scores(source),
        compiled=fast_lstm.compiles_loop(recurrence, x),
    )
