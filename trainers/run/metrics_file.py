"""A run's `metrics.jsonl`, which `logs.MetricsLog` writes, read back."""

import json

from ..common.errors import InputError

NAME = "metrics.jsonl"


def read(folder, split=None):
    """Returns the logged lines as dicts, oldest first.

    Args:
        folder: `pathlib.Path` of the run. One without a log has no lines.
        split: of the lines, such as `"validation"`; None for all.

    Raises:
        InputError: it cannot be read.
    """
    path = folder / NAME
    try:
        lines = path.read_text().splitlines() if path.exists() else []
        logged = [json.loads(line) for line in lines]
        return [line for line in logged if split in (None, line["split"])]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"The log {path} cannot be read: {error}. Remove the folder of the "
            "run, and repeat the command that trains it."
        ) from error
