"""How sure a comparison's answer is, and what would change it."""

from ..looks import fewest_seeds
from .figures import few

_RATE = "learning_rate"


def outlook(summary, undecided):
    """Returns the sentence that follows what was found.

    Args:
        summary: a `Summary` of more than one variant.
        undecided: the `Row`s without a verdict, the best first.
    """
    parts = []
    if len(undecided) < len(summary.others):
        parts.append(_how_sure(summary))
    if undecided:
        parts.append(_seeds(summary, undecided))
    parts.append(_what_else(summary))
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _how_sure(summary):
    if summary.changes:
        return (
            "the plan was changed after a look, so the chance of a false "
            "verdict here may be more than 5 %"
        )
    return "the chance of any false verdict here is at most 5 %"


def tunes_rates(design):
    """Returns whether each variant has a learning rate of its own."""
    swept = (key for overrides in design.variants.values() for key in overrides)
    return any(key.endswith(_RATE) for key in (*design.tuned, *swept))


def _seeds(summary, rows):
    names = few([row.variant for row in rows])
    fewest = fewest_seeds(summary.level)
    if max(row.judgment.seeds for row in rows) < fewest:
        return f"it takes at least {fewest} seeds to decide anything"
    needed = [row.judgment.seeds_needed for row in rows]
    if None in needed:
        return f"it is not known how many seeds would decide {names}"
    return f"about {max(needed)} seeds would decide {names}"


def _what_else(summary):
    design = summary.design
    if not tunes_rates(design):
        return (
            "all variants share one learning rate, and tuning it for each "
            "could change the answer"
        )
    at_edge = [row.variant for row in summary.rows if _often_at_edge(row)]
    if at_edge:
        return (
            f"{few(at_edge)} chose from the end of the grid, and a wider "
            "one could change the answer"
        )
    if design.once:
        return (
            "each variant's settings were chosen once, and other settings "
            "could change the answer"
        )
    return (
        "another model, other data or longer training could change the answer"
    )


def _often_at_edge(row):
    return any(
        2 * sum(times.values()) >= row.runs for times in row.at_edge.values()
    )
