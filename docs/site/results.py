"""Writes what the commands of a page have found into that page.

    python docs/site/results.py docs/results/every_norm.md runs

Below each command of a comparison, the rest of its section is replaced by what
the folder that it names holds: sentence, table, legend and notes. A table that
begins with "variant" before the first section gets the differences of all.
"""

import argparse
import math
import pathlib
import re

from normzoo.trainers.comparison.reporting import folder, markdown
from normzoo.trainers.comparison.reporting.making import data_said

#: The title of a section; what is in it up to a command's end; the folder.
_SECTION = re.compile(
    r"^## (?P<title>.+)\n(?:(?!## ).*\n)*?"
    r"    (?:.* )?--workdir=runs/(?P<name>\w+).*\n",
    re.M,
)
_OVERVIEW = re.compile(r"^\| variant .*\n(?:\|.*\n)+", re.M)
_MARKS = {"better": "**{}**", "worse": "**{}**", "practically equal": "= {}"}


def updated(text, runs):
    """Returns a page's text with what was found.

    Args:
        text: of the page.
        runs: `pathlib.Path` of the folder of the workdirs.
    """
    head, *sections = re.split(r"^(?=## )", text, flags=re.M)
    summaries, parts = {}, []
    for section in sections:
        match = _SECTION.match(section)
        if match:
            held = folder.read(runs / match["name"])
            summaries[match["title"]] = held.summary
            found = markdown.answer(held.summary), data_said(held)
            said = filter(None, (match[0].rstrip(), *found))
            section = "\n\n".join(said) + "\n\n"
        parts.append(section)
    head = _OVERVIEW.sub(lambda _: overview(summaries), head)
    return head + "".join(parts).rstrip("\n") + "\n"


def overview(summaries):
    """Returns the differences as Markdown: a row for each variant.

    Args:
        summaries: title of a column -> `Summary`.
    """
    variants = dict.fromkeys(
        row.variant for each in summaries.values() for row in each.rows
    )
    cells = [
        [variant, *(_cell(each, variant) for each in summaries.values())]
        for variant in variants
    ]
    return markdown.written(["variant", *summaries], cells) + "\n"


def _cell(summary, variant):
    """Returns a variant's difference, marked by its verdict."""
    rows = {row.variant: row for row in summary.rows}
    if variant == summary.baseline:
        return "baseline"
    if variant not in rows:
        return ""
    metric, row = summary.columns[0], rows[variant]
    center = row.differences[metric.key].center
    if math.isnan(center):
        return "n/a"
    said = metric.text(center, "+")
    return _MARKS.get(row.judgment.verdict, "{}").format(said)


def main():
    """Reads the command line and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("page", type=pathlib.Path, help="a .md file")
    parser.add_argument("runs", type=pathlib.Path, help="holds the workdirs")
    flags = parser.parse_args()
    flags.page.write_text(updated(flags.page.read_text(), flags.runs))


if __name__ == "__main__":
    main()
