"""What a diagnosis says, and how it is shown."""

import dataclasses
import textwrap
from typing import NamedTuple

from .markup import element, joined, table

_WIDTH = 80  # of a terminal


class Finding(NamedTuple):
    """One thing that is wrong with a model's norms, or could be better.

    Attributes:
        symptom: the name of the check, such as `"late_statistics"`.
        where: the path of the layer where it is worst, and how many others
            have it.
        figure: the number that shows it, and what that number is.
        meaning: the consequence.
        fix: the call or the change that helps.
        is_problem: False for a hint: nothing is wrong, but it could be better.
    """

    symptom: str
    where: str
    figure: str
    meaning: str
    fix: str
    is_problem: bool = True


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """What `diagnose` found in a model, problems first.

    `print` shows it as text, and a notebook shows it as a table. Its truth
    value is True if there is a problem.

    Attributes:
        findings: tuple of `Finding`.
        norms: the number of norms that were examined.
    """

    findings: tuple[Finding, ...]
    norms: int

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that are problems."""
        return tuple(each for each in self.findings if each.is_problem)

    def __bool__(self):
        return bool(self.problems)

    def __str__(self):
        lines = [self._sentence()]
        for each in self.findings:
            lines.append("")
            lines += textwrap.wrap(
                f"{_title(each)}: {each.where}, {each.figure}", _WIDTH
            )
            for text in (each.meaning, f"Fix: {each.fix}"):
                lines += textwrap.wrap(
                    text, _WIDTH, initial_indent="  ", subsequent_indent="  "
                )
        return "\n".join(lines)

    def _sentence(self):
        count = len(self.problems)
        norms = "the norm" if self.norms == 1 else f"{self.norms} norms"
        if not count:
            return f"No problem was found in {norms}."
        noun = "problem was" if count == 1 else "problems were"
        return f"{count} {noun} found in {norms}."

    def _repr_html_(self):
        titles = ("finding", "where", "figure", "what it means", "fix")
        rows = [
            (_title(f), f.where, f.figure, f.meaning, f.fix)
            for f in self.findings
        ]
        found = table(titles, rows) if rows else None
        return joined(element("p", self._sentence()), found)


def _title(finding):
    title = finding.symptom.replace("_", " ")
    return title if finding.is_problem else f"({title})"
