"""A folder with one line for each variant, whatever the number of runs.

TensorBoard shows no curve at all until one is ticked when there are more than
40 folders of events, and each run has two or three of its own.
"""

import contextlib
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
from .models import ModelViews
from .texts import early_texts, texts

#: In the workdir of a comparison.
NAME = "tensorboard"
#: Folders of events, that of the whole comparison included.
MOST = 40


class Dashboard:
    """The folder `tensorboard` of a comparison.

    Each call writes it as a whole or not at all. A TensorBoard that is open on
    an older one shows the new one.

    Args:
        metrics: the `Metric`s that the trainer knows.
        workdir: of the comparison.
        command: the command line.
    """

    def __init__(self, metrics, workdir, command):
        self._metrics = metrics
        self._workdir = workdir
        self._command = command
        self._views = ModelViews(workdir)

    def write(self, found, summary, goes_on=False):
        """Writes what a look has found.

        Args:
            found: the `Found`.
            summary: its `Summary`.
            goes_on: whether another look follows; what the models are like,
                which takes a while, is left to the last one.
        """
        rows = shown_rows(summary)
        every = _by_variant(found)
        outcomes = {row.variant: every[row.variant] for row in rows}
        bands = find_bands(outcomes.values(), self._metrics, self._workdir)
        configs = {name: some[0].run.config for name, some in outcomes.items()}
        table = settings(rows, configs, summary.design)
        with self._replacing() as folder:
            said = texts(found, summary, rows, self._command, goes_on)
            whole = experiment(table, summary)
            _write_whole(folder, (*said, layout(bands), whole))
            for place, row in enumerate(rows):
                with _events(folder, row.variant) as events:
                    _write_bands(events, bands, place, row.seconds)
                    events.add(trial(row, table), step=0)
                    events.write(finals(row, summary), step=0)
                    if not goes_on:
                        self._views.add(events, outcomes[row.variant])

    def write_curves(self, found):
        """Writes it while the first runs train: curves, and no verdict.

        Args:
            found: the `Found` with the `Outcome`s that there are, one at least.
        """
        every = _by_variant(found)
        shown = dict(_first(every.items()))
        bands = find_bands(shown.values(), self._metrics, self._workdir)
        with self._replacing() as folder:
            said = early_texts(found, every, self._command)
            _write_whole(folder, (*said, layout(bands)))
            for place, (variant, some) in enumerate(shown.items()):
                seconds = median_seconds(each.result for each in some)
                with _events(folder, variant) as events:
                    _write_bands(events, bands, place, seconds)

    def prepare(self, found):
        """Looks at the models of variants that have runs, for `write`.

        Args:
            found: as of `write_curves`.
        """
        for outcomes in _first(_by_variant(found).values()):
            self._views.prepare(outcomes)

    def _replacing(self):
        return replacing_folder(self._workdir / NAME)


def _first(variants):
    """Returns as many as TensorBoard shows."""
    return itertools.islice(variants, MOST - 1)


def _by_variant(found):
    """Returns variant -> its `Outcome`s."""
    outcomes = {}
    for outcome in found.outcomes:
        outcomes.setdefault(outcome.variant, []).append(outcome)
    return outcomes


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


def _write_whole(folder, summaries):
    """Writes what is said of the whole comparison."""
    with ScalarEvents(folder) as events:
        events.replace()
        for summary in summaries:
            events.add(summary, step=0)


@contextlib.contextmanager
def _events(folder, variant):
    """Yields the `ScalarEvents` of a variant, which replace older ones."""
    with ScalarEvents(folder / folder_name(variant)) as events:
        events.replace()
        yield events


def _write_bands(events, bands, place, seconds):
    """Writes the curves of a variant, at the times of its median run."""
    start = time.time()
    courses = [band.courses[place] for band in bands]
    last = max((step for course in courses for step in course), default=1)
    # An endless median has no time, see `median_seconds`.
    second = seconds / last if math.isfinite(seconds) else 0.0
    for course in courses:
        for step, values in course.items():
            events.write(values, step, start + step * second)
