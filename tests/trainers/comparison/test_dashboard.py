"""The folder of a comparison that TensorBoard shows."""

import json
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import (
    event_accumulator,
    plugin_event_accumulator,
)
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import metadata

import normzoo
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.dashboard import folder as dashboard
from normzoo.trainers.comparison.dashboard import hparams, models
from normzoo.trainers.comparison.dashboard.bands import find_bands
from normzoo.trainers.comparison.dashboard.occasionally import Occasionally
from normzoo.trainers.comparison.reporting import markdown
from normzoo.trainers.comparison.summary import summarize

from .made_found import ACCURACY, LOSS, RATE, made_found, steady

ROOT = pathlib.Path(normzoo.__file__).parent
EPOCHS = (2, 4)


def logged(values):
    return [
        {"step": 10 * epoch, "epoch": epoch, "split": split, **each}
        for epoch, each in zip(EPOCHS, values, strict=False)
        for split in ("validation", "train")
    ]


def written(values, workdir, **options):
    """Returns a made-up `Found` whose runs have logs, and its `Summary`."""
    found = made_found(values, **options)
    for outcome in found.outcomes:
        outcome.run.config.model = {"norm": outcome.variant.partition("=")[2]}
        end = values[outcome.variant][outcome.seed]
        curve = [0.1] if end is None else [0.1, end]
        lines = logged(
            [{"accuracy": x, "loss": 1 - x, "odd": x} for x in curve]
        )
        path = workdir / outcome.run.name
        path.mkdir(parents=True, exist_ok=True)
        text = "\n".join(map(json.dumps, lines))
        (path / "metrics.jsonl").write_text(text)
    return found, summarize(found, (ACCURACY, LOSS))


def board(workdir):
    return dashboard.Dashboard((ACCURACY, LOSS), workdir, "the command")


def write(found, summary, workdir):
    board(workdir).write(found, summary)
    return workdir / dashboard.NAME


def events(path):
    return event_accumulator.EventAccumulator(
        str(path), {"tensors": 0}
    ).Reload()


def series(found, tag):
    return {
        e.step: float(tf.make_ndarray(e.tensor_proto))
        for e in found.Tensors(tag)
    }


def plugin_data(found, tag):
    return found.SummaryMetadata(tag).plugin_data.content


VALUES = {"norm=none": steady(0.9, 6), "norm=batch": steady(0.95, 6)}


@pytest.mark.parametrize("seeds", [3, 100])
def test_a_folder_for_each_variant_whatever_the_number_of_runs(seeds, tmp_path):
    values = {name: steady(0.9, seeds) for name in VALUES}
    folder = write(*written(values, tmp_path), tmp_path)
    names = {path.name for path in folder.iterdir() if path.is_dir()}
    assert names == set(values)
    assert len(list(folder.rglob("events.out.tfevents.*"))) == 3


def test_curves_have_bands_at_their_epochs(tmp_path):
    folder = write(*written(VALUES, tmp_path), tmp_path)
    found = events(folder / "norm=batch")
    center, low, high = (
        series(found, f"{end}/validation_accuracy")
        for end in ("curves", "low", "high")
    )
    assert center == pytest.approx({2: 0.1, 4: 0.95}, abs=0.002)
    assert low[4] < center[4] < high[4]
    assert {"curves/train_loss", "curves/train_odd"} < set(
        found.Tags()["tensors"]
    )
    start, end = (e.wall_time for e in found.Tensors("curves/train_loss"))
    # Two epochs of four, of a run of 11 s.
    assert end - start == pytest.approx(11 / 2, abs=0.1)


def test_the_document_explains_each_tag(tmp_path):
    folder = write(*written(VALUES, tmp_path), tmp_path)
    text = (ROOT / "docs/tensorboard.md").read_text()
    own = [metadata.EXPERIMENT_TAG, metadata.SESSION_START_INFO_TAG]
    own += ["custom_scalars__config__", "test_loss"]
    for run in (folder, *(folder / name for name in VALUES)):
        for tag in events(run).Tags()["tensors"]:
            first = tag.partition("/")[0]
            assert tag in own or f"`{first}" in text, tag


def test_failures_are_the_worst_and_finite(tmp_path):
    values = {"norm=none": [0.9, 0.8, 0.9], "norm=batch": [None, None, 0.9]}
    found, _ = written(values, tmp_path)
    groups = [
        [o for o in found.outcomes if o.variant == name] for name in values
    ]
    bands = find_bands(groups, (ACCURACY, LOSS), tmp_path)
    by_name = {band.name: band for band in bands if band.split == "validation"}
    assert list(by_name) == ["accuracy", "loss", "odd"]
    ends = {
        name: band.courses[1][4][band.tags[0]] for name, band in by_name.items()
    }
    assert ends["accuracy"] < 0.1
    assert ends["loss"] > 0.9
    assert ends["odd"] == 0.9  # has no worse end: what failed is left out


