"""TensorBoard's Text tab: the answer, and what it was found with."""

import json
import zipfile

import keras

from ...common.provenance import provenance
from ...own.norms import classes_of
from ...run.summaries import text
from ..reporting.markdown import answer
from ..reporting.record import design_record, ready


def texts(found, summary, rows, workdir, command):
    """Returns summaries of texts.

    Args:
        found: the `Found`.
        summary: its `Summary`.
        rows: the `Row`s that have curves.
        workdir: of the comparison.
        command: the command line.
    """
    base = next(o for o in found.outcomes if o.variant == summary.baseline)
    return [
        text("answer", f"{answer(summary)}\n{_left_out(summary, rows)}"),
        text("command", f"`{command}`"),
        text("design", _code(design_record(summary.design))),
        text("configuration", _code(base.run.config.to_dict())),
        text("model", _models(base.run, workdir)),
        text("environment", _code(provenance())),
    ]


def _left_out(summary, rows):
    shown = {row.variant for row in rows}
    left = [r.variant for r in summary.rows if r.variant not in shown]
    if not left:
        return ""
    return (
        f"\nTensorBoard shows the baseline and the {len(rows) - 1} best of the "
        f"other variants, not: {', '.join(left)}.\n"
    )


def _code(value):
    return f"```json\n{json.dumps(ready(value), indent=2)}\n```"


def _models(run, workdir):
    """Returns the layers of the models that a run of the baseline has saved."""
    parts = [f"`{run.name}`"]
    for path in sorted((workdir / run.name / "checkpoints").glob("*.keras")):
        parts.append(f"{path.name}:\n\n```\n{_layers(path, run)}\n```")
    return "\n\n".join(parts)


def _layers(path, run):
    known = classes_of(run.config.model.norm) if "model" in run.config else {}
    try:
        model = keras.models.load_model(path, known, compile=False)
    # Of a class that this process does not know: it is only a text.
    except (OSError, TypeError, ValueError, zipfile.BadZipFile) as error:
        return f"The model cannot be loaded: {error}"
    lines = []
    model.summary(print_fn=lines.append, expand_nested=True, line_length=80)
    return "\n".join(lines)
