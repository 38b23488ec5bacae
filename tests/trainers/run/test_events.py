"""Scalars as TensorBoard reads them."""

import pytest
from tensorboard.backend.event_processing import event_accumulator

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


def test_flushed_events_are_on_the_disk(tmp_path):
    with ScalarEvents(tmp_path) as writer:
        (file,) = tmp_path.iterdir()
        before = file.stat().st_size
        assert before > 0  # the version, without which it is no event file
        writer.write({"loss": 1.0}, step=1)
        writer.flush()
        assert file.stat().st_size > before
