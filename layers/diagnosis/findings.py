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
        where: the path of the layer that has it worst, and of how many others.
        figure: the number that tells, with what it is.
        meaning: what that does.
        fix: the call or the change that helps.
        is_problem: False for what costs nothing but could be had better.
    """

    symptom: str
    where: str
    figure: str
    meaning: str
    fix: str
    is_problem: bool = True


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """What was found in a model, the problems first.

    `print` shows it as text, a notebook as a table. It is true if there is a
    problem.

    Attributes:
        findings: `Finding`s.
        norms: how many norms were looked at.
    """

    findings: tuple[Finding, ...]
    norms: int

    @property
    def problems(self):
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
