"""A sweep from its config to its reports."""

import csv
import json

import numpy as np
import pytest
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.hparams import metadata, plugin_data_pb2

from normzoo.trainers import classify, compare
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.sweep import plan
from normzoo.trainers.run import graphs

NORMS = ("none", "batch")
SWEEP = [{"model.norm": n, "seed": s} for s in (0, 1) for n in NORMS]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return tmp_path_factory.mktemp("comparison")


@pytest.fixture
def summary(config, finished):
    """The summary of a small sweep that all tests of this file share."""
    return compare.compare(config, SWEEP, finished, command="the command")


@pytest.mark.slow
def test_the_summary_has_a_row_per_variant(summary):
    assert [row.variant for row in summary.rows] == ["norm=none", "norm=batch"]
    assert summary.baseline == "norm=none"
    none, batch = summary.rows
    assert (none.runs, none.diverged) == (2, 0)
    assert batch.parameters == none.parameters + 16
    assert batch.memory > none.memory > 3 * 4 * none.parameters
    for metric in ("test_accuracy", "test_loss"):
        pairs = zip(
            batch.values[metric].values(),
            none.values[metric].values(),
            strict=True,
        )
        difference = np.mean([one - other for one, other in pairs])
        assert batch.differences[metric].center == pytest.approx(difference)


@pytest.mark.slow
def test_the_reports_hold_the_results(summary, finished):
    with open(finished / "summary.csv") as file:
        records = list(csv.DictReader(file))
    results = [
        json.loads((finished / f"norm=batch,seed={s}/DONE").read_text())
        for s in (0, 1)
    ]
    mean = np.mean([result["test_accuracy"] for result in results])
    assert float(records[1]["test_accuracy_mean"]) == pytest.approx(mean)
    text = (finished / "summary.md").read_text()
    assert text.endswith("    the command\n")
    assert f"| norm=batch | {100 * mean:.2f} [" in text
    assert (finished / "summary.png").read_bytes().startswith(b"\x89PNG")
    page = (finished / "report.html").read_text().replace("\xa0", " ")
    assert ">norm=batch</th>" in page
    assert summary.sentence in text
    assert summary.sentence in page
    found = json.loads((finished / "summary.json").read_text())
    by_seed = found["rows"][1]["values"]["test_accuracy"]
    assert list(by_seed.values()) == [r["test_accuracy"] for r in results]
    assert "the command" in page


@pytest.mark.slow
def test_variants_start_equal_and_see_equal_batches(config, tmp_path):
    """Where the norms do nothing, one seed gives the same run bit by bit."""
    config.compare.baseline = "norm_position=before"
    config.model.norm = "none"
    positions = [
        {"model.norm_position": p, "seed": 0} for p in ("before", "after")
    ]
    compare.compare(config, positions, tmp_path)
    before, after = (
        (tmp_path / f"norm_position={p},seed=0/metrics.jsonl").read_text()
        for p in ("before", "after")
    )
    assert before == after


@pytest.mark.slow
def test_finished_runs_are_skipped(summary, config, finished, monkeypatch):
    monkeypatch.setattr(
        classify, "train", lambda *_: pytest.fail("trained again")
    )
    assert compare.compare(config, SWEEP, finished) == summary


@pytest.mark.slow
def test_a_diverged_run_is_marked_and_the_sweep_goes_on(config, tmp_path):
    rates = [
        {"optimizer.learning_rate": rate, "seed": seed}
        for seed in (0, 1)
        for rate in (1e30, 1e-3)
    ]
    config.compare.baseline = "learning_rate=0.001"
    summary = compare.compare(config, rates, tmp_path)
    diverged, trained = summary.rows
    assert (diverged.diverged, trained.diverged) == (2, 0)
    assert diverged.values["test_accuracy"] == {0: None, 1: None}
    assert diverged.intervals["test_accuracy"].high == 0
    text = (tmp_path / "summary.md").read_text()
    row = "learning_rate=1e+30 (2 of 2 diverged) | diverged | -inf [-inf, -inf]"
    assert f"| {row} | undecided |" in text


@pytest.mark.slow
def test_what_groups_kept_is_gone(summary, finished):
    assert (finished / "groups.json").exists()
    hidden = {path.name for path in finished.glob(".*")}
    assert hidden == {".lock", ".lock.json"}


@pytest.mark.slow
def test_the_hparams_tab_can_compare_the_runs(summary, finished):
    runs = [path.parent for path in finished.glob("*/DONE")]
    assert len(runs) == len(SWEEP)
    for run in runs:
        events = event_accumulator.EventAccumulator(str(run)).Reload()
        content = events.SummaryMetadata(metadata.SESSION_START_INFO_TAG)
        data = plugin_data_pb2.HParamsPluginData.FromString(
            content.plugin_data.content
        )
        hparams = data.session_start_info.hparams
        assert set(hparams) == {"model.norm", "seed"}
        assert hparams["model.norm"].string_value in NORMS
        assert "test_accuracy" in events.Tags()["tensors"]


BAD = {
    "no run": ([], {}, "yields no run"),
    "unknown key": ([{"model.nrom": "batch"}], {}, "model.nrom"),
    "wrong type": ([{"epochs": "many"}], {}, "epochs.*many"),
    "twice": ([{"seed": 1}, {"seed": 1}], {}, "twice: all,seed=1"),
    "norm": ([*SWEEP, {"model.norm": "btach", "seed": 0}], {}, "'btach'"),
    "baseline": (SWEEP, {"baseline": "norm=rms"}, "norm=none; norm=batch"),
    "metric": (SWEEP, {"metric": "f1"}, "'f1'.*accuracy, loss"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_sweeps_are_refused_before_the_first_run(config, name, tmp_path):
    overrides, settings, message = BAD[name]
    config.compare.baseline = ""
    config.compare.update(settings)
    with pytest.raises(InputError, match=message):
        compare.compare(config, overrides, tmp_path / "sweep")
    assert not (tmp_path / "sweep").exists()


@pytest.mark.slow
def test_another_config_is_refused(summary, config, finished):
    config.epochs = 1
    with pytest.raises(InputError, match="epochs: 2 there, 1 now"):
        compare.compare(config, SWEEP, finished)


def test_equal_names_of_different_keys_are_told_apart(config):
    runs = plan(config, [{"model.name": "cnn", "dataset.name": "digits"}])
    assert runs[0].name == "model.name=cnn,dataset.name=digits,seed=0"


@pytest.mark.slow
def test_graphs_of_earlier_runs_are_freed(config, tmp_path):
    before = set(graphs._registered_gradients())
    assert before
    compare.compare(config, SWEEP[:1], tmp_path)
    assert set(graphs._registered_gradients()) == before
