"""Where a result comes from: versions, device, source revision."""

import importlib.metadata
import pathlib
import platform
import subprocess

import tensorflow as tf

_PACKAGES = (
    "normzoo",
    "tensorflow",
    "keras",
    "tensorflow-datasets",
    "numpy",
)


def provenance():
    """Returns a JSON-ready dict that says what a run was made with."""
    return {
        "versions": {"python": platform.python_version(), **versions()},
        "devices": [
            tf.config.experimental.get_device_details(d).get(
                "device_name", d.device_type
            )
            for d in tf.config.list_physical_devices()
        ],
        "machine": platform.machine(),
        "git_revision": _git_revision(),
    }


def versions():
    """Returns package -> version, of those that results may depend on."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None  # on the path, but not installed
    return found


def _git_revision():
    root = pathlib.Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None  # an installed wheel
    command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    try:
        found = subprocess.run(
            [*command, "--abbrev=40"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
