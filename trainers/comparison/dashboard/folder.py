"""A folder with one line for each variant, whatever the number of runs.

TensorBoard shows no curve at all until one is ticked when there are more than
40 folders of events, and each run has two or three of its own.
"""

import itertools
import math
import time

from ...common.files import replacing_folder
from ...run.events import ScalarEvents
from ..names import folder_name
from ..summary import median_seconds
from .bands import find_bands
from .hparams import experiment, finals, settings, trial
from .layout import layout
from .models import add_models
from .texts import early_texts, texts

#: In the workdir of a comparison.
NAME = "tensorboard"
#: Folders of events, that of the whole comparison included.
MOST = 40


def write_dashboard(found, summary, metrics, workdir, command, goes_on=False):
    """Writes the folder `tensorboard`, as a whole or not at all.

    A TensorBoard that is open on an older one shows the new one.

    Args:
        found: the `Found`.
        summary: its `Summary`.
        metrics: the `Metric`s that the trainer knows.
        workdir: of the comparison.
        command: the command line.
        goes_on: whether another look follows; what the models are like, which
            takes a while, is left to the last one.
    """
    rows = shown_rows(summary)
    outcomes = {row.variant: [] for row in rows}
    for outcome in found.outcomes:
        if outcome.variant in outcomes:
            outcomes[outcome.variant].append(outcome)
    bands = find_bands(outcomes.values(), metrics, workdir)
    configs = {name: some[0].run.config for name, some in outcomes.items()}
    table = settings(rows, configs, summary.design)
    with replacing_folder(workdir / NAME) as folder:
        with ScalarEvents(folder) as events:
            events.replace()
            for text in texts(found, summary, rows, command, goes_on):
                events.add(text, step=0)
            events.add(layout(bands), step=0)
            events.add(experiment(table, summary), step=0)
        for place, row in enumerate(rows):
            path = folder / folder_name(row.variant)
            with ScalarEvents(path) as events:
                events.replace()
                courses = [band.courses[place] for band in bands]
                _write_bands(events, courses, row.seconds)
                events.add(trial(row, table), step=0)
                events.write(finals(row, summary), step=0)
                if not goes_on:
                    add_models(events, outcomes[row.variant], workdir)


def write_curves(found, metrics, workdir, command):
    """Writes the folder while its first runs train: curves, and no verdict.

    Args:
        found: the `Found` with the `Outcome`s that there are, one at least.
        metrics, workdir, command: as of `write_dashboard`.
    """
    outcomes = {}
    for outcome in found.outcomes:
        outcomes.setdefault(outcome.variant, []).append(outcome)
    shown = dict(itertools.islice(outcomes.items(), MOST - 1))
    bands = find_bands(shown.values(), metrics, workdir)
    with replacing_folder(workdir / NAME) as folder:
        with ScalarEvents(folder) as events:
            events.replace()
            for text in early_texts(found, outcomes, command):
                events.add(text, step=0)
            events.add(layout(bands), step=0)
        for place, (variant, some) in enumerate(shown.items()):
            with ScalarEvents(folder / folder_name(variant)) as events:
                events.replace()
                seconds = median_seconds(each.result for each in some)
                courses = [band.courses[place] for band in bands]
                _write_bands(events, courses, seconds)


def shown_rows(summary):
    """Returns the `Row`s that TensorBoard shows: the baseline and the best."""
    most = MOST - 1
    if len(summary.rows) <= most:
        return summary.rows
    metric = summary.columns[0]
    sign = -1 if metric.higher_is_better else 1
    best = sorted(
        summary.others, key=lambda row: sign * row.intervals[metric.key].center
    )
    kept = {summary.baseline, *(row.variant for row in best[: most - 1])}
    return tuple(row for row in summary.rows if row.variant in kept)


def _write_bands(events, courses, seconds):
    """Writes the curves of a variant, at the times of its median run."""
    start = time.time()
    last = max((step for course in courses for step in course), default=1)
    # An endless median has no time, see `median_seconds`.
    second = seconds / last if math.isfinite(seconds) else 0.0
    for course in courses:
        for step, values in course.items():
            events.write(values, step, start + step * second)
