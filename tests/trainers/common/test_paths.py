"""Paths as users write them."""

import pathlib

import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.common.paths import user_path
from normzoo.trainers.run.rundir import RunDir


@pytest.mark.parametrize("make", [str, pathlib.Path])
def test_a_tilde_is_the_home_folder(make, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_path(make("~/runs/a")) == tmp_path / "runs/a"
    assert RunDir(make("~/runs/a")).path == tmp_path / "runs/a"


@pytest.mark.parametrize("path", ["a", "/a/b", ".", "a~b", "runs/~"])
def test_other_paths_stay(path):
    assert user_path(path) == pathlib.Path(path)


@pytest.mark.parametrize("path", ["", " "])
def test_no_name_is_refused(path):
    with pytest.raises(InputError, match=r"workdir has no name.*'\.'"):
        RunDir(path)


def test_an_unknown_user_is_named():
    with pytest.raises(InputError, match="~no_such_user/a cannot be found"):
        user_path("~no_such_user/a")
