"""What tells code apart."""

import functools
import types

import keras
import pytest

from normzoo.trainers.common.code import digest_of

CODE = """
import keras

STEPS = 3

class Note(keras.callbacks.Callback):
    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_epoch_end(self, epoch, logs=None):
        self.seen = epoch in {"a", "b", "c"}

def steps():
    return STEPS

def make():
    \"\"\"Makes them.\"\"\"
    return [Note(steps()), keras.callbacks.TerminateOnNaN()]
"""


def module(code):
    found = types.ModuleType("made_for_test")
    exec(code, vars(found))
    return found


def digest(*replaced):
    return digest_of(module(CODE.replace(*replaced) if replaced else CODE).make)


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ("steps())", "steps() + 1)", True),
        ("STEPS = 3", "STEPS = 4", True),
        ("return STEPS", "return 2 * STEPS", True),
        ("self.steps = steps", "self.steps = -steps", True),
        ('"a", "b"', '"a", "d"', True),
        ("on_epoch_end", "on_epoch_begin", True),
        ("TerminateOnNaN", "BackupAndRestore", True),
        ("import keras\n", "import keras\n\n# A comment.\n", False),
        ("STEPS = 3", "STEPS = 3\nOTHER = 4", False),
    ],
)
def test_what_is_named_counts(old, new, differs):
    assert (digest(old, new) != digest()) == differs
    assert digest() == digest()


def test_what_is_enclosed_counts():
    def made(patience):
        return lambda: [keras.callbacks.EarlyStopping(patience=patience)]

    assert digest_of(made(1)) == digest_of(made(1)) != digest_of(made(2))
    partials = [functools.partial(made, n) for n in (1, 1, 2)]
    one, same, other = map(digest_of, partials)
    assert one == same != other


def test_a_function_may_call_itself():
    def outer(n):
        return n and outer(n - 1)

    assert len(digest_of(outer)) == 12
