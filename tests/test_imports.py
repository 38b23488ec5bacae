"""The architecture: which folder may import which."""

import ast
import functools
import pathlib
import re

import pytest

import normzoo

ROOT = pathlib.Path(normzoo.__file__).resolve().parent
MOST = 24  # modules side by side in one folder

#: Each imports only those in front of it; "" stands for the files of the
#: folder itself. CONTRIBUTING.md says what each is for.
ORDERS = {
    "": ("configs", "layers", "zoo", "trainers"),
    "layers": (
        "numerics",
        "batch_statistics",
        "norms",
        "references",
        "conditional",
        "recurrent",
        "weight_norms",
        "models",
        "exchange",
        "diagnosis",
        "",
    ),
    "trainers": (
        "common",
        "data",
        "cluster",
        "run",
        "together",
        "inspection",
        "resuming",
        "own",
        "supervised",
        "gans",
        "comparison",
        "exporting",
        "benchmarks",
        "",
    ),
}


def modules():
    """Returns dotted name -> path, of all modules of the package."""
    paths = [p for name in ORDERS[""] for p in (ROOT / name).rglob("*.py")]
    return {name_of(path): path for path in paths}


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = modules()


def imported(name, path, source=None):
    """Yields the modules of the package that a module imports."""
    package = name.split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(source or path.read_text())):
        if isinstance(node, ast.Import):
            bases = [alias.name.split(".") for alias in node.names]
            pairs = [(base[:1], base[1:]) for base in bases]
        elif isinstance(node, ast.ImportFrom) and node.level:
            up = package[: len(package) - node.level + 1]
            base = [*up, *(node.module or "").split(".")]
            base = [part for part in base if part]
            pairs = [(["normzoo"], [*base, a.name]) for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module.split(".")
            pairs = [(base[:1], [*base[1:], a.name]) for a in node.names]
        else:
            continue
        for root, parts in pairs:
            if root == ["normzoo"]:
                # The last part is a module or what a module holds.
                whole, holder = ".".join(parts), ".".join(parts[:-1])
                target = whole if whole in MODULES else holder
                if target and target != name:
                    yield target


@functools.cache
def imports():
    """Returns module -> the modules of the package that it imports."""
    return {
        name: sorted(set(imported(name, path)))
        for name, path in MODULES.items()
    }


def room(name, parent):
    """Returns the folder of `parent` that a module is in; "" for its files."""
    inside = name.removeprefix(f"{parent}.") if parent else name
    folder = inside.partition(".")[0]
    path = ROOT / parent.replace(".", "/") / folder
    return folder if path.is_dir() else ""


def upward(parent):
    """Returns the imports that go against the order of a folder's rooms."""
    order = ORDERS[parent]
    found = []
    for name, targets in imports().items():
        for target in targets:
            both = (name, target)
            if parent and not all(x.startswith(f"{parent}.") for x in both):
                continue
            above, below = (room(x, parent) for x in both)
            if order.index(below) > order.index(above):
                found.append(f"{name} imports {target}")
    return found


@pytest.mark.parametrize("parent", ORDERS)
def test_no_import_goes_up(parent):
    assert not upward(parent)


@pytest.mark.parametrize("parent", ORDERS)
def test_each_room_is_in_the_order(parent):
    folders = {
        path.parent.name
        for path in (ROOT / parent).glob("*/__init__.py")
        if parent or path.parent.name != "tests"
    }
    assert folders == set(ORDERS[parent]) - {""}


def test_no_circle():
    done, open_ = set(), []

    def visit(name):
        assert name not in open_, " imports ".join([*open_, name])
        if name in done:
            return
        open_.append(name)
        for target in imports().get(name, ()):
            visit(target)
        done.add(open_.pop())

    for name in imports():
        visit(name)


def test_an_upward_import_is_seen():
    source = "def f():\n    from ..gans import build\n"
    path = ROOT / "trainers/run/made_up.py"
    assert list(imported("trainers.run.made_up", path, source)) == [
        "trainers.gans.build"
    ]


def test_no_folder_holds_too_many_modules():
    counts = {}
    for path in MODULES.values():
        if path.relative_to(ROOT).parts[0] != "configs":
            counts.setdefault(path.parent, []).append(path.name)
    assert not {k: len(v) for k, v in counts.items() if len(v) > MOST}


@pytest.mark.parametrize("parent", ["layers", "trainers"])
def test_contributing_shows_the_order(parent):
    text = (ROOT / "CONTRIBUTING.md").read_text()
    table = text[text.index(f"| `{parent}/` | one job |") :].partition("\n\n")[
        0
    ]
    shown = re.findall(r"^\| `(\w+)/`", table, re.MULTILINE)[1:]
    assert shown == [room for room in ORDERS[parent] if room]
