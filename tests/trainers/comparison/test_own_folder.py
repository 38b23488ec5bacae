"""The folder of a comparison of a user's own model."""

import contextlib

import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_folder import OwnFolder

NAME = "model-0123456789ab.keras"


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_what_is_new_goes_unless_the_first_run_has_begun(error, kept, tmp_path):
    (tmp_path / "there").mkdir()
    folder = OwnFolder(tmp_path / "there" / "a" / "b")
    with contextlib.suppress(ValueError, KeyboardInterrupt), folder:
        (folder.path / NAME).touch()
        if kept:
            folder.keep()
        if error:
            raise error
    assert (folder.path / NAME).exists() == kept
    assert (tmp_path / "there" / "a").exists() == kept
    assert (tmp_path / "there").exists()


def test_what_others_have_written_stays(tmp_path):
    with OwnFolder(tmp_path / "new") as folder:
        (folder.path / "notes.txt").touch()
        (folder.path / NAME).touch()
    assert [path.name for path in folder.path.iterdir()] == ["notes.txt"]


def test_a_temporary_folder():
    with OwnFolder(None) as folder:
        assert folder.path.is_dir()
    assert not folder.path.exists()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"File exists.*name another folder"):
        OwnFolder(tmp_path / "file")
