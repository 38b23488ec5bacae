from normzoo.trainers.run import metrics_file


def test_lines_are_read_back_by_split(tmp_path):
    assert metrics_file.read(tmp_path) == []
    train = {"step": 9, "epoch": 1, "split": "train", "loss": 0.5}
    validation = {**train, "split": "validation", "loss": None}
    (tmp_path / metrics_file.NAME).write_text(
        '{"step": 9, "epoch": 1, "split": "train", "loss": 0.5}\n'
        '{"step": 9, "epoch": 1, "split": "validation", "loss": null}\n'
    )
    assert metrics_file.read(tmp_path) == [train, validation]
    assert metrics_file.read(tmp_path, "validation") == [validation]
    assert metrics_file.read(tmp_path, "test") == []
