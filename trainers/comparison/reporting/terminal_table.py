"""A comparison's table within 80 columns, in which no word is broken."""

import re

import rich.box
import rich.table
import rich.text

from .columns import short_columns

_WIDTH = 80  # of a terminal
_GAP = 2  # columns between two cells

#: Where a cell may go on in the next line, tried one after the other: before
#: an interval or an aside, between the two ends of an interval.
_FOLDS = (r" (?=[\[(]|equal)", r" (?=[\[(]|equal)|(?<=,) ")
#: And a name: behind a comma, and behind other marks if that is not enough.
_NAME_FOLDS = (r"(?<=,)| ", r"(?<=[,=/_.:-])| ")


def terminal_table(summary):
    """Returns the table as a `rich` renderable, within 80 columns.

    Intervals stand below their centers where a line is too short, and then
    names go on below. A word is broken only if it is longer than all the room.
    """
    columns = short_columns(summary)
    cells = [[column.text(row) for column in columns] for row in summary.rows]
    title, *titles = [column.title for column in columns]
    names = [first for first, *_ in cells]
    numbers = [rest for _, *rest in cells]
    numbers = _fitting(titles, [title, *names], numbers)
    room = _room(titles, numbers)
    drawn = rich.table.Table(
        box=rich.box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False
    )
    drawn.add_column(title, no_wrap=True)
    for each in titles:
        drawn.add_column(each, justify="right", no_wrap=True)
    for name, rest in zip(names, numbers, strict=True):
        drawn.add_row(*map(rich.text.Text, (folded(name, room), *rest)))
    return drawn


def _fitting(titles, names, numbers):
    """Returns the numbers in as few lines as leave room to the names."""
    if max(map(len, names)) <= _room(titles, numbers):
        return numbers
    wanted = max(
        len(word) for name in names for word in re.split(_NAME_FOLDS[0], name)
    )
    for fold in _FOLDS:
        numbers = [
            [re.sub(fold, "\n", cell) for cell in cells] for cells in numbers
        ]
        if wanted <= _room(titles, numbers):
            break
    return numbers


def folded(name, room):
    r"""Returns a name in lines that are no longer than the room.

    Example:

    >>> from normzoo.trainers.comparison.reporting.terminal_table import folded
    >>> folded("norm=batch,batch_size=8", 15)
    'norm=batch,\nbatch_size=8'
    """
    for fold in _NAME_FOLDS:
        words = [word for word in re.split(fold, name) if word]
        if max(map(len, words)) <= room:
            break
    else:
        words = [
            word[i : i + room]
            for word in words
            for i in range(0, len(word), room)
        ]
    return "\n".join(_filled(name, words, room))


def _filled(name, words, room):
    """Yields lines of as many words as fit, with the blanks of the name."""
    line, rest = "", name
    for word in words:
        start = rest.index(word)
        blank, rest = rest[:start], rest[start + len(word) :]
        if line and len(line + blank + word) <= room:
            line += blank + word
        else:
            if line:
                yield line
            line = word
    yield line


def _room(titles, numbers):
    """Returns how many columns the numbers leave to the names."""
    widths = [
        max(len(line) for cell in cells for line in cell.split("\n"))
        for cells in zip(titles, *numbers, strict=True)
    ]
    return max(_WIDTH - sum(widths) - _GAP * (len(widths) + 1), 1)
