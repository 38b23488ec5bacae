"""What an export has done, and what it says."""

import pathlib
from typing import NamedTuple

_KILO = 1000


class Figures(NamedTuple):
    """What is measured of a model, before or after.

    Attributes:
        size: bytes of the file, or None where there is none.
        weights: how many there are.
        seconds: number of examples in a call -> its median seconds.
        accuracy: share of the examples whose class is right, or None.
    """

    size: int | None
    weights: int
    seconds: dict[int, float]
    accuracy: float | None


class Exported(NamedTuple):
    """What `export` returns.

    Attributes:
        path: a `pathlib.Path`, of what was written.
        changed, left: as of `layers.for_inference`.
        source: where the examples of the check come from.
        examples: how many there are.
        difference: the largest one between outputs.
        scale: the largest absolute output of the original.
        before, after: `Figures`.
    """

    path: pathlib.Path
    changed: dict[str, str]
    left: dict[str, str]
    source: str
    examples: int
    difference: float
    scale: float
    before: Figures
    after: Figures

    def __str__(self):
        lines = [f"{path}: {what}" for path, what in self.changed.items()]
        lines += [f"{path}: left, {why}" for path, why in self.left.items()]
        rows = [("", "original", "exported"), *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for first, *others in rows:
            cells = [first.ljust(widths[0])]
            cells += [
                x.rjust(w) for x, w in zip(others, widths[1:], strict=True)
            ]
            lines.append("  ".join(cells))
        lines += [
            f"Largest difference of outputs: {self.difference:.2g}, with "
            f"outputs up to {self.scale:.2g}; {self.examples} examples from "
            f"{self.source}.",
            f"Written: {self.path}",
        ]
        return "\n".join(lines)

    def _rows(self):
        def row(name, show, value):
            both = value(self.before), value(self.after)
            return (name, *("-" if x is None else show(x) for x in both))

        yield row("file", _bytes, lambda x: x.size)
        yield row("weights", "{:,}".format, lambda x: x.weights)
        for count in self.after.seconds:
            name = "1 example" if count == 1 else f"{count} examples"
            yield row(name, _milliseconds, lambda x: x.seconds[count])  # noqa: B023
        if self.before.accuracy is not None:
            yield row("accuracy", "{:.4f}".format, lambda x: x.accuracy)


def _bytes(size):
    for unit in ("B", "kB", "MB"):
        if size < _KILO:
            return f"{size:.3g} {unit}"
        size /= _KILO
    return f"{size:.3g} GB"


def _milliseconds(seconds):
    return f"{1000 * seconds:.3g} ms"
