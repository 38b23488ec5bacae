"""What docs/distributed.md says to write for Slurm and Kubernetes."""

import pathlib
import re
import subprocess
import textwrap

import pytest

import normzoo

ROOT = pathlib.Path(normzoo.__file__).parent
TEXT = (ROOT / "docs/distributed.md").read_text()


def block(begin):
    """Returns the indented block of the page that begins so."""
    found = re.search(rf"^    {begin}.*(?:\n    .*)*", TEXT, re.MULTILINE)
    return textwrap.dedent(found[0])


def test_the_job_of_kubernetes():
    yaml = pytest.importorskip("yaml", reason="a parser of YAML is needed")
    job = yaml.safe_load(block("apiVersion: ray.io/v1"))
    assert job["kind"] == "RayJob"
    command = job["spec"]["entrypoint"].split()
    assert command[:3] == ["python", "-m", "normzoo.trainers.compare"]
    assert {"--engine=ray", "--address=auto"} <= set(command)
    cluster = job["spec"]["rayClusterSpec"]
    for group in [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]:
        assert "rayStartParams" in group
        pod = group["template"]["spec"]
        volumes = {each["name"] for each in pod["volumes"]}
        (container,) = pod["containers"]
        (mount,) = container["volumeMounts"]
        assert mount["name"] in volumes
        assert f"--workdir={mount['mountPath']}/norms" in command


def test_the_script_for_slurm():
    script = block("#!/bin/bash\n    #SBATCH --nodes=4")
    assert "--engine=ray" in script
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
