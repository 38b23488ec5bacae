"""One training of a claim's experiment, as its judge sees it."""

import json
import pathlib
from typing import Any, NamedTuple


class Trial(NamedTuple):
    """A finished run.

    Attributes:
        settings: what the sweep set, by the shortest names that tell the keys
            apart, such as `"norm"`.
        result: what the trainer returned, as `DONE` holds it.
        path: folder of the run.
    """

    settings: dict[str, Any]
    result: dict[str, Any]
    path: pathlib.Path

    @property
    def seed(self):
        """The run's seed; effects are paired by it."""
        return self.settings["seed"]

    def get(self, name):
        """Returns the value of a setting; None if the sweep has none."""
        return self.settings.get(name)

    def log(self, split):
        """Returns the lines of `metrics.jsonl` of a split, oldest first."""
        with open(self.path / "metrics.jsonl") as file:
            lines = [json.loads(line) for line in file]
        return [line for line in lines if line["split"] == split]
