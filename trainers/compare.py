r"""Compares norms, or any other settings, with verdicts.

    python -m normzoo.trainers.compare --config=digits_mlp \
        --workdir=runs/digits_mlp
    python -m normzoo.trainers.compare --config=digits_mlp \
        --norms=none,batch,layer --vary=batch_size:8,32 --seeds=10 \
        --workdir=runs/batches

    python -m normzoo.trainers.compare --model=mine.py:build --data=mine.npz \
        --norms=as_is,none,layer --workdir=runs/mine

The first two commands compare variants of a config: those of its sweep(), or
those that --norms and --vary name. The third one compares norms in a model of
your own, as `normzoo.compare_norms` does.
Each run gets a folder in the workdir, like one of `normzoo.trainers.classify`
or `normzoo.trainers.gan`. The workdir itself gets `plan.json` before the first
run and, at the end, `report.html`, `summary.md`, `summary.csv`,
`summary.json`, `summary.png`, and the folder `tensorboard` with one line for
each variant. Repeat the command to continue after an interruption: finished
runs are not repeated. With the same seed, all variants start from equal kernels
and see the same batches in the same order.
"""

import pathlib
import shlex
import sys

from . import app
from .comparison import own_flags
from .comparison.engines import engine_flags
from .own import data_flags

if __name__ == "__main__":
    own_flags.define()
    data_flags.define()
    engine_flags.define()
    app.parse_with_config(or_flag="model")

import rich
from ml_collections import config_flags

from ..configs import default
from .common.errors import InputError
from .comparison.compare import carry_out, compare
from .comparison.dashboard import folder as dashboard
from .comparison.engines.choosing import chosen
from .comparison.own_arguments import code_file, find_data, find_model
from .comparison.own_config import make_own_plan
from .comparison.own_folder import OwnFolder
from .comparison.procedure import axes, preview
from .comparison.procedure.designing import make_plan
from .comparison.report import terminal_report
from .comparison.sweep import (
    SEED,
    load_module,
    overrides_of,
    refuse_ignored,
    unseeded,
)
from .comparison.trainers import TRAINERS, trainer_of

__all__ = ["compare"]

_BASELINE = "compare.baseline"


def main(flags):
    """Runs the script."""
    if not flags.model:
        _carry_out(flags, *_configured(flags))
        return
    with OwnFolder(None if flags.dry_run else flags.workdir) as folder:
        _carry_out(flags, *_own(flags, folder.path), started=folder.keep)


def _carry_out(flags, plan, config, config_file, **started):
    engine = chosen(**engine_flags.options(flags))
    about = trainer_of(config).about(plan.every_run[0].config)
    print(preview.said(plan.design, about), flush=True)
    if flags.dry_run:
        print(*preview.listed(plan, pathlib.Path(flags.workdir)), sep="\n")
        return
    command = shlex.join(
        ["python", "-m", "normzoo.trainers.compare", *sys.argv[1:]]
    )
    _, summary = carry_out(
        plan, config, flags.workdir, engine, command, config_file, **started
    )
    rich.print(terminal_report(summary))
    print(
        f"Results: {flags.workdir}/report.html, summary.md, summary.csv, "
        "summary.json, summary.png\n"
        f"Look closer: tensorboard --logdir={_logdir(flags.workdir)}"
    )


def _logdir(workdir):
    """Returns the folder for TensorBoard, as a shell takes it."""
    return shlex.quote(str(pathlib.Path(workdir) / dashboard.NAME))


def _configured(flags):
    """Returns plan, config and config file for `--config`."""
    own_flags.refuse(flags)
    config_file = config_flags.get_config_filename(flags["config"])
    given = config_flags.get_override_values(flags["config"])
    config, overrides = _variants(flags, config_file, given)
    refuse_ignored(given, overrides)
    if "compare.looks" in given and any(SEED in each for each in overrides):
        raise InputError(
            "--config.compare.looks has no effect: the config's sweep() sets "
            "the seeds. Name the variants by --norms or --vary, or change "
            "sweep()."
        )
    return make_plan(config, overrides, flags.seeds), config, config_file


def _own(flags, folder):
    """Returns the same for `--model`; the file is that of the model's code."""
    if not flags.data:
        raise InputError(
            "A model of your own needs --data, see --help. Received: none."
        )
    model = find_model(flags.model)
    data = find_data(model, flags.data, **data_flags.options(flags))
    vary = axes.read(default.get_config(), TRAINERS["classifier"], flags.vary)
    plan, config = make_own_plan(
        model, data, folder, vary=vary, **own_flags.arguments(flags)
    )
    return plan, config, code_file(flags.model)


def _variants(flags, config_file, given):
    """Returns the config and the overrides that the flags ask for."""
    module, config = load_module(config_file), flags.config
    if flags.norms is None and not flags.vary:
        overrides = overrides_of(module)
        # --seeds takes its own ones.
        return config, unseeded(overrides) if flags.seeds else overrides
    trainer = trainer_of(config)
    overrides = axes.crossed(config, trainer, flags.norms, flags.vary)
    if hasattr(module, "sweep"):
        print("The config's sweep() is not used: --norms or --vary is given.")
    if flags.norms and trainer.norm != "model.norm":
        print(f"--norms sets {trainer.norm}; --vary takes other keys.")
    if _BASELINE not in given and config.compare.baseline:
        config = config.copy_and_resolve_references()
        config.compare.baseline = axes.baseline_among(config, overrides)
    return config, overrides


if __name__ == "__main__":
    app.run(main)
