"""The package as it is installed: its files, its imports, its examples."""

import configparser
import doctest
import importlib
import os
import pathlib
import pkgutil
import shutil
import subprocess
import sys
import zipfile

import pytest

import normzoo

ROOT = pathlib.Path(normzoo.__file__).parent
SUBPACKAGES = ("layers", "zoo", "trainers", "configs")
_PIP_WHEEL = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
_PIP_WHEEL += ["--no-build-isolation"]
FOLDERS = [ROOT.resolve() / name for name in SUBPACKAGES]
MODULES = [
    module.name
    for name in SUBPACKAGES
    for module in pkgutil.walk_packages(
        [str(ROOT / name)], prefix=f"normzoo.{name}."
    )
]


def test_importing_the_package_imports_nothing_else():
    code = (
        "import sys, normzoo; assert not [m for m in sys.modules if "
        "m.startswith(('normzoo.', 'tensorflow', 'keras'))]"
    )
    # From another folder: the checkout itself must not be on the path.
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT.anchor)


def test_the_package_shows_its_subpackages():
    assert set(SUBPACKAGES) <= set(dir(normzoo))
    with pytest.raises(AttributeError, match="no attribute 'layer'"):
        normzoo.layer  # noqa: B018


@pytest.mark.slow
@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    module = importlib.import_module(name)
    results = doctest.testmod(
        module,
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert not results.failed


def test_no_module_is_imported_twice():
    for name in MODULES:
        importlib.import_module(name)
    copies = [
        name
        for name, module in sys.modules.items()
        if not name.startswith(("normzoo", "tests"))
        and (file := getattr(module, "__file__", None))
        and any(map(pathlib.Path(file).resolve().is_relative_to, FOLDERS))
    ]
    assert not copies


def test_every_requirement_has_a_lower_bound():
    """An old pip walks back through all versions of one that has none."""
    config = configparser.ConfigParser(inline_comment_prefixes="#")
    config.read(ROOT / "setup.cfg")
    extras = dict(config["options.extras_require"])
    assert extras.pop("gpu").strip() == "tensorflow[and-cuda]"  # bound above
    required = [config["options"]["install_requires"], *extras.values()]
    lines = [x for text in required for x in text.split("\n") if x.strip()]
    assert len(lines) > 15
    assert not [x for x in lines if ">=" not in x and "==" not in x]


@pytest.mark.slow
def test_the_wheel_holds_every_module(tmp_path):
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns(
        ".git", ".venv", "runs", "build", "dist", "*.egg-info", "__pycache__"
    )
    shutil.copytree(ROOT, source, ignore=ignored)
    subprocess.run(
        [*_PIP_WHEEL, "--wheel-dir", tmp_path, source],
        check=True,
        env={**os.environ, "PIP_NO_INDEX": "1"},
    )
    (wheel,) = tmp_path.glob("normzoo-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {n for n in archive.namelist() if n.startswith("normzoo/")}
    expected = {"normzoo/__init__.py", "normzoo/py.typed"} | {
        f"normzoo/{path.relative_to(source)}"
        for name in SUBPACKAGES
        for path in (source / name).rglob("*.py")
    }
    assert held == expected
