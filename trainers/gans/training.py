"""One GAN's run: its batches, its callbacks, its result, what is left of it."""

import math

import tensorflow as tf

from ..common.files import make_folder, replacing
from ..run import metrics_file
from ..run.logs import finite
from ..run.training import Training
from . import build, pictures, real
from .callbacks import BackToFinite, Pictures, Speed
from .gallery import Gallery
from .metrics.measures import BEST, BEST_EPOCH, FRECHET, metrics


def training(gan, data, config, rundir):
    """Returns the `Training` of the compiled GAN on `data.train`."""
    per_pass = build.steps_per_pass(config, data)
    per_epoch = build.steps_per_epoch(config, data)
    passes = -(-config.epochs * per_epoch // per_pass)

    def batches(epoch, step, part):
        return real.training_batches(
            data,
            config.conditional,
            config.batch_size * config.discriminator.updates,
            passes,
            config.seed,
            start=divmod(epoch * per_epoch + step, per_pass),
            part=part,
        )

    return Training(gan, batches, per_epoch, config, rundir)


def fit_and_measure(run, traced, data, evaluator, callbacks=(), verbose=0):
    """Trains to the end; returns the result, as `DONE` holds it."""
    gan, config = run.model, run.config
    # `GAN.evaluate` makes its own examples.
    unread = tf.data.Dataset.from_tensors(tf.zeros([1]))
    own = _callbacks(run, Gallery(config, data, evaluator.make))
    run.fit((unread, 1), [*own, *callbacks], verbose)
    split = config.metrics.split
    with gan.averaged_generator() as generator:
        measured = evaluator.measure_last(generator, split)
    measured |= evaluator.dependence(gan.generator)
    if run.progress.diverged:
        measured = dict.fromkeys(measured, math.nan)
    run.log.write(split, measured, run.progress.epoch)
    validated = {
        f"validation_{m.name}": _last_validated(run.progress, m.name)
        for m in metrics(config)
    }
    weights = gan.generator.trainable_weights
    return {
        "status": "diverged" if run.progress.diverged else "finished",
        **finite({f"last_{k}": v for k, v in measured.items()}),
        **finite(validated),
        **_best(run.rundir.path),
        "split": split,
        "features": config.metrics.features,
        "steps": run.progress.step,
        "skipped": {k: int(v.numpy()) for k, v in gan.tally.skipped.items()},
        "parameters": sum(math.prod(w.shape) for w in weights),
        "memory": traced.memory,
        "seconds": round(run.progress.seconds, 3),
    }


def _last_validated(progress, name):
    if progress.diverged:
        return math.nan
    # A callback may have ended a run in an epoch without validation.
    return progress.logs.get(f"val_{name}", math.nan)


def _callbacks(run, gallery):
    config, folder = run.config, run.rundir.path

    def draw(generator):
        return gallery.samples(generator, "fixed")

    callbacks = [
        Pictures(folder, draw, run.progress, gallery.title),
        Speed(folder, run.progress),
    ]
    if config.loss.on_nan == "restore":
        every = config.log_every_steps
        callbacks.append(BackToFinite(every, run.progress))
    return callbacks


def _best(folder):
    """Returns the best Frechet distance on the validation split, its epoch."""
    name, better = FRECHET.name, max if FRECHET.higher_is_better else min
    found = [
        (line[name], line["epoch"])
        for line in metrics_file.read(folder, "validation")
        if line[name] is not None
    ]
    best, epoch = better(found, default=(None, None))
    return {BEST.key: best, BEST_EPOCH.key: epoch}


def save(gan, evaluator, config, data, folder):
    """Writes the models, the last pictures and the film of the fixed noise."""
    checkpoints = folder / "checkpoints"
    make_folder(checkpoints)
    _save_model(gan.discriminator, checkpoints / "discriminator.keras")
    gallery = Gallery(config, data, evaluator.make)
    with evaluator.statistics(gan.generator):
        _save_model(gan.generator, checkpoints / "raw_generator.keras")
    with gan.averaged_generator() as generator:
        with evaluator.statistics(generator):
            _save_model(generator, checkpoints / "generator.keras")
        made = gallery.samples(generator, "random")
    images = folder / "images"
    pictures.save(made, images / "random.png")
    pictures.save(gallery.real(), images / "real.png")
    frames = sorted(images.glob("fixed-*.png"))
    pictures.film(frames, images / "fixed.gif")


def _save_model(model, path):
    with replacing(path, "The model") as temporary:
        model.save(temporary)
