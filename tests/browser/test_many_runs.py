"""Comparisons of many runs, which are made up: it is their number that counts.

A trainer that trains nothing logs curves as all trainers do; the rest is real.
"""

from typing import NamedTuple

import pytest

from normzoo.trainers import compare
from normzoo.trainers.comparison.dashboard import folder as dashboard
from normzoo.trainers.run.logs import MetricsLog
from normzoo.trainers.run.progress import Progress

from ..trainers.comparison import fakes
from . import tabs
from .boards import tensorboard
from .tabs import View

pytestmark = pytest.mark.slow

EPOCHS = 3


class Size(NamedTuple):
    """How large a comparison is."""

    variants: int
    seeds: int

    @property
    def runs(self):
        """The number of runs."""
        return self.variants * self.seeds

    @property
    def shown(self):
        """The number of variants that TensorBoard shows."""
        return min(self.variants, dashboard.MOST - 1)


#: More than one page has. `test_comparison.py` has a few.
SIZE = Size(50, 4)


def score(config, epoch=EPOCHS):
    # Seeds differ by more than norms: charts leave no outlier out.
    return int(config.fake.norm) / 100 + config.seed + epoch


def log(config, path):
    progress = Progress()
    with MetricsLog(path, 1, progress) as logs:
        for epoch in range(1, EPOCHS + 1):
            progress.step = 10 * epoch
            value = score(config, epoch)
            values = {"score": value, "val_score": value}
            logs.log_epoch(epoch, values, {"learning_rate": 0.1})


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The folder of a comparison."""
    folder = tmp_path_factory.mktemp("many")
    with fakes.registered() as fake:
        fake.log = log
        fake.figures = lambda config: (score(config), score(config))
        compare.compare(
            fakes.fake_config(),
            fakes.norms(*map(str, range(SIZE.variants))),
            folder,
            seeds=SIZE.seeds,
        )
    return folder


def test_curves_are_seen_at_once(compared, find):
    with tensorboard(compared / dashboard.NAME) as address:
        lines = {"tag": "curves/validation_score", "lines": SIZE.shown}
        find(address, View(tabs.scalars, lines))
        best = f"norm={SIZE.variants - 1}"
        wanted = {"tag": "validation_score", "runs": ["norm=0", best]}
        find(address, View(tabs.timeseries, wanted))
        bands = {"title": "validation score", "runs": SIZE.shown}
        find(address, View(tabs.custom_scalars, bands))
        rows = {"columns": ["fake.norm", "test score"], "rows": SIZE.shown}
        find(address, View(tabs.hparams, rows))


def test_each_run_has_its_row(compared, find):
    with tensorboard(compared) as address:
        rows = {"columns": ["fake.norm", "test score"], "rows": SIZE.runs}
        rows["rows"] += SIZE.shown
        find(address, View(tabs.hparams, rows))
