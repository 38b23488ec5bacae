"""Folders of made-up comparisons, as a comparison leaves them."""

import json

from normzoo.trainers.comparison import report
from normzoo.trainers.comparison.summary import summarize

COMMAND = "the <command>"


def write_folder(found, workdir, columns, about=""):
    """Writes the runs of a `Found` and all reports; returns the `Summary`.

    Each run has the validations of three epochs; one that diverged has one.
    """
    for outcome in found.outcomes:
        write_run(outcome, workdir / outcome.run.name, found.design.metric)
    summary = summarize(found, columns, about)
    runs = [outcome.run for outcome in found.outcomes]
    report.write_reports(summary, runs, workdir, COMMAND)
    return summary


def write_run(outcome, folder, metric):
    folder.mkdir(parents=True, exist_ok=True)
    config = {"config": outcome.run.config.to_dict()}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "DONE").write_text(json.dumps(outcome.result))
    value = outcome.result[metric.key]
    epochs = 1 if value is None else 3
    lines = [
        {
            "split": "validation",
            "step": 10 * epoch,
            "epoch": epoch,
            metric.name: (value or 0.5) * epoch / 3,
        }
        for epoch in range(1, epochs + 1)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "metrics.jsonl").write_text(text)
