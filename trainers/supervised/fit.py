"""One run of a model: its batches, its measurements, what is left of it."""

import functools
import json
import zipfile

from ...layers.models.reestimation import has_statistics
from ..cluster import strategies
from ..common.files import make_folder, replacing
from ..data import pipeline
from ..inspection.memory import memory_of
from ..own.likeness import WEIGHTS, is_subclassed
from ..own.references import has_no_file
from ..run.training import Training
from . import results
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
    memory = memory_of_run(run.model, data, run.config)
    return results.result(run.model, data, run.progress, found, memory)


def memory_of_run(model, data, config):
    """Returns what `memory_of` does of a run's model."""
    specs = pipeline.batch_specs(data.train, config.batch_size)
    return memory_of(model, specs)


def _callbacks(run, data, population, callbacks):
    measure = find_probe(run.config.probe)
    own = [Probe(measure, data, run)] if measure else []
    if population is not None and run.config.population.validation:
        own.append(ValidateByPopulation(population, run.progress))
    return [*own, *callbacks]


def _measure(run, population, validation, test):
    """Measures the trained model; returns what the result holds of it."""

    def evaluate(split):
        batches, steps = split
        return run.model.evaluate(
            batches, steps=steps, verbose=0, return_dict=True
        )

    trained = results.trained(run.progress, evaluate(test))
    if population is None or run.progress.diverged:
        return results.as_trained(
            run.log, run.progress, trained, population is not None
        )
    if run.config.population.validation:
        trained["validation"] = evaluate(validation)
    population.estimate()
    estimated = {"test": evaluate(test), "validation": evaluate(validation)}
    return results.with_population(
        run.log, run.progress, trained, estimated, population.cost()
    )


def save(model, folder, result, file=None):
    """Writes the trained model into the folder of checkpoints.

    The file says what its norms' statistics are: those of the `"population"`
    of so many batches and examples, the `"moving"` ones, or `"none"`. Of a
    model with a `call` of its own, or with code of its own and a reference
    batch, there are the weights alone.

    Args:
        model: of the run.
        folder: gets `final.keras`, or `WEIGHTS`; made if it is not there.
        result: of the run.
        file: a `ModelFile` of the model, where others are written, too.
    """
    make_folder(folder)
    if is_subclassed(model) or has_no_file(model):
        # A file of the model would have the norms of its constructor, or a
        # class that no other process knows.
        with replacing(folder / WEIGHTS, "The weights") as temporary:
            model.save_weights(temporary)
        return
    population = result.get("population") or {"batches": 0, "examples": 0}
    kind = "moving" if has_statistics(model) else "none"
    statement = {
        "statistics": "population" if result.get("population") else kind,
        "batches": population["batches"],
        "examples": population["examples"],
    }
    with replacing(folder / "final.keras", "The model") as temporary:
        (file or model).save(temporary)
        with zipfile.ZipFile(temporary, "a") as file:
            file.writestr(STATEMENT, json.dumps(statement))
