"""How runs of one structure train best: stacked, side by side, or alone."""

from ..common import precision
from ..common.errors import InputError
from ..data import loading, pipeline
from ..own import files as own_model
from ..own.likeness import has_own_code
from ..run.reuse import UNSHARED, without_values
from ..run.together import ALONE, Choice
from ..together.memory import fitting_runs
from ..together.obstacles import obstacle
from ..together.suggestion import suggested
from .build import compiled_model
from .measuring import faster
from .task import COMPILED

#: So many steps of all runs together save more time than XLA takes to compile
#: their program. Fewer are best called one by one, from 2 runs on.
_WORTH_COMPILING = 2000
#: Where XLA takes long to compile, so many steps of all runs together are worth
#: the seconds that it takes to see whether that pays.
_WORTH_MEASURING = 20_000
#: Side by side each model is traced by itself, which takes seconds; a step of a
#: model that cannot be stacked is faster by fractions of a millisecond.
_WORTH_TRACING = 10_000
#: What runs that train together may differ in, where it is more than 0.
_NUMBERS = (
    ("optimizer", "momentum"),
    ("optimizer", "clipnorm"),
    ("model", "dropout"),
)


def structure(config):
    """Returns a key that runs share which can train together, or None.

    They may differ in their seeds, in the scale of their initial kernels and in
    `_NUMBERS`.
    """
    if config.distribution != "none" or config.callbacks:
        return None
    config = without_values(config)
    with config.unlocked():
        config.optimizer.learning_rate = 0.0
        config.optimizer.weight_decay = 0.0
        for section, key in _NUMBERS:
            # Without it a graph has other operations.
            if isinstance(config[section].get(key), float):
                config[section][key] = float(config[section][key] > 0)
    return config.to_json(sort_keys=True)


def choose(config, runs, wanted, models=UNSHARED):
    """Returns the `Choice` for runs of one structure.

    Args:
        config: checked, of one of them.
        runs: how many there are.
        wanted: `config.compare.together`.
        models: the `reuse.Models` of the process that will train them.

    Raises:
        InputError: what is wanted cannot be.
    """
    if wanted == ALONE:
        return Choice(ALONE, f"compare.together={ALONE}")
    data = loading.load_own_splits(config)
    if reason := _needs_to_be_alone(config):
        if wanted != "auto":
            raise InputError(
                f"compare.together={wanted} is not possible: {reason}. Set "
                "--config.compare.together=auto."
            )
        return Choice(ALONE, reason)
    steps = config.epochs * pipeline.steps_per_epoch(
        data.train, config.batch_size
    )
    if wanted == "auto" and runs == 1:
        return Choice(ALONE, "no other run has the same structure")
    with precision.dtype_policy(config.precision):
        model = compiled_model(config, data, models)
        most = fitting_runs(model, config.batch_size)
        if wanted != "auto":
            _check_wanted(model, wanted)
            return Choice(wanted, f"compare.together={wanted}", most)
        best = suggested(model)
        if best.mode == "stacked" and runs * steps < _WORTH_COMPILING:
            reason = "XLA would take longer to compile than it saves"
            return Choice("call_by_call", reason, most)
        if best.mode == "side_by_side" and steps < _WORTH_TRACING:
            return Choice(ALONE, f"{best.reason}; too short to trace each run")
        if (
            best.mode == "call_by_call"
            and best.can_stack
            and runs * steps >= _WORTH_MEASURING
        ):
            together = min(runs, most)
            found = faster(config, data, together, steps, best.unrolled)
            return Choice(*found, most)
    return Choice(best.mode, best.reason, most)


def _needs_to_be_alone(config):
    """Returns why a run can train with no other one, or ""."""
    if config.callbacks:
        return "callbacks act on one model"
    if config.task != COMPILED:
        return ""
    model = own_model.load(config.model.path)
    own = "the model has a call or a step of its own"
    return own if has_own_code(model) else ""


def _check_wanted(model, wanted):
    reason = ""
    if wanted != "side_by_side":
        reason = obstacle(model, vectorized=wanted == "stacked")
    if reason:
        raise InputError(
            f"compare.together={wanted} is not possible: {reason}. Set "
            "--config.compare.together=auto."
        )
