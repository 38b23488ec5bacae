"""Private names of TensorFlow and Keras stand in one guarded place each."""

import ast
import pathlib

import pytest

import normzoo

ROOT = pathlib.Path(normzoo.__file__).resolve().parent
#: Module -> the test that runs it without the private name.
GUARDED = {
    "trainers/run/as_found.py": "trainers/run/test_as_found.py",
    "trainers/run/determinism.py": "trainers/run/test_determinism.py",
    "trainers/run/graphs.py": "trainers/run/test_graphs.py",
    "trainers/together/converters.py": "trainers/together/test_converters.py",
}
PRIVATE = ("tensorflow.python", "keras.src", "keras.api")


def private_imports(tree):
    """Yields the imports of private modules below a node."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        else:
            continue
        if any(name.startswith(PRIVATE) for name in names):
            yield node


def trees():
    """Yields the path and the syntax tree of each module."""
    for folder in ("trainers", "zoo"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            yield name, ast.parse(path.read_text())


def test_private_modules_are_imported_in_guarded_places_alone():
    found = {name: list(private_imports(tree)) for name, tree in trees()}
    assert {name for name in found if found[name]} == set(GUARDED)


@pytest.mark.parametrize("name", GUARDED)
def test_importing_does_not_depend_on_a_private_name(name):
    assert (ROOT / "tests" / GUARDED[name]).exists()
    tree = ast.parse((ROOT / name).read_text())
    guarded = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and node.handlers:
            caught = {name.id for name in node.handlers[0].type.elts}
            assert {"ImportError", "AttributeError"} <= caught
            guarded += private_imports(node)
    assert guarded == list(private_imports(tree))


def test_an_unguarded_import_is_seen():
    source = "import keras\nfrom tensorflow.python.framework import ops\n"
    assert len(list(private_imports(ast.parse(source)))) == 1
