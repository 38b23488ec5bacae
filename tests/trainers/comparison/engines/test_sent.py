"""What is sent between machines arrives as it was."""

import os
import sys

import pytest

from normzoo.layers.lookup import look_up
from normzoo.trainers.common import provenance
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.engines import code, parcel

CODE = "import {helper}\n\ndef make():\n    return {helper}.NUMBER, __file__\n"


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_folders_become_what_they_were_elsewhere(tmp_path):
    there, here = tmp_path / "there", tmp_path / "here"
    (there / "run" / "checkpoints").mkdir(parents=True)
    (there / "run" / "checkpoints" / "step-1.index").write_bytes(b"\0\1")
    (there / "run" / "DONE").write_text("{}")
    (there / "run" / ".lock.json").write_text("of this process")
    (here / "run").mkdir(parents=True)
    (here / "run" / "older").write_text("goes")
    (here / "group").mkdir()
    names = ["run", "group", "never"]
    packed = parcel.pack(there, names)
    parcel.unpack(packed, here)
    expected = tree(there)
    del expected["run/.lock.json"]
    assert parcel.size(packed) == sum(map(len, expected.values())) == 4
    assert tree(here) == expected
    assert [each.name for each in here.iterdir()] == ["run"]


@pytest.fixture
def process(monkeypatch, tmp_path):
    """Code of a folder of its own; the process is as it was afterwards."""
    folder = tmp_path / "mine"
    folder.mkdir()
    helper = f"helper_of_{tmp_path.name}"
    (folder / f"{helper}.py").write_text("NUMBER = 7\n")
    (folder / "experiment.py").write_text(CODE.format(helper=helper))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    return folder


def collected(folder, monkeypatch):
    """Returns the name of a function, and the code that has it."""
    name = f"{folder}/experiment.py:make"
    with monkeypatch.context() as patch:
        patch.syspath_prepend(folder)
        found = code.collected([{"model": {"name": name, "depth": 1}}])
    assert str(folder) in found.path
    assert found.named == (str(folder / "experiment.py"),)
    return name, found


@pytest.mark.parametrize("gone", [False, True])
def test_code_is_found_by_its_name_on_another_machine(
    gone, process, tmp_path, monkeypatch
):
    name, found = collected(process, monkeypatch)
    if gone:
        process.rename(tmp_path / "gone")
    arrived = code.Arrived(lambda: tmp_path)
    for _ in range(2):  # with each task
        arrived.take(found)
    number, file = look_up(name, {}, "model")()
    assert number == 7
    assert (file == str(process / "experiment.py")) is not gone
    assert os.path.samefile(file, arrived.place(process / "experiment.py"))


def test_other_code_of_that_name_is_not_used(process, tmp_path, monkeypatch):
    name, found = collected(process, monkeypatch)
    (process / "experiment.py").write_text("def make():\n    return 'old'\n")
    code.Arrived(lambda: tmp_path).take(found)
    assert look_up(name, {}, "model")()[0] == 7


def test_what_is_installed_is_not_sent(process):
    found = code.collected([])
    assert not [each for each in found.path if "site-packages" in each]
    assert sum(map(len, found.folders.values())) < 1000


def test_too_much_is_refused(process, monkeypatch):
    monkeypatch.setattr(code, "_MOST", 10)
    with pytest.raises(InputError, match="too much to be sent"):
        collected(process, monkeypatch)


def test_nodes_need_the_same_versions():
    tasks = pytest.importorskip("normzoo.trainers.comparison.engines.tasks")
    tasks.check_versions(provenance.versions())
    other = provenance.versions() | {"keras": "1.0"}
    with pytest.raises(InputError, match=r"keras 3\..*, not 1\.0\. Install"):
        tasks.check_versions(other)
