"""Runs tests with other versions of Python and of what the package requires.

    python tests/versions.py [ENVIRONMENT ...] [-- ARGUMENT_OF_PYTEST ...]

Each environment is made in a temporary folder and removed afterwards. Those
whose Python is not on the path are named and left out. Without arguments, all
of them run the tests that `make test` runs.
"""

import configparser
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
#: Environment -> its Python, and whether all lower bounds are the versions.
ENVIRONMENTS = {
    "3.10-oldest": ("python3.10", True),
    "3.12": ("python3.12", False),
    "3.13": ("python3.13", False),
}
TESTS = ["tests", "-m", "not slow", "--numprocesses=auto", "--maxprocesses=4"]
_LOWER = re.compile(r"([\w-]+) >= ([\d.]+)")


def lower_bounds():
    """Returns constraints for pip: the oldest version of each requirement."""
    config = configparser.ConfigParser(inline_comment_prefixes="#")
    config.read(ROOT / "setup.cfg")
    lines = config["options"]["install_requires"].splitlines()
    # What is for some versions of Python only is bound from both sides.
    bounds = [_LOWER.match(line) for line in lines if ";" not in line]
    return [f"{bound[1]} == {bound[2]}.*" for bound in bounds if bound]


def run(name, arguments):
    """Runs the tests in a new environment; returns pytest's exit code."""
    python, oldest = ENVIRONMENTS[name]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        own = f"{folder}/bin/python"
        pip = [own, "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--upgrade", "pip"], check=True)
        constraints = pathlib.Path(folder, "constraints.txt")
        constraints.write_text("\n".join(lower_bounds() if oldest else []))
        package = ["--constraint", constraints, "--editable", f"{ROOT}[test]"]
        subprocess.run([*pip, *package], check=True)
        tests = [own, "-m", "pytest", *arguments]
        return subprocess.run(tests, check=False, cwd=ROOT).returncode


def starts(python):
    """Whether there is such a Python: what is on the path may not start it."""
    return shutil.which(python) and not subprocess.call(
        [python, "-c", ""], stderr=subprocess.DEVNULL
    )


def main(names, arguments):
    """Returns the exit code: 1 if tests failed, or none could run."""
    codes = {}
    for name in names:
        if starts(ENVIRONMENTS[name][0]):
            print(f"== {name}", flush=True)
            codes[name] = run(name, arguments)
    for name in names:
        said = {None: "not run, no such Python", 0: "passed"}
        print(f"{name}: {said.get(codes.get(name), 'failed')}")
    return 0 if codes and not any(codes.values()) else 1


if __name__ == "__main__":
    given = sys.argv[1:]
    cut = given.index("--") if "--" in given else len(given)
    unknown = [name for name in given[:cut] if name not in ENVIRONMENTS]
    if unknown:
        sys.exit(f"Unknown: {unknown}. Expected some of: {[*ENVIRONMENTS]}.")
    sys.exit(main(given[:cut] or ENVIRONMENTS, given[cut + 1 :] or TESTS))
