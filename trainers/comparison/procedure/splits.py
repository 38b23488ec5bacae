"""Runs whose seed also draws the train and validation splits."""

from ml_collections import ConfigDict

from ...common.errors import InputError
from ..runner import check

_SPLIT_SEED = "dataset.split_seed"


def with_own_split(run):
    """Returns a `Run` whose split is drawn by its seed.

    One that has a `split_seed` already, or no data set, stays as it is.
    """
    dataset = run.config.get("dataset")
    fixed = (
        not isinstance(dataset, ConfigDict)
        or dataset.get("split_seed", 0) >= 0
        or _SPLIT_SEED in run.overrides
    )
    if fixed:
        return run
    config = run.config.copy_and_resolve_references()
    config.dataset.split_seed = run.seed
    return run._replace(config=config)


def check_with_splits(runs, workdir, varied):
    """Raises `InputError` unless every run can start, see `runner.check`.

    Args:
        runs: list of `Run`s.
        workdir: folder that holds one folder per run.
        varied: whether their splits are drawn by their seeds.
    """
    try:
        check(runs, workdir)
    except InputError as error:
        if varied and "split_seed" in str(error):
            raise InputError(
                f"{error}\nIn a comparison each seed draws train and "
                "validation again; --config.compare.vary_split=False leaves "
                "them as they are, as older versions did."
            ) from error
        raise
