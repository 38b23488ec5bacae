"""Gaps between two measurements of the same runs, in words."""

from ...common.noise import noise_of_shares
from ..intervals import interval
from .figures import amount, joined, value

_LEVEL = 0.95

_LATE = "the moving statistics lag behind."
_CATCH_UP = "A lower momentum or more steps would let them catch up."
_FEW = "the statistics may come from too few examples."
_MORE = "Raise population.examples."


def late_statistics(summary, results):
    """Yields a sentence for each variant with two different figures.

    They are those with moving statistics and with statistics of the training
    data. If they differ by more than noise, see `gap`, and the first one is
    the worse, the moving statistics lag behind.

    Args:
        summary: a `Summary`.
        results: variant -> seed -> result.
    """
    metric = summary.columns[0]
    least = summary.design.least
    for variant, by_seed in results.items():
        pairs = _pairs(by_seed, metric.key, f"{metric.key}_moving")
        if gap(metric, pairs, least, _examples(by_seed, "test")):
            population, moving = _centers(pairs)
            late = (population > moving) is bool(metric.higher_is_better)
            found, advice = (_LATE, _CATCH_UP) if late else (_FEW, _MORE)
            yield (
                f"{_named(variant, pairs, by_seed)}: {found} The "
                f"{metric.called} is {value(metric, moving)} with moving "
                f"statistics and {value(metric, population)} with statistics "
                f"of the training data. {advice}"
            )


def overfitting(summary, results):
    """Yields a sentence on the variants that are better on training data.

    Args:
        summary: a `Summary`.
        results: variant -> seed -> result.
    """
    metric = summary.columns[0]
    keys = (f"{split}_{metric.name}" for split in ("train", "validation"))
    train, validation = keys
    gaps = []
    for variant, by_seed in results.items():
        pairs = _pairs(by_seed, train, validation)
        examples = _examples(by_seed, "validation")
        if gap(metric, pairs, summary.design.least, examples):
            on_train, on_validation = _centers(pairs)
            worse = on_validation < on_train
            if worse is bool(metric.higher_is_better):
                size = amount(metric, on_train - on_validation)
                gaps.append(f"by {size} with {_named(variant, pairs, by_seed)}")
    if gaps:
        yield (
            f"The {metric.name.replace('_', ' ')} is better on training data "
            f"than on validation data: {joined(gaps)}."
        )


def gap(metric, pairs, least, examples):
    """Returns whether two measurements differ by more than their noise.

    They do if the interval of their differences over the seeds leaves out 0
    and its center is larger than `least` and, where the metric is a share and
    the number of examples is known, larger than the sampling noise of two
    shares p, q of so many: 1.96 sqrt((p (1 - p) + q (1 - q)) / examples).

    Args:
        metric: a `Metric`.
        pairs: (one, other) measurement of each seed.
        least: the difference that counts.
        examples: how many were measured; None if that is not known.
    """
    if not pairs:
        return False
    found = interval([a - b for a, b in pairs], _LEVEL)
    if found.low <= 0 <= found.high:
        return False
    noise = least
    if examples and metric.bounds == (0, 1):
        noise = max(least, noise_of_shares(*_centers(pairs), examples))
    return abs(found.center) > noise


def _pairs(by_seed, one, other):
    pairs = [(r.get(one), r.get(other)) for r in by_seed.values()]
    return [pair for pair in pairs if None not in pair]


def _named(variant, pairs, by_seed):
    lost = len(pairs) < len(by_seed)
    return f"{variant} (runs that did not diverge)" if lost else variant


def _centers(pairs):
    one, other = zip(*pairs, strict=True)
    return interval(one, _LEVEL).center, interval(other, _LEVEL).center


def _examples(by_seed, split):
    """Returns how many examples a split has, if the results tell it."""
    key = f"{split}_examples"
    return next((r[key] for r in by_seed.values() if key in r), None)
