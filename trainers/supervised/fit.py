"""One run of a model: its batches, its measurements, what is left of it."""

import functools
import json
import math
import zipfile

from ...layers.models.reestimation import has_statistics
from ..cluster import strategies
from ..common.errors import writing
from ..data import pipeline
from ..run.logs import finite
from ..run.training import Training
from .build import training_batches
from .population import ValidateByPopulation
from .probes import Probe, find_probe

#: The member of a saved model that says what its statistics are.
STATEMENT = "normzoo.json"


def training(model, data, config, rundir):
    """Returns the `Training` of the compiled model on `data.train`."""

    def batches(epoch, step, part):
        return training_batches(config, data, start=(epoch, step), part=part)

    steps = pipeline.steps_per_epoch(data.train, config.batch_size)
    return Training(model, batches, steps, config, rundir)


def fit_and_measure(run, data, population, callbacks, verbose):
    """Trains to the end; returns the result, as `DONE` holds it.

    Args:
        run: the `Training`, entered.
        data: the `Data`.
        population: the `Population`, or None. The model has its statistics
            afterwards, unless the run diverged.
        callbacks: more Keras callbacks.
        verbose: as in `keras.Model.fit`.
    """
    validation, test = (
        strategies.distribute_one_pass(
            run.model.distribute_strategy,
            functools.partial(
                pipeline.evaluation_batches,
                split,
                run.config.evaluation_batch_size,
            ),
        )
        for split in (data.validation, data.test)
    )
    run.fit(validation, _callbacks(run, data, population, callbacks), verbose)
    # The test split is read now, when nothing can be chosen by it any more.
    found = _measure(run, population, validation, test)
    progress = run.progress
    weights = run.model.trainable_weights
    return {
        "status": "diverged" if progress.diverged else "finished",
        **found,
        "test_examples": data.test.labels.size,
        "validation_examples": data.validation.labels.size,
        "steps": progress.step,
        "parameters": sum(math.prod(w.shape) for w in weights),
        "seconds": round(progress.seconds, 3),
    }


def _callbacks(run, data, population, callbacks):
    measure = find_probe(run.config.probe)
    own = [Probe(measure, data, run)] if measure else []
    if population is not None and run.config.population.validation:
        own.append(ValidateByPopulation(population, run.progress))
    return [*own, *callbacks]


def _measure(run, population, validation, test):
    """Measures the trained model; returns what the result holds of it."""
    progress, log = run.progress, run.log

    def evaluate(split):
        batches, steps = split
        return run.model.evaluate(
            batches, steps=steps, verbose=0, return_dict=True
        )

    found = {"test": evaluate(test)}
    names = list(found["test"])
    for split, prefix in (("validation", "val_"), ("train", "")):
        found[split] = {
            k: progress.logs.get(f"{prefix}{k}", math.nan) for k in names
        }
    if progress.diverged:
        found = dict.fromkeys(found, dict.fromkeys(names, math.nan))
    if population is None:
        log.write("test", found["test"], progress.epoch)
        return _named(found)
    if progress.diverged:
        log.write("test", found["test"], progress.epoch)
        return {**_named(found), **_moving(found), "population": None}
    if run.config.population.validation:
        found["validation"] = evaluate(validation)
    population.estimate()
    estimated = {"test": evaluate(test), "validation": evaluate(validation)}
    for split in ("validation", "test"):
        log.write(f"{split}_moving", found[split], progress.epoch)
    log.write("validation_population", estimated["validation"], progress.epoch)
    log.write("test", estimated["test"], progress.epoch)
    return {
        **_named(found | estimated),
        **_moving(found),
        "population": population.cost(),
    }


def _named(found, suffix=""):
    """Returns the key of the result -> number, None if it is not finite."""
    return finite(
        {
            f"{split}_{name}{suffix}": value
            for split, values in found.items()
            for name, value in values.items()
        }
    )


def _moving(found):
    return _named({k: found[k] for k in ("test", "validation")}, "_moving")


def save(model, folder, result):
    """Writes the trained model into the folder of checkpoints.

    The file says what its norms' statistics are: those of the `"population"`
    of so many batches and examples, the `"moving"` ones, or `"none"`.

    Args:
        model: of the run.
        folder: gets `final.keras`; made if it is not there.
        result: of the run.
    """
    folder.mkdir(exist_ok=True)
    path = folder / "final.keras"
    model.save(path)
    population = result.get("population") or {"batches": 0, "examples": 0}
    kind = "moving" if has_statistics(model) else "none"
    statement = {
        "statistics": "population" if result.get("population") else kind,
        "batches": population["batches"],
        "examples": population["examples"],
    }
    with writing(f"The model {path}", ""), zipfile.ZipFile(path, "a") as file:
        file.writestr(STATEMENT, json.dumps(statement))