def test_the_layout_names_tags_that_are_there(tmp_path):
    folder = write(*written(VALUES, tmp_path), tmp_path)
    (content,) = events(folder).Tensors("custom_scalars__config__")
    layout = layout_pb2.Layout.FromString(
        tf.make_ndarray(content.tensor_proto).item()
    )
    assert [c.title for c in layout.category] == ["validation", "train"]
    charts = [chart for c in layout.category for chart in c.chart]
    shown_last_first = layout.category[0].chart
    assert shown_last_first[-1].title == "validation accuracy"
    tags = set(events(folder / "norm=none").Tags()["tensors"])
    for chart in charts:
        (each,) = chart.margin.series
        assert {each.value, each.lower, each.upper} <= tags


def test_hparams_has_a_row_for_each_variant(tmp_path):
    chosen = {"norm=batch": [0.1, 0.1, 0.01, 0.1, 0.1, 0.1]}
    found = written(VALUES, tmp_path, rates=(0.001, 0.01, 0.1), chosen=chosen)
    folder = write(*found, tmp_path)
    content = plugin_data(events(folder), metadata.EXPERIMENT_TAG)
    experiment = metadata.parse_experiment_plugin_data(content)
    columns = [info.name for info in experiment.hparam_infos]
    assert columns == ["model.norm", RATE]
    first, second, third, *_ = experiment.metric_infos
    assert first.name.tag == "test_accuracy"
    assert second.name.tag == "test_accuracy_difference"
    assert second.display_name == "difference to norm=none"
    assert third.name.tag == "test_loss"
    last = experiment.metric_infos[-1]
    assert (last.name.tag, last.display_name) == ("memory", "bytes of memory")
    row = events(folder / "norm=batch")
    content = plugin_data(row, metadata.SESSION_START_INFO_TAG)
    start = metadata.parse_session_start_info_plugin_data(content)
    assert start.hparams["model.norm"].string_value == "batch"
    assert start.hparams[RATE].number_value == 0.1
    assert series(row, "test_accuracy") == pytest.approx({0: 0.95}, abs=2e-3)
    assert series(row, "memory") == {0: 4_013_200}
    difference = series(row, "test_accuracy_difference")
    assert difference == pytest.approx({0: 0.05}, abs=1e-4)
    base = events(folder / "norm=none").Tags()["tensors"]
    assert "test_accuracy_difference" not in base


UNIFORM = {
    "numbers": ([1, 0.5], [1.0, 0.5]),
    "yes and no": ([True, False], [True, False]),
    "mixed": ([True, 1], ["True", "1"]),
    "texts": (["batch", 8], ["batch", "8"]),
}


@pytest.mark.parametrize("name", UNIFORM)
def test_a_column_has_one_type(name):
    values, expected = UNIFORM[name]
    found = hparams._uniform(values)
    assert found == expected
    assert list(map(type, found)) == list(map(type, expected))


def test_the_texts_say_what_was_found_and_how(tmp_path):
    found, summary = written(VALUES, tmp_path)
    shown = events(write(found, summary, tmp_path))
    texts = {
        tag: tf.make_ndarray(shown.Tensors(tag)[0].tensor_proto)[0].decode()
        for tag in (
            "answer",
            "command",
            "configuration",
            "design",
            "environment",
        )
    }
    assert texts["answer"].startswith(summary.sentence)
    assert "| norm=batch |" in texts["answer"]
    # A table as wide as those of files would have its words broken.
    assert "| loss |" not in texts["answer"]
    assert "| loss |" in markdown.answer(summary)
    assert texts["command"] == "`the command`"
    assert '"learning_rate": 0.001' in texts["configuration"]
    assert '"baseline": "norm=none"' in texts["design"]
    assert '"tensorflow"' in texts["environment"]


def test_writing_again_replaces_the_whole_folder(tmp_path, monkeypatch):
    found, summary = written(VALUES, tmp_path)
    folder = write(found, summary, tmp_path)
    (folder / "norm=none/stale").touch()
    before = series(events(folder / "norm=batch"), "curves/validation_loss")
    killed = tmp_path / ".abcdefgh.tensorboard"
    killed.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(dashboard, "_write_bands", full)
        with pytest.raises(InputError, match="The disk is full"):
            write(found, summary, tmp_path)
    assert (folder / "norm=none/stale").exists()
    write(found, summary, tmp_path)
    after = series(events(folder / "norm=batch"), "curves/validation_loss")
    assert after == before
    assert not (folder / "norm=none/stale").exists()
    assert not list(tmp_path.glob(".*.tensorboard"))


