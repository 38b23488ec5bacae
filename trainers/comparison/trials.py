"""One training of a claim's experiment, as its judge sees it."""

from typing import Any, NamedTuple


class Trial(NamedTuple):
    """A finished run.

    Attributes:
        settings: what the sweep set, by the shortest names that tell the keys
            apart, such as `"norm"`.
        result: what the trainer returned, as `DONE` holds it.
        lines: of its `metrics.jsonl`, oldest first.
    """

    settings: dict[str, Any]
    result: dict[str, Any]
    lines: list[dict[str, Any]]

    @property
    def seed(self):
        """The run's seed; effects are paired by it."""
        return self.settings["seed"]

    def get(self, name):
        """Returns the value of a setting; None if the sweep has none."""
        return self.settings.get(name)

    def log(self, split):
        """Returns the log's lines of a split, oldest first."""
        return [line for line in self.lines if line["split"] == split]
