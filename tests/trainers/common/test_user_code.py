"""Errors of the user's own code: which, and in which line."""

import keras
import pytest

from normzoo import zoo
from normzoo.configs import default
from normzoo.layers.lookup import look_up
from normzoo.trainers.common import user_code
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_arguments import find_model
from normzoo.trainers.supervised import callbacks
from normzoo.trainers.supervised.build import build_model

CODE = """
import keras

class Broken(keras.layers.Layer):
    def call(self, x):
        return x + self.shift

def layer():
    return keras.Sequential([keras.Input((2,)), Broken()])

def missing(*arguments, **named):
    return {}["width"]

def misfit(*arguments, **named):
    return keras.layers.Dense(3)(keras.Input((2, 3))) @ keras.Input((2, 3))

def silent():
    assert False
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(CODE)
    return path


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("layer", "line 6 of .*mine.py raises AttributeError: .*'shift'"),
        ("missing", "line 12 of .*mine.py raises KeyError: 'width'$"),
        ("silent", "line 18 of .*mine.py raises AssertionError$"),
    ],
)
@pytest.mark.parametrize("is_named", [True, False])
def test_a_model_function_that_fails(function, words, is_named, path):
    make = name = f"{path}:{function}"
    if not is_named:
        make, name = look_up(name, {}, "model"), function
    with pytest.raises(InputError, match=f"{name}' fails: {words}") as raised:
        find_model(make)
    assert user_code.is_users(raised.value)
    assert "\n" not in str(raised.value)


def of_no_file(code):
    """Returns a function as that of a library: no file of the user's holds it.

    Args:
        code: of its only line, which takes any arguments.
    """
    scope = {"keras": keras}
    exec(f"def make(*arguments, **named): {code}", scope)
    return scope["make"]


def test_a_model_function_of_a_library_has_no_line():
    make = of_no_file("keras.Sequential(3)")
    words = "'make' fails: TypeError: 'int' object is not iterable"
    with pytest.raises(InputError, match=words) as raised:
        find_model(make)
    assert not user_code.is_users(raised.value)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("missing", "line 12 of .*mine.py raises KeyError: 'width'$"),
        ("misfit", "line 15 of .*mine.py raises ValueError"),
        ("silent", "cannot be built. silent.. got an unexpected keyword"),
        ("nothing", "cannot be built. The model .* has no attribute"),
    ],
)
def test_a_model_of_a_config_that_fails(function, words, path):
    config = default.get_config()
    config.model.name = f"{path}:{function}"
    with pytest.raises(InputError, match=words):
        build_model(config, (2,), 3)


def test_callbacks_that_fail(path):
    config = default.get_config()
    config.callbacks = f"{path}:missing"
    with pytest.raises(InputError, match=r"missing' fails: line 12 of .*width"):
        callbacks.make_callbacks(config)


def test_what_is_not_the_users_passes(monkeypatch):
    config = default.get_config()
    monkeypatch.setitem(zoo.MODELS, config.model.name, of_no_file("{}['a']"))
    with pytest.raises(KeyError):
        build_model(config, (2,), 3)
