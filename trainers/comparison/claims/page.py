"""`docs/claims.md`: each claim with its verdict, a picture and a comment."""

import textwrap

from .reading import (
    SECOND,
    agreement,
    data_text,
    found_in,
    is_older,
    verdict_text,
)

#: The page that has everything else.
TABLES = "claims_tables.md"

_HEAD = f"""\
# Claims

Is what people say about normalization true? Each sentence below is tested by an
experiment that anyone can repeat.

An experiment yields one number for each seed, the **effect**, which is positive
if the sentence is true with that seed. How large it must be to count was fixed
before the first run. On each data set the sentence is **supported** if the
effect is certainly larger than that, **refuted** if it is certainly smaller,
and **undecided** if the seeds cannot tell. "Certainly" means that the chance of
any wrong verdict on a claim, over all its data sets and looks, is at most 5 %.
Verdicts are given after 10 seeds, and after 20 where 10 were not enough.

Each effect is given as its center and its interval, such as 1.5 [1.2, 1.9]. A
verdict holds for small models, small data sets and short training.
[The tables]({TABLES}) say what each experiment cannot tell, and have all
numbers and the command. [verdicts.md](verdicts.md#claims) says how the
intervals are computed.

"""

_OLDER = """\
Claims that are marked *older rules* were measured before these rules: with five
to seventeen seeds, the mean over all data sets, a 95 % t interval, and moving
statistics that lag behind. Treat them as hints.

"""


_ELSEWHERE = """\
Some experiments were repeated on another data set, by the same rules and with
the same seeds. Such a verdict has the split that was trained on beside the name
of the data set, and is an experiment of its own, right in 95 of 100 cases.

"""


def claims_page(claims, comments):
    """Returns the text of the page.

    Args:
        claims: the `Entry`s.
        comments: name of a claim -> its comment, or "".
    """
    parts = [_HEAD]
    if any(is_older(entry.record) for entry in claims):
        parts.append(_OLDER)
    parts.append(_agreement(claims))
    if any(entry.elsewhere for entry in claims):
        parts.append(_ELSEWHERE)
    parts += [table(claims), "\n"]
    sections = [_section(entry, comments[entry.name]) for entry in claims]
    return "".join(parts) + "\n".join(sections)


def table(claims, page=""):
    """Returns a table of the sentences and their verdicts.

    Args:
        claims: the `Entry`s.
        page: what links to the sections begin with.
    """
    lines = ["| | sentence | verdict |", "| --- | --- | --- |"]
    lines += [
        f"| {entry.record['number']} | [{entry.record['sentence']}]"
        f"({page}#{entry.name}) | {verdict_text(entry.record)} |"
        for entry in claims
    ]
    return "\n".join(lines) + "\n"


def _agreement(claims):
    """Says how many verdicts the second pass shares with the first."""
    found = agreement(claims)
    if not found.claims:
        return ""
    flips = "; ".join(found.flips)
    flipped = (
        f"These changed from supported to refuted, or back: {flips}."
        if flips
        else "None changed from supported to refuted, or back."
    )
    repeated = f"{found.claims} {'were' if found.claims > 1 else 'was'}"
    said = (
        f"Of these claims, {repeated} run a second time, with seeds from "
        f"{SECOND}: {found.same} of {found.verdicts} verdicts on single data "
        f"sets are the same. {flipped}"
    )
    return f"{textwrap.fill(said, 80)}\n\n"


def _section(entry, comment):
    record, name = entry.record, entry.name
    seen = f"{comment}\n\n" if comment else ""
    return (
        f'<a id="{name}"></a>\n\n'
        f"## {record['number']}. {record['sentence']}\n\n"
        f"{_verdicts(entry)}\n\n"
        f"![{_alternative(record)}](results/{name}.svg)\n\n{seen}"
        f"The effect, of which more than {record['minimal']:g} counts: "
        f"{record['measured']}. [All numbers]({TABLES}#{name})\n"
    )


def _verdicts(entry):
    rules = ", by older rules" if is_older(entry.record) else ""
    return "\n".join(
        f"- {data_text(record, each.data)}: **{each.verdict}**{rules}, "
        f"{each.text} over {each.seeds} seeds"
        for record in (entry.record, *entry.elsewhere)
        for each in found_in(record)
    )


def _alternative(record):
    """Returns what stands in the place of the picture."""
    x, y = (axis.removeprefix("log ") for axis in record["axes"])
    return f"{y} by {x}"
