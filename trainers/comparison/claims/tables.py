"""`docs/claims_tables.md`: all numbers of the claims, and their commands."""

import textwrap

from .reading import SECOND, data_text, found_in, is_older
from .records import interval_text

_HEAD = """\
# Claims: all numbers

The numbers behind the verdicts in [claims.md](claims.md), claim by claim. The
interval of an effect has the level at which all verdicts on its claim are right
together in 95 of 100 experiments; other observations have 95 % intervals, each
row on its own. Both are signed-rank intervals around the Hodges-Lehmann center
([verdicts.md](verdicts.md)). By the older rules they are means and 95 % t
intervals.

"""


def tables_page(claims, details):
    """Returns the text of the page.

    Args:
        claims: the `Entry`s.
        details: name of a claim -> more text on it, or "".
    """
    sections = [_section(entry, details[entry.name]) for entry in claims]
    return f"{_HEAD}{_times(claims)}" + "\n".join(sections)


def _times(claims):
    """Says how long the training of each pass took."""
    passes = {
        "in the first pass": [entry.record for entry in claims],
        "in the second pass": [
            entry.second for entry in claims if entry.second
        ],
        "on other data sets": [x for entry in claims for x in entry.elsewhere],
    }
    took = ", ".join(
        f"{_sum(records, 'seconds') / 3600:.1f} hours {name} "
        f"({_sum(records, 'runs'):,} runs)"
        for name, records in passes.items()
        if _sum(records, "seconds")
    )
    if not took:
        return ""
    said = (
        f"The training behind these numbers took {took}: the sum over the "
        "runs, several of which may train at the same time."
    )
    return f"{textwrap.fill(said, 80)}\n\n"


def _sum(records, key):
    # By the older rules, nothing was said of the time.
    return sum(record.get(key, 0) for record in records)


def _section(entry, details):
    record = entry.record
    parts = [
        f'<a id="{entry.name}"></a>\n\n## {record["number"]}. '
        f"{record['sentence']}",
        f"Effect: {record['measured']}; more than {record['minimal']:g} "
        "counts.",
        details,
        f"Limits: {record['limits']}",
        _verdicts(entry),
        *record.get("changes", ()),
        _chosen(record),
        _observations(record),
        *map(_made, (record, *entry.elsewhere)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdicts(entry):
    """Returns a table of the verdicts, of all passes."""
    lines = [
        "| seeds | data | verdict | effect | number of seeds |",
        "| --- | --- | --- | --- | --- |",
    ]
    for record in (entry.record, *entry.others):
        rules = " (older rules)" if is_older(record) else ""
        for each in found_in(record):
            needed = each.seeds_needed
            more = f" (about {needed} would decide)" if needed else ""
            lines.append(
                f"| {_pass(record)} | {data_text(record, each.data)} | "
                f"{each.verdict}{rules} | {each.text} | {each.seeds}{more} |"
            )
    return "\n".join(lines)


def _pass(record):
    first = record["first_seed"]
    second = ", the second pass" if first == SECOND else ""
    return f"from {first}{second}"


def _chosen(record):
    """Returns a table of the settings that were chosen, or ""."""
    rows = [
        f"| {row['dataset']} | {row['label']} | {row['setting']} | "
        f"{_counted(row)} |"
        for row in record.get("chosen", ())
    ]
    if not rows:
        return ""
    head = ["| data | of | chosen | values |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])


def _counted(row):
    """Returns the chosen values with how many seeds took each."""
    chosen, offered = list(row["values"].values()), row["offered"]
    counts = {value: chosen.count(value) for value in offered}
    shown = ", ".join(
        f"{_text(value)} x {count}" for value, count in counts.items() if count
    )
    ends = [_text(value) for value in _ends(offered) if counts.get(value)]
    return f"{shown}; {' and '.join(ends)} ends the grid" if ends else shown


def _ends(offered):
    """Returns the least and the largest of three numbers or more."""
    numbers = all(isinstance(value, (int, float)) for value in offered)
    return (min(offered), max(offered)) if numbers and offered[2:] else ()


def _text(value):
    return f"{value:.3g}" if isinstance(value, (int, float)) else str(value)


def _observations(record):
    lines = ["| data | observed | center |", "| --- | --- | --- |"]
    lines += [
        f"| {row['dataset']} | {row['label']} | {_number(row)} |"
        for row in record["observations"]
    ]
    return "\n".join(lines)


def _number(row):
    if "center" in row:
        return interval_text(row, "center")
    if row["half_width"] is None:  # of the older rules
        return f"{row['mean']:.3g}"
    return f"{row['mean']:.3g} ± {row['half_width']:.2g}"


def _made(record):
    diverged = record["diverged"]
    versions = record["versions"]
    seconds = record.get("seconds")
    parts = [
        f"{record['runs']} runs",
        f"{diverged} diverged" if diverged else "",
        _minutes(seconds) if seconds else "",
        record["date"],
        f"TensorFlow {versions['tensorflow']}",
        f"Keras {versions['keras']}",
    ]
    made = ", ".join(filter(None, parts))
    return f"{made}:\n\n    {record['command']}"


def _minutes(seconds):
    count = round(seconds / 60)
    return f"{count} minute{'s' * (count != 1)} of training"
