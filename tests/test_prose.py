"""Commands and flags inside sentences: targets, flags and keys are there.

Whole commands, in blocks and in sentences, are parsed in `test_documents`.
"""

import ast
import functools
import importlib
import re

import pytest
from absl import flags as absl_flags
from ml_collections import config_flags

from .test_documents import DOCUMENTS, ROOT, name, prose

CONFIGS = sorted(path.stem for path in (ROOT / "configs").glob("[!_]*.py"))
#: Of absl, TensorBoard, Slurm and our tests.
OTHERS = {"help", "logdir", "gpus-per-task", "pictures", "verbosity"}
#: What stands for a value that a reader knows.
PLACEHOLDER = re.compile(r"[A-Z]+|\.\.\.|…|")


def flags_in(text):
    """Yields (flag, value) of all code in sentences; value may be None."""
    for code in prose(text):
        if "--" in code:
            for part in code.split():
                if part.startswith("--"):
                    flag, equals, value = part[2:].partition("=")
                    yield flag, value if equals else None


def targets_in(text):
    """Yields the words behind `make` of all code in sentences."""
    for code in prose(text):
        if code.startswith("make "):
            yield code.split()[1:]


@functools.cache
def known_flags():
    """Returns the names of the flags that our scripts define."""
    return {
        node.args[0].value
        for path in (ROOT / "trainers").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr.startswith("DEFINE_")
    }


@functools.cache
def config_of(config):
    """Returns what a packaged config holds."""
    return importlib.import_module(f"normzoo.configs.{config}").get_config()


def takes(config, key, value):
    """Returns whether a config has a key, and takes this value for it."""
    node = config_of(config)
    for part in key.removesuffix(".*").split("."):
        if part not in node:
            return False
        node = node[part]
    if value is None or PLACEHOLDER.fullmatch(value):
        return True
    found = absl_flags.FlagValues()
    argv = ["script", f"--config.{key}={value}"]
    config_flags.DEFINE_config_dict(
        "config",
        config_of(config).copy_and_resolve_references(),
        flag_values=found,
        sys_argv=argv,
    )
    try:
        found(argv)
    except absl_flags.IllegalFlagValueError:
        return False
    return True


def is_known(flag, value):
    """Returns whether a flag is one of ours, and its value possible."""
    name, dot, key = flag.partition(".")
    if dot:
        some = not PLACEHOLDER.fullmatch(key)
        return not some or any(takes(each, key, value) for each in CONFIGS)
    if name == "config" and re.fullmatch(r"\w+", value or ""):
        return value in CONFIGS
    return name in known_flags() | OTHERS


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_flags_in_sentences_are_known(path):
    found = set(flags_in(path.read_text()))
    assert not [each for each in found if not is_known(*each)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_targets_in_sentences_are_in_the_makefile(path):
    makefile = (ROOT / "Makefile").read_text()
    rules = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    variables = set(re.findall(r"^(\w+) [?:]?= ", makefile, re.MULTILINE))
    for words in targets_in(path.read_text()):
        for word in words:
            variable, equals, _ = word.partition("=")
            assert variable in (variables if equals else rules), word


TEXT = """
With `--seeds=8
--config.epochs=3`, as `make test PYTHON=python3.12` does:

    make nothing --nowhere

and not `other --flag`.
"""


def test_flags_and_targets_are_found():
    assert list(flags_in(TEXT)) == [
        ("seeds", "8"),
        ("config.epochs", "3"),
        ("flag", None),
    ]
    assert list(targets_in(TEXT)) == [["test", "PYTHON=python3.12"]]


@pytest.mark.parametrize(
    ("flag", "value", "known"),
    [
        ("seeds", "8", True),
        ("seed", "8", False),
        ("config", "digits_mlp", True),
        ("config", "digits_mpl", False),
        ("config.epochs", "3", True),
        ("config.epochs", None, True),
        ("config.epochs", "many", False),
        ("config.epoch", "3", False),
        ("config.epoch", None, False),
        ("config.metrics.*", None, True),
        ("config.metric.*", None, False),
        ("config.probe", "NAME", True),
    ],
)
def test_what_is_known(flag, value, known):
    assert is_known(flag, value) == known
