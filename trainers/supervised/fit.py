"""One run of a model: its batches, its measurements, what is left of it."""

import functools
import math

from ..cluster import strategies
from ..data import pipeline
from ..run.logs import finite
from ..run.training import Training
from .build import training_batches
from .probes import Probe, find_probe


def training(model, data, config, rundir):
    """Returns the `Training` of the compiled model on `data.train`."""

    def batches(epoch, step, part):
        return training_batches(config, data, start=(epoch, step), part=part)

    steps = pipeline.steps_per_epoch(data.train, config.batch_size)
    return Training(model, batches, steps, config, rundir)


def fit_and_measure(run, data, callbacks, verbose):
    """Trains to the end; returns the result, as `DONE` holds it."""
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
    run.fit(validation, [*_probes(run, data), *callbacks], verbose)
    # The test split is read once, when nothing can be chosen by it any more.
    batches, steps = test
    measured = run.model.evaluate(
        batches, steps=steps, verbose=0, return_dict=True
    )
    progress = run.progress
    if progress.diverged:
        measured = dict.fromkeys(measured, math.nan)
    run.log.write("test", measured, progress.epoch)
    validated = {
        # A run that diverged has ended before.
        f"validation_{k}": progress.logs.get(f"val_{k}", math.nan)
        for k in measured
    }
    weights = run.model.trainable_weights
    return {
        "status": "diverged" if progress.diverged else "finished",
        **finite({f"test_{k}": v for k, v in measured.items()}),
        **finite(validated),
        "steps": progress.step,
        "parameters": sum(math.prod(w.shape) for w in weights),
        "seconds": round(progress.seconds, 3),
    }


def _probes(run, data):
    measure = find_probe(run.config.probe)
    return [Probe(measure, data, run)] if measure else []


def save(model, folder):
    """Writes the trained model into the folder of checkpoints."""
    folder.mkdir(exist_ok=True)
    model.save(folder / "final.keras")
