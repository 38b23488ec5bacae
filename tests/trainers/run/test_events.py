"""Scalars as TensorBoard reads them."""

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from normzoo.trainers.run import events, summaries
from normzoo.trainers.run.events import ScalarEvents


def test_tensorboard_shows_scalars(tmp_path):
    with ScalarEvents(tmp_path / "train") as writer:
        writer.write({"epoch_loss": 0.5, "epoch_accuracy": 1}, step=1)
        writer.write({"epoch_loss": float("nan")}, step=2)
    with ScalarEvents(tmp_path / "train") as writer:
        writer.write({"epoch_loss": 0.25}, step=3)
    assert len(list((tmp_path / "train").iterdir())) == 2
    size = {event_accumulator.TENSORS: 0}
    found = event_accumulator.EventAccumulator(str(tmp_path / "train"), size)
    found.Reload()
    assert sorted(found.Tags()["tensors"]) == ["epoch_accuracy", "epoch_loss"]
    plugins = found.SummaryMetadata("epoch_loss").plugin_data.plugin_name
    assert plugins == "scalars"
    losses = found.Tensors("epoch_loss")
    assert [each.step for each in losses] == [1, 2, 3]
    values = [each.tensor_proto.float_val[0] for each in losses]
    assert values == pytest.approx([0.5, float("nan"), 0.25], nan_ok=True)


def test_files_are_read_in_the_order_of_their_making(tmp_path, monkeypatch):
    """Whatever the clock says: it may be set back by a day."""
    now, day = 1.8e9, 86_400
    for step, moment in enumerate((now, now - day, now + 365 * day, now)):
        monkeypatch.setattr(events.time, "time", lambda found=moment: found)
        with ScalarEvents(tmp_path) as writer:
            writer.write({"loss": step}, step)
    size = {event_accumulator.TENSORS: 0}
    found = event_accumulator.EventAccumulator(str(tmp_path), size).Reload()
    assert [each.step for each in found.Tensors("loss")] == [0, 1, 2, 3]


def test_flushed_events_are_on_the_disk(tmp_path):
    with ScalarEvents(tmp_path) as writer:
        (file,) = tmp_path.iterdir()
        before = file.stat().st_size
        assert before > 0  # the version, without which it is no event file
        writer.write({"loss": 1.0}, step=1)
        writer.flush()
        assert file.stat().st_size > before


def shown(folder, *made):
    """Returns what TensorBoard reads of summaries, an array each."""
    with ScalarEvents(folder) as events:
        for summary in made:
            events.add(summary, step=3)
    size = {event_accumulator.TENSORS: 0}
    found = event_accumulator.EventAccumulator(str(folder), size).Reload()
    for summary in made:
        (event,) = found.Tensors(summary.value[0].tag)
        assert event.step == 3
        yield tf.make_ndarray(event.tensor_proto)


def test_tensorboard_shows_other_summaries(tmp_path):
    pixels = np.arange(24, dtype="uint8").reshape(2, 4, 3)
    words, values, bars, picture = shown(
        tmp_path,
        summaries.text("said", "**ä**"),
        summaries.histogram("values", [1.0, 2.0, np.nan, np.inf]),
        summaries.steps_histogram("bars", [3.0, np.nan]),
        summaries.image("picture", pixels),
    )
    assert [word.decode() for word in words] == ["**ä**"]
    assert values[:, 2].sum() == 2
    assert (values[0, 0], values[-1, 1]) == (1, 2)
    assert bars.tolist() == [[-0.5, 0.5, 3], [0.5, 1.5, 0]]
    assert [int(size) for size in picture[:2]] == [4, 2]
    np.testing.assert_array_equal(tf.io.decode_png(picture[2]), pixels)
