"""Which tests `make` and CI run."""

import pathlib
import shlex
import shutil
import subprocess

import pytest

import normzoo

ROOT = pathlib.Path(normzoo.__file__).resolve().parent


def selected(target):
    """Returns the arguments of pytest in a target of the Makefile."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed.")
    said = subprocess.check_output(
        ["make", "--dry-run", target], cwd=ROOT, text=True
    )
    text = said.replace("\\\n", " ")
    (line,) = (line for line in text.splitlines() if "-m pytest" in line)
    return shlex.split(line)[3:]


def test_make_leaves_out_what_is_slow_and_nothing_else():
    how = ["--numprocesses=auto", "--maxprocesses=4", "--dist=worksteal"]
    assert selected("test-all") == how
    assert selected("test") == [*how, "-m", "not slow"]
    assert selected("test-slow") == [*how, "-m", "slow"]


def test_ci_runs_all_tests():
    commands = (ROOT / ".ci/run").read_text().splitlines()
    assert {"make test", "make test-slow"} <= set(commands)


def test_slow_is_a_marker(pytestconfig):
    assert "--strict-markers" in pytestconfig.getini("addopts")
    markers = [line.split(":")[0] for line in pytestconfig.getini("markers")]
    assert "slow" in markers


def test_slow_tests_come_first(request):
    slow = [
        item.get_closest_marker("slow") is not None
        for item in request.session.items
    ]
    assert slow == sorted(slow, reverse=True)
