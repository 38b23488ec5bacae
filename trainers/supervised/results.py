"""What a run with labels ends with, as `DONE` holds it."""

import math

from ..run.logs import finite


def result(model, data, progress, figures, memory):
    """Returns the result of a run.

    Args:
        model: of the run.
        data: its `Data`.
        progress: its `Progress`, at the end.
        figures: from `as_trained` or `with_population`.
        memory: from `memory_of`.
    """
    return {
        "status": "diverged" if progress.diverged else "finished",
        **figures,
        "examples": data.counts,
        "test_examples": data.test.places,
        "validation_examples": data.validation.places,
        "steps": progress.step,
        "parameters": sum(math.prod(w.shape) for w in model.trainable_weights),
        "memory": memory,
        "seconds": round(progress.seconds, 3),
    }


def trained(progress, test):
    """Returns split -> name of a metric -> value, of the model as trained.

    Args:
        progress: of the run; it has the figures of the last epoch.
        test: name -> value on the test split. Nothing has a value if the run
            diverged.
    """
    found = {"test": test}
    for split, prefix in (("validation", "val_"), ("train", "")):
        found[split] = {
            k: progress.logs.get(f"{prefix}{k}", math.nan) for k in test
        }
    if progress.diverged:
        return dict.fromkeys(found, dict.fromkeys(test, math.nan))
    return found


def as_trained(log, progress, trained, has_population):
    """Logs and returns the figures of a model that stays as it is trained.

    Args:
        log: the run's `MetricsLog`.
        progress: its `Progress`.
        trained: from the function `trained`.
        has_population: whether statistics would have been estimated, had the
            run not diverged.
    """
    log.write("test", trained["test"], progress.epoch)
    if not has_population:
        return _named(trained)
    return {**_named(trained), **_moving(trained), "population": None}


def with_population(log, progress, trained, estimated, cost):
    """Logs and returns the figures of a model with population statistics.

    Args:
        log: the run's `MetricsLog`.
        progress: its `Progress`.
        trained: from the function `trained`, with moving statistics.
        estimated: `"test"` and `"validation"` -> name -> value.
        cost: `Population.cost()`.
    """
    for split in ("validation", "test"):
        log.write(f"{split}_moving", trained[split], progress.epoch)
    log.write("validation_population", estimated["validation"], progress.epoch)
    log.write("test", estimated["test"], progress.epoch)
    return {
        **_named(trained | estimated),
        **_moving(trained),
        "population": cost,
    }


def _named(found, suffix=""):
    """Returns the key of the result -> number, None if it is not finite."""
    return finite(
        {
            f"{split}_{name}{suffix}": float(value)
            for split, values in found.items()
            for name, value in values.items()
        }
    )


def _moving(found):
    return _named({k: found[k] for k in ("test", "validation")}, "_moving")
