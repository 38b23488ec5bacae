"""The files that hold a comparison."""

import csv
import json
import math

import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison import report
from normzoo.trainers.comparison.reporting import columns, folder
from normzoo.trainers.comparison.reporting.legend import legend
from normzoo.trainers.comparison.reporting.record import record
from normzoo.trainers.comparison.summary import summarize

from .made_folder import COMMAND
from .made_found import ACCURACY, DISTANCE, made_found, steady
from .shown_comparison import (
    BATCH,
    COLUMNS,
    FOUND,
    NONE,
    RATES,
    write,
)


def test_the_files_say_the_same(tmp_path):
    summary = write(tmp_path)
    text = (tmp_path / "summary.md").read_text()
    assert text.startswith("norm=batch is ahead")
    titles, cells = columns.table(summary)
    for part in (summary.sentence, legend(summary), *summary.notes):
        assert part in text
    assert titles == [
        "variant",
        "accuracy",
        "difference",
        "verdict",
        "loss",
        "difference",
        "accuracy, moving",
        "learning_rate",
        "weights",
        "memory",
        "s",
        "s of tuning",
    ]
    for row in (titles, *cells):
        assert f"| {' | '.join(row)} |" in text
    none, batch = cells
    assert none[:4] == ["norm=none", "90.00 [89.80, 90.20]", "baseline", ""]
    assert batch[0] == "norm=batch (1 of 10 diverged)"
    assert batch[1].endswith(" [0.00, 94.10]")
    assert batch[2].startswith("+4.")
    assert batch[3] == "undecided"
    assert batch[6] == "50.00 [0.00, 50.00]"
    assert batch[7:] == [
        "0.01 x 7, 0.1 x 3",
        "1,100",
        "4.01 MB",
        "11.0",
        "22.0",
    ]


def test_the_spreadsheet(tmp_path):
    summary = write(tmp_path)
    with open(tmp_path / "summary.csv") as file:
        none, batch = csv.DictReader(file)
    row = summary.rows[1]
    found = row.intervals["test_accuracy"]
    numbers = [
        float(batch[f"test_accuracy_{name}"])
        for name in ("mean", "low", "high", "level")
    ]
    assert numbers == list(found)
    difference = row.differences["test_loss"]
    numbers = [
        float(batch[f"test_loss_difference{name}"])
        for name in ("", "_low", "_high", "_level")
    ]
    assert numbers == list(difference)
    assert difference.high == math.inf
    assert none["test_accuracy_difference"] == ""
    assert (none["verdict"], batch["verdict"]) == ("baseline", "undecided")
    assert (batch["runs"], batch["diverged"]) == ("10", "1")
    assert batch["chosen_optimizer.learning_rate"] == "0.01 x 7; 0.1 x 3"
    assert float(batch["test_accuracy_moving"]) == 0.5


def test_json_holds_everything(tmp_path):
    summary = write(tmp_path)

    def refuse(constant):
        pytest.fail(f"{constant} is not JSON")

    text = (tmp_path / "summary.json").read_text()
    found = json.loads(text, parse_constant=refuse)
    assert found["sentence"] == summary.sentence
    assert found["notes"] == list(summary.notes)
    assert found["command"] == COMMAND
    assert found["versions"]["keras"]
    assert found["level"] == summary.level
    design = found["design"]
    assert design["variants"][BATCH] == {"model.norm": BATCH}
    assert (design["metric"], design["least"]) == ("test_accuracy", 0.005)
    assert design["looks"] == [10]
    assert design["seeds"] == list(range(10))
    rates = [point["optimizer.learning_rate"] for point in design["grid"]]
    assert rates == list(RATES)
    none, batch = found["rows"]
    assert (none["verdict"], none["seeds_needed"]) == ("baseline", None)
    assert (batch["verdict"], batch["seeds"]) == ("undecided", 10)
    assert batch["values"]["test_accuracy"]["9"] is None
    assert batch["values"]["test_accuracy"]["0"] == pytest.approx(0.936)
    difference = batch["differences"]["test_accuracy"]
    assert (difference["low"], float(difference["low"])) == ("-inf", -math.inf)
    assert difference["level"] >= summary.level
    assert difference["method"].startswith("Wilcoxon signed-rank")
    rate = "optimizer.learning_rate"
    assert batch["chosen"] == {rate: {"0.01": 7, "0.1": 3}}
    assert batch["at_edge"] == {rate: {"0.1": 3}}


def test_json_names_a_range_as_one(tmp_path):
    write(tmp_path, made_found({NONE: steady(0.9, 3), BATCH: steady(0.9, 3)}))
    rows = json.loads((tmp_path / "summary.json").read_text())["rows"]
    interval = rows[0]["intervals"]["test_accuracy"]
    assert interval["method"] == "range of the values"
    assert interval["level"] == 0.75


#: What a summary may hold that is read back.
HELD = {
    "tuned, one diverged": (FOUND, COLUMNS),
    "one seed": (made_found({NONE: [0.9], BATCH: [0.95]}), COLUMNS),
    "one variant": (made_found({NONE: steady(0.9)}), COLUMNS),
    "all diverged": (made_found({NONE: [None], BATCH: [None]}), (ACCURACY,)),
    "no shared seed": (
        made_found({NONE: [None, 0.9], BATCH: [0.9]}, looks=(2,)),
        COLUMNS,
    ),
    "distances": (
        made_found({NONE: steady(9), BATCH: steady(8)}, metric=DISTANCE),
        (DISTANCE,),
    ),
}


@pytest.mark.parametrize("name", HELD)
def test_a_summary_is_read_back(name):
    summary = summarize(*HELD[name])
    text = json.dumps(record(summary, "", []))
    again = folder.summary_of(json.loads(text))
    assert columns.table(again) == columns.table(summary)
    assert legend(again) == legend(summary)
    assert again.level == summary.level
    for row, before in zip(again.rows, summary.rows, strict=True):
        assert row.values == before.values
        assert row.judgment == before.judgment
        assert row.chosen == before.chosen


def test_a_folder_without_a_finished_comparison(tmp_path):
    with pytest.raises(InputError, match="no finished comparison"):
        report.write_pages(tmp_path)
    write(tmp_path)
    path = tmp_path / "summary.json"
    held = json.loads(path.read_text())
    del held["runs"]
    path.write_text(json.dumps(held))
    with pytest.raises(InputError, match="from an older version"):
        report.write_pages(tmp_path)
    path.write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        report.write_pages(tmp_path)