@pytest.mark.parametrize("goes_on", [True, False])
def test_an_open_tensorboard_shows_no_curve_twice(goes_on, tmp_path):
    opened = None
    for seeds in (3, 6):
        values = {name: steady(0.9, seeds) for name in VALUES}
        found, summary = written(values, tmp_path, looks=(3, 6))
        board(tmp_path).write(found, summary, goes_on and seeds < 6)
        opened = opened or plugin_event_accumulator.EventAccumulator(
            str(tmp_path / dashboard.NAME / "norm=batch")
        )
        opened.Reload()
        assert len(opened.Tensors("test_accuracy")) == 1
        steps = [e.step for e in opened.Tensors("curves/validation_loss")]
        assert steps == list(EPOCHS)
    fresh = events(tmp_path / dashboard.NAME / "norm=batch")
    for tag in ("curves/validation_accuracy", "low/validation_accuracy"):
        assert series(opened, tag) == series(fresh, tag)


def test_a_look_that_is_not_the_last_says_so(tmp_path):
    found, summary = written(VALUES, tmp_path, looks=(6, 12))
    for goes_on in (True, False):
        board(tmp_path).write(found, summary, goes_on)
        (event,) = events(tmp_path / dashboard.NAME).Tensors("answer")
        said = tf.make_ndarray(event.tensor_proto)[0].decode()
        begin = "After look 1 of 2, 6 seeds of up to 12;"
        assert said.startswith(begin) is goes_on


def test_what_has_finished_is_shown_while_the_rest_trains(tmp_path):
    found, _ = written(VALUES, tmp_path)
    some = found._replace(outcomes=found.outcomes[:2], looks=())
    board(tmp_path).write_curves(some)
    folder = tmp_path / dashboard.NAME
    (event,) = events(folder).Tensors("answer")
    said = tf.make_ndarray(event.tensor_proto)[0].decode()
    assert "norm=none: 2 of 6 seeds" in said
    assert "norm=batch: 0 of 6 seeds" in said
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {
        "norm=none"
    }
    shown = events(folder / "norm=none")
    assert list(series(shown, "curves/validation_accuracy")) == list(EPOCHS)
    assert "test_accuracy" not in shown.Tags()["tensors"]


def test_models_are_looked_at_once_and_perhaps_before_the_end(
    tmp_path, monkeypatch
):
    looked_at = []

    class Trainer:
        def models(self, config, folder):
            looked_at.append(folder.name)
            inputs = keras.Input((3,), name="pixels")
            return {"final": keras.Model(inputs, inputs)}

        def images(self, config, models, folder):
            yield "test_confusion", np.zeros((2, 2, 3), np.uint8)

    monkeypatch.setattr(models, "trainer_of", lambda config: Trainer())
    values = {"norm=none": [None, 0.8], "norm=batch": [0.9, 0.9]}
    found, summary = written(values, tmp_path)
    shown = board(tmp_path)
    # Of the first variant only the run that diverges has ended.
    early = [found.outcomes[i] for i in (0, 2)]
    shown.prepare(found._replace(outcomes=tuple(early)))
    first, second, third = (found.outcomes[i].run.name for i in (0, 2, 1))
    assert looked_at == [first, second]
    shown.prepare(found)
    shown.write(found, summary)
    assert looked_at == [first, second, third]
    for outcome in (found.outcomes[1], found.outcomes[2]):
        tensors = events(tmp_path / dashboard.NAME / outcome.variant)
        (event,) = tensors.Tensors("model")
        said = tf.make_ndarray(event.tensor_proto)[0].decode()
        assert outcome.run.name in said
        assert "pixels" in said
        assert len(tensors.Tensors("test_confusion")) == 1
        assert tensors.Graph().node


def test_writing_now_and_then_takes_little_of_the_time():
    now, calls = 0.0, []

    def write_for(seconds):
        nonlocal now
        calls.append(now)
        now += seconds

    write = Occasionally(write_for, clock=lambda: now)
    while now < 1000:
        now += 1
        write(4)
    assert calls[0] == 30
    assert calls[1] - calls[0] >= 200
    assert len(calls) == 5


def full(*args):
    raise OSError("The disk is full.")


def test_of_many_variants_the_best_are_shown(tmp_path):
    values = {f"norm={i}": [0.5 + i / 1000] for i in range(60)}
    found, summary = written(values, tmp_path)
    folder = write(found, summary, tmp_path)
    names = {path.name for path in folder.iterdir() if path.is_dir()}
    assert names == {"norm=0", *(f"norm={i}" for i in range(22, 60))}
    (event,) = events(folder).Tensors("answer")
    answer = tf.make_ndarray(event.tensor_proto)[0].decode()
    assert "not: norm=1, norm=2," in answer
