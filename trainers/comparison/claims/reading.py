"""The records in a folder of results, those of older rules included.

By the older rules a claim had one verdict, from the mean over its data sets
and a 95 % t interval. Such a record has no `judged`.
"""

import json
from typing import Any, NamedTuple

from .records import interval_text
from .verdicts import REFUTED, SUPPORTED, UNDECIDED, VERDICTS

#: The first seed of the pass that the first one is held against.
SECOND = 1000
#: What the older rules said in place of "undecided".
_RENAMED = {"inconclusive": UNDECIDED}


class Found(NamedTuple):
    """What a record says about one data set.

    Attributes:
        data: its name; by older rules the names of all.
        verdict: one of `VERDICTS`.
        text: the center and its interval.
        seeds: their number.
        seeds_needed: an estimate of how many would decide, or None.
    """

    data: str
    verdict: str
    text: str
    seeds: int
    seeds_needed: int | None


class Entry(NamedTuple):
    """A claim with all its records.

    Attributes:
        record: of the seeds from 0, on the claim's own data sets.
        others: records of other seeds or data sets, by the same rules.
    """

    record: dict[str, Any]
    others: list[dict[str, Any]]

    @property
    def name(self):
        """Of the claim's config."""
        return self.record["name"]

    @property
    def second(self):
        """The record of the second pass by the present rules, or None."""
        found = (
            other
            for other in self.others
            if other["first_seed"] == SECOND and not split_of(other)
        )
        return None if is_older(self.record) else next(found, None)

    @property
    def elsewhere(self):
        """The records of the seeds from 0 on other data sets."""
        return [other for other in self.others if not other["first_seed"]]


def is_older(record):
    """Returns whether a record is of the older rules."""
    return "judged" not in record


def split_of(record):
    """Returns the split of another data set than the claim's, or ""."""
    return record.get("elsewhere", "")


def is_first(record):
    """Returns whether a record is of the seeds from 0 on the claim's data."""
    return not record["first_seed"] and not split_of(record)


def data_text(record, name):
    """Returns what a data set of a record is called, with its split."""
    split = split_of(record)
    return f"{name} (`{split}`)" if split else name


def found_in(record):
    """Returns the `Found` of each data set of a record."""
    if is_older(record):
        names = record["datasets"]
        data = names[0] if len(names) == 1 else f"mean of {' and '.join(names)}"
        verdict = _RENAMED.get(record["verdict"], record["verdict"])
        text = interval_text(record)
        return [Found(data, verdict, text, record["seeds"], None)]
    return [
        Found(
            name,
            each["verdict"],
            interval_text(each),
            each["seeds"],
            each["seeds_needed"],
        )
        for name, each in record["judged"].items()
    ]


def entries(results):
    """Returns the `Entry` of each claim, in the order of their numbers.

    Args:
        results: folder of the records.
    """
    read = [
        json.loads(path.read_text()) for path in sorted(results.glob("*.json"))
    ]
    records = sorted(read, key=_place)
    return [
        Entry(record, [other for other in records if _goes_with(other, record)])
        for record in records
        if is_first(record)
    ]


def _place(record):
    return record["number"], bool(split_of(record)), record["first_seed"]


def _goes_with(other, record):
    """Whether a record is of the same claim and rules, but other runs."""
    return (
        not is_first(other)
        and other["name"] == record["name"]
        and is_older(other) == is_older(record)
    )


class Agreement(NamedTuple):
    """How the second pass compares with the first one.

    Attributes:
        claims: how many were run again.
        verdicts: on how many single data sets.
        same: how many of these verdicts are the same.
        flips: texts on those that went from supported to refuted, or back.
    """

    claims: int
    verdicts: int
    same: int
    flips: list[str]


def agreement(claims):
    """Returns the `Agreement` of some `Entry`s."""
    pairs = [
        (entry.name, first, second)
        for entry in claims
        if entry.second
        for first in found_in(entry.record)
        for second in found_in(entry.second)
        if first.data == second.data
    ]
    flips = [
        f"{name} on {first.data} ({first.verdict}, then {second.verdict})"
        for name, first, second in pairs
        if {first.verdict, second.verdict} == {SUPPORTED, REFUTED}
    ]
    return Agreement(
        claims=len({name for name, *_ in pairs}),
        verdicts=len(pairs),
        same=sum(first.verdict == second.verdict for _, first, second in pairs),
        flips=flips,
    )


def verdict_text(record):
    """Returns a claim's verdict in a few words, for a table.

    The same one on all data sets stands alone.
    """
    found = found_in(record)
    if is_older(record):
        return f"{found[0].verdict} *(older rules)*"
    verdicts = {each.verdict for each in found}
    if len(verdicts) == 1:
        return f"**{verdicts.pop()}**"
    places = {
        verdict: [each.data for each in found if each.verdict == verdict]
        for verdict in VERDICTS
    }
    return ", ".join(
        f"**{verdict}** on {_joined(names)}"
        for verdict, names in places.items()
        if names
    )


def _joined(names):
    *front, last = names
    return f"{', '.join(front)} and {last}" if front else last
