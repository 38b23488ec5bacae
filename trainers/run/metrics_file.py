"""A run's `metrics.jsonl`, which `logs.MetricsLog` writes, read back."""

import json

NAME = "metrics.jsonl"


def read(folder, split=None):
    """Returns the logged lines as dicts, oldest first.

    Args:
        folder: `pathlib.Path` of the run. One without a log has no lines.
        split: of the lines, such as `"validation"`; None for all.
    """
    path = folder / NAME
    lines = path.read_text().splitlines() if path.exists() else []
    logged = [json.loads(line) for line in lines]
    return [line for line in logged if split in (None, line["split"])]
