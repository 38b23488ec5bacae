"""What the numbers of a comparison do not tell by themselves, in words."""

import statistics

from .change import tunes_rates
from .figures import joined, percent, plural
from .gaps import late_statistics, overfitting

_POPULATION = "population"  # key of a result


def find_notes(found, summary):
    """Returns sentences that stand below a comparison's table.

    Args:
        found: the `Found`.
        summary: its `Summary`; its own notes are not looked at.
    """
    results = {row.variant: {} for row in summary.rows}
    for outcome in found.outcomes:
        results[outcome.variant][outcome.seed] = outcome.result
    makers = (
        diverged(summary),
        _one_rate(found),
        edges(summary),
        _estimated(results),
        late_statistics(summary, results),
        overfitting(summary, results),
        _older_runs(results),
        _samples(results),
        _shared_seeds(summary),
        _looks(summary),
        found.changes,
    )
    return tuple(note for notes in makers for note in notes)


def diverged(summary):
    """Yields a sentence for each variant that lost runs."""
    for row in summary.rows:
        if row.diverged == row.runs > 1:
            yield f"All {row.runs} runs of {row.variant} diverged."
        elif row.diverged:
            yield (
                f"{row.diverged} of {plural(row.runs, 'run')} of {row.variant} "
                "diverged; each counts as worse than any other run."
            )


def _one_rate(found):
    if tunes_rates(found.design):
        return
    rates = {_rate(outcome.run.config) for outcome in found.outcomes}
    known = "" if len(rates) > 1 or None in rates else f", {rates.pop():g}"
    yield (
        f"All variants share one learning rate{known}: one that needs another "
        "rate is at a disadvantage. Set compare.tune.rates to let each choose."
    )


def _rate(config):
    """Returns a run's learning rate; None where it has none, or several."""
    optimizer = config.get("optimizer")
    return None if optimizer is None else optimizer.get("learning_rate")


def edges(summary):
    """Yields a sentence for each value at the end of the grid."""
    once = " once for all seeds" if summary.design.once else ""
    for key in summary.design.tuned:
        name = key.rpartition(".")[2]
        where = "rates" if name == "learning_rate" else "keys"
        for value, chose in sorted(_at_ends(summary, key).items()):
            largest = max(point[key] for point in summary.design.grid)
            end = "largest" if value == largest else "smallest"
            yield (
                f"The {end} {name}, {value:g}, was chosen{once} by "
                f"{joined(chose)}: widen compare.tune.{where}."
            )


def _at_ends(summary, key):
    """Returns each value at an end of the grid -> the variants, as said."""
    found = {}
    for row in summary.rows:
        for value, count in row.at_edge.get(key, {}).items():
            number = f" ({count} of {plural(row.runs, 'seed')})"
            said = row.variant + ("" if summary.design.once else number)
            found.setdefault(value, []).append(said)
    return found


def _estimated(results):
    """Says from how much data statistics were estimated, and what it took."""
    seconds = {}
    for variant, by_seed in results.items():
        found = [r[_POPULATION] for r in by_seed.values() if r.get(_POPULATION)]
        if found:
            examples = max(each["examples"] for each in found)
            median = statistics.median(each["seconds"] for each in found)
            digits = 1 if median >= 0.1 else 2
            seconds.setdefault(examples, {})[variant] = f"{median:.{digits}f}"
    for examples, took in seconds.items():
        verb = "is" if len(took) == 1 else "are"
        yield (
            f"{joined([*took])} {verb} measured with statistics of "
            f"{examples:,} training examples, estimated in "
            f"{joined([*took.values()])} s per run."
        )


def _older_runs(results):
    for variant, by_seed in results.items():
        old = [
            seed
            for seed, result in by_seed.items()
            if _POPULATION not in result and result["status"] != "diverged"
        ]
        if old and any(_POPULATION in each for each in by_seed.values()):
            yield (
                f"{variant}: {plural(len(old), 'run')} by an older version "
                f"({_enumerated(old)}) measured with moving statistics, the "
                "others with those of the training data. To train them again, "
                "delete their folders."
            )


def _enumerated(seeds):
    word = "seed" if len(seeds) == 1 else "seeds"
    return f"{word} {joined([str(seed) for seed in sorted(seeds)])}"


def _samples(results):
    """Says how many examples a generator's metrics are from."""
    counts = {
        (result["last_n_real"], result["last_n_fake"])
        for by_seed in results.values()
        for result in by_seed.values()
        if result.get("last_n_fake") and result.get("last_n_real")
    }
    if len(counts) == 1:
        ((real, fake),) = counts
        yield (
            f"Distances compare {real:,} real with {fake:,} generated "
            "examples in each run; fewer give larger Frechet distances."
        )
    elif counts:
        yield (
            "Runs were measured with different numbers of examples, so their "
            "Frechet distances cannot be compared."
        )


def _shared_seeds(summary):
    others, base = summary.others, set(_seeds(summary.base))
    shared = {
        row.variant: len(base.intersection(_seeds(row))) for row in others
    }
    different = any(
        shared[row.variant] != max(row.runs, len(base)) for row in others
    )
    if different:
        counts = joined(
            [f"{count} of {name}" for name, count in shared.items()]
        )
        yield (
            f"Differences are over the seeds shared with {summary.baseline}: "
            f"{counts}."
        )


def _seeds(row):
    return next(iter(row.values.values()))


def _looks(summary):
    design, taken = summary.design, [look.seeds for look in summary.looks]
    if not summary.others or not taken:
        return
    number = plural(taken[-1], "seed")
    if len(taken) > 1:
        number = joined([str(seeds) for seeds in taken]) + " seeds"
    planned = ""
    if len(design.looks) > len(taken):
        planned = f", of {len(design.looks)} looks that were planned"
    error = "which keeps the chance of any false one within 5 %"
    if summary.changes:
        error = "but the changed plan raises the chance of a false one"
    yield (
        f"Verdicts were given after {number}{planned}; each has a level of "
        f"{percent(summary.level)}, {error}."
    )
