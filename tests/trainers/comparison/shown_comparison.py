"""A comparison to be shown."""

from normzoo.trainers.comparison.summary import summarize

from .made_folder import write_folder
from .made_found import ACCURACY, LOSS, made_found, steady

NONE, BATCH, LAYER = "norm=none", "norm=batch", "norm=layer"


RATES = (0.001, 0.01, 0.1)


COLUMNS = (ACCURACY, LOSS)


def summary_of(values, columns=COLUMNS, **others):
    return summarize(made_found(values, **others), columns)


#: Tuned, with moving statistics, and with a run that diverged.
FOUND = made_found(
    {NONE: steady(0.9), BATCH: [*steady(0.94, 9), None]},
    rates=RATES,
    chosen={BATCH: [0.1] * 3 + [0.01] * 7},
    results={BATCH: [{"test_accuracy_moving": 0.5}] * 9 + [{}]},
)


def write(workdir, found=FOUND, **others):
    return write_folder(found, workdir, COLUMNS, **others)
