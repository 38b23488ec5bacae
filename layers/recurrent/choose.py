"""Which loop runs a recurrent layer."""

from . import fast_lstm
from .known import KnownStatistics
from .plain import Plain


def choose(recurrence, x, training, source=None, rows=None):
    """Returns the loop for one call, with a method `run`.

    - `KnownStatistics`, where the moments are known: `rows`;
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
    if training and fast_lstm.fits(recurrence, source, x):
        return fast_lstm.FastLSTM(
            recurrence,
            recurrence.scores(source),
            compiled=fast_lstm.compiles_loop(recurrence, x),
        )
    return Plain(recurrence, source)
