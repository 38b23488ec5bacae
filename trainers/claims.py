r"""Tests a well-known claim about normalization by experiment.

    python -m normzoo.trainers.claims --config=claims/learning_rate \
        --workdir=runs/claims/learning_rate

The config's `sweep()` says what is trained, on each of `config.claim.datasets`.
Its `judge()` computes the effect for each seed, and `config.claim.minimal` is
the smallest effect that counts. After each number of seeds in
`config.claim.looks`, each data set gets a verdict: *supported* if the interval
of the effect lies above that minimum, *refuted* if it lies below, *undecided*
if it contains it. Only undecided data sets get more seeds. All intervals
together have a level of 95 %. The workdir gets `plan.json` before the first
run, a folder for each run, and `claim.json`.
"""

import shlex
import sys

from absl import flags
from ml_collections import config_flags

from . import app
from .comparison.engines import engine_flags

if __name__ == "__main__":
    flags.DEFINE_bool(
        "quick",
        False,
        "Only check that the experiment runs, without a verdict.",
    )
    flags.DEFINE_integer(
        "seeds",
        None,
        "Number of seeds, starting at config.claim.first_seed, after which "
        "there is one verdict. Without it, config.claim.looks decides.",
    )
    engine_flags.define()
    app.parse_with_config()

from .common.errors import InputError
from .comparison.claims.design import DATASET, make_design, said
from .comparison.claims.experiment import carry_out, examine, summary
from .comparison.engines.choosing import chosen
from .comparison.sweep import SEED, load_module, overrides_of, refuse_ignored

__all__ = ["examine", "summary"]


def main(flags):
    """Runs the script."""
    engine = chosen(**engine_flags.options(flags))
    path = config_flags.get_config_filename(flags["config"])
    module = load_module(path)
    if not hasattr(module, "judge"):
        raise InputError(
            f"The config {path} has no judge(), so it is not a claim. See the "
            "packaged ones: --config=claims/NAME."
        )
    config = flags.config
    given = config_flags.get_override_values(flags["config"])
    _refuse_ignored(given, module)
    if DATASET in given:
        config.claim.datasets = (given[DATASET],)
        config.claim.elsewhere = config.dataset.train_split or "train"
    design = make_design(config, module, flags.seeds, flags.quick)
    if not flags.quick:
        print(said(design), flush=True)
    command = shlex.join(
        ["python", "-m", "normzoo.trainers.claims", *sys.argv[1:]]
    )
    record = carry_out(
        design,
        module,
        flags.workdir,
        quick=flags.quick,
        engine=engine,
        command=command,
        config_file=path,
    )
    print(summary(record))
    print(f"Results: {flags.workdir}/claim.json")


def _refuse_ignored(given, module):
    if SEED in given:
        raise InputError(
            "--config.seed has no effect: a claim is judged by many seeds. "
            "Expected: --config.claim.first_seed, the first of them."
        )
    refuse_ignored(given, overrides_of(module))


if __name__ == "__main__":
    app.run(main)
