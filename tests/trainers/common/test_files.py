"""What processes write at the same time, and what dead ones have left."""

import pathlib

import pytest

from normzoo.trainers.common import files, unfinished


def test_what_a_living_process_writes_stays(tmp_path):
    path = tmp_path / "data-0123456789ab.npz"
    with files.replacing(path) as mine:
        files.write_text(path, "of another one")
        pathlib.Path(mine).write_text("mine")
    assert path.read_text() == "mine"
    assert [x.name for x in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["a.json", "[1] *.weights.h5", "x" * 255])
def test_what_a_dead_process_has_left_goes(name, tmp_path):
    path = tmp_path / name
    with unfinished.place_for(path) as new:
        assert new.name == name
        left, other = new, tmp_path / ".abcdefgh.other.json"
    other.mkdir()
    left.parent.mkdir()
    left.touch()
    files.write_text(path, "text")
    assert set(tmp_path.iterdir()) == {path, other}


def test_a_link_to_a_file_stays_one(tmp_path):
    path, link = tmp_path / "there" / "target", tmp_path / "link.txt"
    path.parent.mkdir()
    link.symlink_to(path)
    for text in ("first", "second"):
        with files.replacing(link) as new:
            assert new.endswith(".txt")
            pathlib.Path(new).write_text(text)
        assert link.is_symlink()
        assert path.read_text() == text
        assert list(path.parent.iterdir()) == [path]


def test_a_folder_takes_the_place_of_another(tmp_path):
    path, link = tmp_path / "here", tmp_path / "link"
    link.symlink_to(path)
    for text in ("first", "second"):
        with files.replacing_folder(link) as new:
            (new / text).touch()
        assert [x.name for x in path.iterdir()] == [text]
    with pytest.raises(ZeroDivisionError), files.replacing_folder(path) as new:
        (new / str(1 / 0)).touch()
    assert [x.name for x in path.iterdir()] == ["second"]
    assert len(list(tmp_path.iterdir())) == 2
