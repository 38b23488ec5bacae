"""The layers work where no private name of TensorFlow and Keras is left."""

import pathlib
import subprocess
import sys

import pytest

from .cases import public_layers

SCRIPT = pathlib.Path(__file__).parent / "without_private_names.py"


@pytest.mark.slow
def test_all_layers_run_without_private_names():
    result = subprocess.run(
        [sys.executable, SCRIPT], capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr
    ran = {line.split()[1] for line in result.stdout.splitlines()}
    known = {layer.__name__ for layer in public_layers()}
    assert ran == known | {"Conditional"}
