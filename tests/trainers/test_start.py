"""Scripts answer `--help` and bad flags before the slow imports."""

import ast
import os
import pathlib
import subprocess
import sys

import pytest

import normzoo
from normzoo import trainers
from normzoo.trainers.exporting.formats import FORMATS

ROOT = pathlib.Path(trainers.__file__).parent
SCRIPTS = sorted(
    path.stem
    for path in ROOT.glob("*.py")
    if 'if __name__ == "__main__"' in path.read_text()
)
#: Those that a script needs once its flags are parsed. A second each.
HEAVY = "keras tensorflow tensorflow_datasets numpy scipy sklearn matplotlib"
#: What packaged configs may import, besides each other.
LIGHT = ("ml_collections", "math", "itertools")

#: Runs scripts as `python -m` does, one after the other in a process of its
#: own, and says what each has answered. An import of what is heavy fails.
RUN = f"""
import os, runpy, sys
import absl.flags, ml_collections.config_flags

class Refuse:
    def find_spec(self, name, path=None, target=None):
        assert name not in {HEAVY.split()!r}, f"{{name}} is imported"

sys.meta_path.insert(0, Refuse())
for line in sys.stdin:
    child = os.fork()
    if not child:
        script, *flags = line.split()
        os.dup2(1, 2)
        sys.orig_argv = [sys.executable, "-m", script, *flags]
        sys.argv = ["-m", *flags]
        import normzoo.trainers
        sys.argv[0] = script
        runpy.run_module(script, run_name="__main__", alter_sys=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(f"code {{os.waitstatus_to_exitcode(status)}}\\f", flush=True)
"""


@pytest.fixture(scope="module")
def answered():
    """Returns a function of a script and its flags: what it has answered."""
    with subprocess.Popen(
        [sys.executable, "-u", "-c", RUN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT.anchor,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:

        def answer(script, *flags):
            command = " ".join([f"normzoo.trainers.{script}", *flags])
            print(command, file=process.stdin, flush=True)
            lines = []
            for line in process.stdout:
                if line.endswith("\f\n"):
                    return line, "".join(lines)
                lines.append(line)
            raise AssertionError("".join(lines))

        yield answer
        process.stdin.close()


def test_the_scripts_are_found():
    assert {"classify", "compare", "diagnose", "gan"} <= set(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_imports_nothing_heavy(script, answered):
    code, said = answered(script, "--help")
    assert code == "code 0\f\n", said
    assert f"python -m normzoo.trainers.{script}" in said
    assert "\nflags:\n  --" in said
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_unknown_flag_is_told_before_heavy_imports(script, answered):
    code, said = answered(script, "--nothing=1")
    assert code == "code 2\f\n", said
    assert "error: Unknown command line flag 'nothing'" in said


@pytest.mark.parametrize(
    ("script", "flags", "message"),
    [
        ("classify", "", "--config must have a value"),
        ("classify", "--config=digits_mpl --workdir=r", "'digits_mpl'"),
        (
            "classify",
            "--config=digits_mlp --config.modle.norm=x --workdir=r",
            'Did you mean "model"',
        ),
        ("classify", "--config=digits_mlp --workdir=", "has no name"),
        ("report", "--workdir=r more", "Unexpected arguments: ['more']"),
        ("benchmark", "--suite=mine", "one of <norms|virtual|"),
        ("benchmark", "--case=mine", "64x64x100,float32"),
        ("diagnose", "--model=m.keras", "--data must have a value"),
        ("gan", "--mode=draw", "train|evaluate|sample"),
        ("compare", "--workdir=r", "config"),
        ("export", "--workdir=r --format=mine", f"<{'|'.join(FORMATS)}>"),
    ],
)
def test_a_bad_flag_is_told_before_heavy_imports(
    script, flags, message, answered
):
    code, said = answered(script, *flags.split())
    assert code == "code 2\f\n", said
    assert message in said
    assert "Traceback" not in said


def test_packaged_configs_import_nothing_heavy():
    paths = list((ROOT.parent / "configs").rglob("*.py"))
    assert len(paths) > 40
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                modules = [node.module]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            else:
                continue
            light = ("normzoo.configs", *LIGHT)
            assert all(name.startswith(light) for name in modules), path


def test_a_heavy_import_is_noticed(answered, tmp_path):
    path = tmp_path / "heavy.py"
    path.write_text("import tensorflow")
    _, said = answered("classify", f"--config={path}", "--workdir=r")
    assert "tensorflow is imported" in said


@pytest.mark.slow  # it imports Keras in a process of its own
def test_importing_the_layers_imports_keras_and_nothing_besides():
    code = (
        "import sys, keras; before = set(sys.modules); import normzoo.layers; "
        "print(*set(sys.modules) - before)"
    )
    found = subprocess.check_output(
        [sys.executable, "-c", code], text=True, cwd=ROOT.anchor
    )
    assert "normzoo.layers.registry" in found.split()
    assert not [
        name for name in found.split() if not name.startswith(normzoo.__name__)
    ]
