"""TensorBoard's Text tab: the answer, and what it was found with."""

import json

from ...common.provenance import provenance
from ...run.summaries import text
from ..reporting import markdown
from ..reporting.columns import short_columns
from ..reporting.record import design_record, ready


def texts(found, summary, rows, command, goes_on):
    """Returns summaries of texts.

    Args:
        found: the `Found`.
        summary: its `Summary`.
        rows: the `Row`s that have curves.
        command: the command line.
        goes_on: whether the undecided get more seeds.
    """
    base = next(o for o in found.outcomes if o.variant == summary.baseline)
    said = _answer(summary, rows, goes_on)
    return _texts(said, summary.design, base, command)


def early_texts(found, outcomes, command):
    """Returns the same while the runs of the first look train.

    Args:
        found: the `Found`.
        outcomes: variant -> its `Outcome`s so far.
        command: the command line.
    """
    seeds = found.design.looks[0]
    lines = [
        f"- {name}: {len(outcomes.get(name, ()))} of {seeds} seeds\n"
        for name in found.design.variants
    ]
    said = f"Still training; so far have finished\n\n{''.join(lines)}"
    return _texts(said, found.design, found.outcomes[0], command)


def _texts(answer, design, outcome, command):
    return [
        text("answer", answer),
        text("command", f"`{command}`"),
        text("design", _code(design_record(design))),
        text("configuration", _code(outcome.run.config.to_dict())),
        text("environment", _code(provenance())),
    ]


def _answer(summary, rows, goes_on):
    so_far = ""
    if goes_on:
        taken, looks = summary.looks, summary.design.looks
        so_far = (
            f"After look {len(taken)} of {len(looks)}, {taken[-1].seeds} seeds "
            f"of up to {looks[-1]}; what is undecided trains on.\n\n"
        )
    # TensorBoard breaks the words of a table that is wider than its page.
    said = markdown.answer(summary, short_columns)
    return f"{so_far}{said}\n{_left_out(summary, rows)}"


def _left_out(summary, rows):
    shown = {row.variant for row in rows}
    left = [r.variant for r in summary.rows if r.variant not in shown]
    if not left:
        return ""
    return (
        f"\nTensorBoard shows the baseline and the {len(rows) - 1} best of the "
        f"other variants, not: {', '.join(left)}.\n"
    )


def _code(value):
    return f"```json\n{json.dumps(ready(value), indent=2)}\n```"
