"""Which candidate of the grid a variant takes, by the validation split."""

import math

from ...common.errors import InputError

_LOSS = "validation_loss"


def choose(results, metric):
    """Returns the index of the best of some results.

    The best has the best validation figure of the metric; of equal ones the
    one with the least validation loss, then the first. Runs that diverged
    come last.

    Args:
        results: of the candidates with one seed, in the order of the grid.
        metric: the primary `Metric`.
    """
    keys = [_place(result, metric) for result in results]
    return keys.index(min(keys))


def choose_once(by_seed, metric):
    """Returns the index of the candidate that is best over the tuning seeds.

    That is the one of the least mean rank, where diverged runs have the last
    ranks and equal runs share theirs; of equal ones that which diverged least
    often, then the one with the best mean figure, then the first.

    Args:
        by_seed: lists as `choose` takes, one per tuning seed.
        metric: the primary `Metric`.
    """
    places = [
        [_place(result, metric) for result in results] for results in by_seed
    ]
    ranked = [_ranks(keys) for keys in places]

    def judged(i):
        mine = [keys[i] for keys in places]
        finite = [key[1] for key in mine if not key[0]]
        mean = sum(finite) / len(finite) if finite else math.inf
        ranks = sum(ranks[i] for ranks in ranked)
        return ranks, len(mine) - len(finite), mean

    return min(range(len(places[0])), key=judged)


def _place(result, metric):
    """Returns a key that sorts results, the best one first."""
    name = f"validation_{metric.name}"
    if name not in result:
        raise InputError(
            f"Runs are tuned by {name}, which their results lack: they come "
            "from an older version, or their trainer does not measure it. "
            "Name another workdir, or set --config.compare.tune.rates=()."
        )
    value, loss = result[name], result.get(_LOSS)
    if result["status"] == "diverged" or value is None:
        return True, math.inf, math.inf
    if metric.higher_is_better:
        value = -value
    return False, value, math.inf if loss is None else loss


def _ranks(keys):
    """Returns ranks from 1; equal keys share the mean of theirs."""
    return [
        sum(other < key for other in keys)
        + (sum(other == key for other in keys) + 1) / 2
        for key in keys
    ]
