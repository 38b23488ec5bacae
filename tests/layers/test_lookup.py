"""Norms of one's own, by "module:function" or "file.py:function"."""

import importlib
import sys

import keras
import pytest

from normzoo import layers
from normzoo.layers.lookup import import_path, look_up

CODE = """
import keras

calls = []

class Half(keras.layers.Layer):
    def __init__(self, factor=0.5, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return self.factor * x

def make(**kwargs):
    calls.append(kwargs)
    return Half(**kwargs)

SETTING = 3
"""
BROKEN = {
    "broken": "import nothing_here",
    "misspelled": "import keras\n\n\ndef make(:\n    pass\n",
    "undefined": "import keras\n\nWIDTH = widht * 2\n",
    "indirect": "import undefined\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "norms_of_ones_own.py").write_text(CODE)
    for name, code in BROKEN.items():
        (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "norms_of_ones_own:Half",
        "norms_of_ones_own:make",
        "norms_of_ones_own.py:Half",
        "./norms_of_ones_own.py:make",
        "{folder}/norms_of_ones_own.py:make",
    ],
)
def test_a_norm_of_ones_own(folder, name):
    norm = layers.get(name.format(folder=folder), factor=0.25)(name="mine")
    assert norm.name == "mine"
    assert float(norm(keras.ops.ones(()))) == 0.25


def test_a_file_is_run_once(folder):
    first = layers.get("norms_of_ones_own.py:Half").func
    assert layers.get(f"{folder}/norms_of_ones_own.py:Half").func is first


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("half", "Unknown normalization.*'half'.*none, batch.*module:function"),
        ("nowhere:Half", "'nowhere:Half' cannot be found on Python's path"),
        ("nowhere.py:Half", "cannot be found from the current folder.*nowhere"),
        ("norms_of_ones_own:Quarter", "no attribute 'Quarter'"),
        ("norms_of_ones_own.py:Quarter", r"own\.py has no attribute 'Quarter'"),
        ("broken.py:Half", "line 1 of .*broken.py raises .*nothing_here"),
        ("broken:Half", "line 1 of .*broken.py raises .*nothing_here"),
        ("misspelled.py:make", "line 4 of .*misspelled.py raises SyntaxError"),
        (
            "undefined.py:make",
            "line 3 of .*undefined.py raises NameError",
        ),
        (
            "indirect.py:make",
            "line 3 of .*undefined.py raises NameError",
        ),
        (":Half", "':Half' cannot be found"),
    ],
)
def test_what_cannot_be_found_is_named(folder, name, message):
    with pytest.raises(ValueError, match=message):
        layers.get(name)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("norms_of_ones_own:Half", "norms_of_ones_own:Half"),
        ("norms_of_ones_own:Half.call", "norms_of_ones_own:Half.call"),
        ("norms_of_ones_own.py:make", "{folder}/norms_of_ones_own.py:make"),
    ],
)
def test_other_processes_find_it_by_its_path(folder, name, path):
    found = look_up(name, {}, "normalization")
    assert import_path(found) == path.format(folder=folder)
    assert look_up(import_path(found), {}, "normalization") is found


def test_what_a_script_defines_is_in_its_file(folder, monkeypatch):
    monkeypatch.delitem(sys.modules, "norms_of_ones_own", raising=False)
    script = importlib.import_module("norms_of_ones_own")
    monkeypatch.setitem(sys.modules, "__main__", script)
    monkeypatch.setattr(script.Half, "__module__", "__main__")
    path = f"{folder}/norms_of_ones_own.py:Half"
    assert import_path(script.Half) == path
    assert look_up(path, {}, "normalization") is script.Half
    monkeypatch.delattr(script, "__file__")  # as in a notebook
    with pytest.raises(ValueError, match="defined in a notebook"):
        import_path(script.Half)


def test_what_no_other_process_finds():
    class Local:
        pass

    for thing in (Local, lambda: None, 3):
        with pytest.raises(ValueError, match="Put it at the top level"):
            import_path(thing)


def test_what_is_no_callable_is_refused(folder):
    with pytest.raises(TypeError, match=r"callable.*3 of type int"):
        layers.get("norms_of_ones_own:SETTING")


def test_an_empty_table_has_no_names_to_offer():
    with pytest.raises(ValueError, match=r"Expected: 'module:function' or"):
        look_up("mine.py", {}, "model")


def test_a_table_comes_first():
    assert look_up("a:b", {"a:b": 1}, "thing") == 1
