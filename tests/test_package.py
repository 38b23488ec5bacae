"""The package as it is installed: its files, its imports, its examples."""

import configparser
import contextlib
import doctest
import importlib
import os
import pathlib
import pkgutil
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
import yaml

import normzoo

ROOT = pathlib.Path(normzoo.__file__).parent
SUBPACKAGES = ("layers", "zoo", "trainers", "configs")
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


def imported(name):
    """Returns a module; skips the test if it needs an extra that is missing."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        pytest.skip("normzoo[ray] is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    module = imported(name)
    results = doctest.testmod(
        module,
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert not results.failed


def test_no_module_is_imported_twice():
    for name in MODULES:
        with contextlib.suppress(pytest.skip.Exception):
            imported(name)
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


def test_what_breaks_with_new_versions_has_an_upper_bound():
    config = configparser.ConfigParser(inline_comment_prefixes="#")
    config.read(ROOT / "setup.cfg")
    lines = config["options"]["install_requires"].split("\n")
    bound = {line.split()[0] for line in lines if "<" in line.split(";")[0]}
    assert {"tensorflow", "keras", "tensorflow-datasets", "numpy"} <= bound


def test_the_citation_is_that_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    required = {"cff-version", "message", "title", "authors"}
    assert required <= cited.keys()
    assert cited["version"] == normzoo.__version__


def test_the_changelog_has_the_sections_of_keep_a_changelog():
    text = (ROOT / "CHANGELOG.md").read_text()
    kinds = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
    versions = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert versions[0].startswith("Unreleased\n")
    for version in versions:
        sections = re.findall(r"^### (.*)$", version, re.MULTILINE)
        assert sections == [kind for kind in kinds if kind in sections]
    assert not re.findall(r"^#{4,}", text, re.MULTILINE)


@pytest.mark.slow
def test_the_wheel_holds_every_module(tmp_path):
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns(
        ".git",
        ".venv",
        "runs",
        "build",
        "dist",
        ".mypy_cache",
        "*.egg-info",
        "__pycache__",
    )
    shutil.copytree(ROOT, source, ignore=ignored)
    # The wheel is built of the sdist, in a folder without the checkout.
    options = ["--no-isolation", "--outdir", tmp_path]
    subprocess.run(
        [sys.executable, "-m", "build", *options, source],
        check=True,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PIP_NO_INDEX": "1"},
    )
    (wheel,) = tmp_path.glob("normzoo-*.whl")
    (sdist,) = tmp_path.glob("normzoo-*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {n.partition("/")[2] for n in archive.getnames()}
    assert {"CHANGELOG.md", "CITATION.cff", "LICENSE", "setup.cfg"} <= names
    with zipfile.ZipFile(wheel) as archive:
        held = {n for n in archive.namelist() if n.startswith("normzoo/")}
    expected = {"normzoo/__init__.py", "normzoo/py.typed"} | {
        f"normzoo/{path.relative_to(source)}"
        for name in SUBPACKAGES
        for path in (source / name).rglob("*.py")
    }
    assert held == expected
