"""The scripts as a user starts them."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

import normzoo
from normzoo.trainers import app
from normzoo.trainers.common import startup
from normzoo.trainers.common.errors import InputError

from . import killable

CONFIGS = pathlib.Path(normzoo.__file__).parent / "configs"


def run(script, *flags, data_dir, cwd=None):
    """Starts a script as a user does: `killable.script` costs less."""
    return subprocess.run(
        [sys.executable, "-m", f"normzoo.trainers.{script}", *flags],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "TFDS_DATA_DIR": str(data_dir)},
    )


SMALL = (
    "--config=digits_mlp",
    "--config.epochs=1",
    "--config.model.width=8",
)
OWN_CONFIG = """
from normzoo.configs import digits_mlp

def get_config(width):
    config = digits_mlp.get_config()
    config.epochs = 1
    config.model.width = int(width)
    return config

def sweep():
    for norm in ("none", "layer"):
        yield {"model.norm": norm, "seed": 0}
"""


#: Script -> its flags, besides --config and --workdir.
FLAGS = {
    "classify": ["--profile"],
    "compare": ["--[no]dry_run", "--jobs", "--norms", "--seeds", "--vary"],
    "gan": ["--mode", "--profile", "--samples", "--sample_seed"],
}


@pytest.mark.slow
@pytest.mark.parametrize("script", FLAGS)
def test_help(script, tmp_path):
    code, text, errors = killable.script(script, "--help", folder=tmp_path)
    assert code == 0
    assert not errors
    lines = text.splitlines()
    for flag in ("--config", "--workdir", *FLAGS[script]):
        assert f"  {flag}" in lines
    # The script's docstring, with an example that can be copied.
    example = f"    python -m normzoo.trainers.{script} --config="
    assert next(x for x in lines if x.startswith(example)).endswith(" \\")
    assert "--config.optimizer.learning_rate=0.01" in text
    assert max(map(len, lines)) <= 80


@pytest.mark.slow
def test_classify_with_xla(data_dir, tmp_path):
    code, said, errors = killable.script(
        "classify",
        *SMALL,
        f"--config.dataset.data_dir={data_dir}",
        "--config.jit_compile=True",
        "--config.deterministic=False",
        "--workdir=run",
        folder=tmp_path,
    )
    assert code == 0, errors
    assert "status: finished" in said
    assert "tensorboard --logdir=run" in said
    assert (tmp_path / "run/DONE").exists()


@pytest.mark.slow
def test_compare_with_a_config_of_ones_own(data_dir, tmp_path):
    (tmp_path / "mine.py").write_text(OWN_CONFIG)
    flags = ("--config=mine.py:8", "--workdir=a run")
    process = run("compare", *flags, data_dir=data_dir, cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert "norm=layer" in process.stdout
    assert "…" not in process.stdout  # the table fits 80 columns
    assert "cuInit" not in process.stderr
    said = process.stderr.encode().splitlines()
    assert not list(filter(startup.is_noise, said))
    assert "tensorboard --logdir='a run/tensorboard'" in process.stdout
    assert len(list((tmp_path / "a run").glob("norm=*,seed=0/DONE"))) == 2
    _, listed, _ = killable.script(
        "compare", *flags, "--dry_run", folder=tmp_path
    )
    assert listed.count("finished") == 2
    page = tmp_path / "a run/report.html"
    page.unlink()
    code, said, errors = killable.script(
        "report", "--workdir=a run", folder=tmp_path
    )
    assert code == 0, errors
    assert "Results: a run/report.html" in said
    assert "norm=layer" in page.read_text()
    code, _, errors = killable.script(
        "report", "--workdir=none", folder=tmp_path
    )
    assert code == 2
    assert "there is no finished comparison" in errors


@pytest.mark.slow
def test_compare_without_a_sweep(data_dir, tmp_path):
    flags = (
        "--config=default",
        f"--config.dataset.data_dir={data_dir}",
        "--config.epochs=1",
        "--config.model.width=8",
        "--config.compare.tune.rates=0.001,0.01",
        "--vary=precision:float32,mixed_bfloat16",
        "--seeds=1",
        "--workdir=run",
    )
    code, said, errors = killable.script(
        "compare", *flags, "--norms=batch,layer", "--dry_run", folder=tmp_path
    )
    assert code == 0, errors
    plan = "4 variants, compared with norm=batch,precision=float32 and judged"
    assert plan in said
    assert said.count("pending") == 4 * 2
    assert not (tmp_path / "run").exists()
    # Half of the variants: tracing them is what takes long.
    code, said, errors = killable.script(
        "compare", *flags, "--norms=layer", folder=tmp_path
    )
    assert code == 0, errors
    held = json.loads((tmp_path / "run/plan.json").read_text())
    assert held["baseline"] == "norm=layer,precision=float32"
    assert "--norms=layer" in held["command"]
    assert [look["seeds"] for look in held["looks_taken"]] == [1]
    name = "norm=layer,precision=mixed_bfloat16,learning_rate=0.01,seed=0"
    config = json.loads((tmp_path / "run" / name / "config.json").read_text())
    assert config["config"]["dataset"]["split_seed"] == 0
    assert config["config"]["precision"] == "mixed_bfloat16"


@pytest.mark.slow
def test_a_diverged_run_says_so(data_dir, tmp_path):
    code, said, errors = killable.script(
        "classify",
        *SMALL,
        f"--config.dataset.data_dir={data_dir}",
        "--config.optimizer.learning_rate=1e30",
        "--workdir=~/run",
        folder=tmp_path,
        HOME=str(tmp_path / "home"),
    )
    assert code == 1
    assert "status: diverged" in said
    assert "error: a loss" in errors
    assert "Lower --config.optimizer.learning_rate" in errors
    assert "Traceback" not in errors
    assert (tmp_path / "home/run/DONE").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "flags", "message"),
    [
        ("classify", ["--workdir="], "The workdir has no name"),
        ("classify", ["--config.modle.norm=layer"], 'Did you mean "model"'),
        ("classify", ["--config.model.nrom=layer"], 'Did you mean "norm"'),
        ("classify", ["--config.batch_size=many"], "--config.batch_size=many"),
        ("compare", ["--config.model.norm=layer"], "sweep() sets model.norm"),
        ("compare", ["--config.compare.looks=6,9"], "sweep() sets the seeds"),
        ("compare", ["--norms=batch,btach"], "btach"),
        ("compare", ["--vary=modle.norm:batch"], "mean model.norm"),
    ],
)
def test_bad_flags(script, flags, message, tmp_path):
    code, _, errors = killable.script(
        script, *SMALL, "--workdir=r", *flags, folder=tmp_path
    )
    assert code == 2
    assert message in errors
    assert "Traceback" not in errors
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("dataset.train_share=0.5", "sweep() sets dataset.train_share"),
        ("model.width=8", "sweep() sets model for every run"),
        ("seed=1", "Expected: --config.claim.first_seed"),
    ],
)
def test_flags_that_a_claim_would_ignore(flag, message, tmp_path):
    code, _, errors = killable.script(
        "claims",
        "--config=claims/layer_norm",
        f"--config.{flag}",
        "--workdir=r",
        folder=tmp_path,
    )
    assert code == 2
    assert message in errors
    assert not list(tmp_path.iterdir())


def test_a_bare_name_finds_the_packaged_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expected = f"--config={CONFIGS / 'digits_mlp.py'}"
    assert app.resolve_config_flag("--config=digits_mlp") == expected
    assert app.resolve_config_flag("--config=digits_mlp:a") == f"{expected}:a"


@pytest.mark.parametrize(
    "argument", ["--config.seed=1", "--workdir=x", "x", "--dry_run"]
)
def test_other_arguments_stay(argument):
    assert app.resolve_config_flag(argument) == argument


def test_a_file_stays(tmp_path):
    path = tmp_path / "mine.py"
    path.touch()
    assert app.resolve_config_flag(f"--config={path}") == f"--config={path}"


@pytest.mark.parametrize("name", ["digits_mpl", "nowhere/digits_mlp.py"])
def test_an_unknown_config_is_named(name):
    with pytest.raises(InputError, match=f"'{name}'.*digits_mlp.*mnist1d_cnn"):
        app.resolve_config_flag(f"--config={name}")
