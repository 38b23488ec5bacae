"""The flags for a model of one's own, and the arguments they stand for."""

import copy
import inspect

import pytest
from absl import flags

import normzoo
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison import own_flags
from normzoo.trainers.comparison.engines import engine_flags
from normzoo.trainers.own import data_flags

#: Arguments that `--data` stands for, and one that all scripts have.
ELSEWHERE = {"train", "validation", "test", "workdir"}


@pytest.fixture(scope="module")
def defined():
    """The flags of `compare`, as a script alone defines them."""
    before = set(flags.FLAGS)
    own_flags.define()
    data_flags.define()
    engine_flags.define()
    found = copy.deepcopy(flags.FLAGS)
    for name in set(flags.FLAGS) - before:
        delattr(flags.FLAGS, name)
    return found, set(found) - before


@pytest.fixture
def values(defined):
    """Returns a function of flags, as they are written, that parses them."""
    found = copy.deepcopy(defined[0])
    found.unparse_flags()
    return lambda *given: found(["compare", *given]) and found


ARGUMENTS = inspect.signature(normzoo.compare_norms).parameters


def test_each_argument_of_compare_norms_has_its_flag(defined, values):
    _, names = defined
    assert ARGUMENTS.keys() - ELSEWHERE <= names
    assert own_flags.arguments(values()).keys() <= ARGUMENTS.keys()


def test_the_defaults_are_those_of_compare_norms(values):
    for name, value in own_flags.arguments(values()).items():
        # Nothing is given: None, or an empty text.
        assert (value or None) == (ARGUMENTS[name].default or None), name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("True", True),
        ("false", False),
        ("1e-3", (0.001,)),
        ("0.1, 0.2", (0.1, 0.2)),
    ],
)
def test_tune(values, text, expected):
    assert own_flags.arguments(values(f"--tune={text}"))["tune"] == expected


@pytest.mark.parametrize("text", ["fast", "0.1,true", "", "True,False"])
def test_what_is_no_tune(values, text):
    with pytest.raises(InputError, match=f"--tune takes.*Received: {text}"):
        own_flags.arguments(values(f"--tune={text}"))


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("--tune=False", "Use --config.compare.tune.rates"),
        ("--start=weights", "without --model. Leave it out"),
        ("--epochs=3", "Use --config.epochs"),
        ("--label=y", "without --model. Leave it out"),
    ],
)
def test_a_flag_that_needs_a_model(values, flag, words):
    with pytest.raises(InputError, match=words):
        own_flags.refuse(values(flag))


def test_without_such_flags_nothing_is_refused(values):
    own_flags.refuse(values())
