"""What a trainer must offer, so that scripts and comparisons can use it."""

import dataclasses
from collections.abc import Callable

from .rundir import RunDir
from .settings import Settings
from .together import Together


def _nothing(runs, results, workdir):
    del runs, results, workdir
    return ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trainer:
    """One kind of training: what runs, comparisons and claims need to know.

    A new one is a module that ends with its `Trainer`, and a line in
    `normzoo.trainers.comparison.trainers.TRAINERS`.

    Attributes:
        key: the part of a config that makes it one for this trainer, such as
            `"generator"`.
        script: which trains one config, such as `"normzoo.trainers.gan"`.
        settings: the `Settings` of its configs.
        train: function of a config and a workdir that returns the result, a
            JSON-ready dict with `status`. It takes `verbose`, and `session`,
            the `Session` of all runs of a process.
        check: function of a list of configs that raises `InputError` unless a
            run with each of them can start. It trains no run and compiles no
            model, since a sweep may have hundreds.
        metrics: function of a config that returns a tuple of the `Metric`s
            that `config.compare.metric` can name; empty if runs cannot be
            compared.
        table: function of a config that returns a tuple of the `Metric`s that
            tell how good a run is: a comparison's columns.
        rates: the keys of learning rates that `config.compare.tune.rates` are
            tried for, all at once.
        about: function of a config that returns what is learned from what, a
            sentence; "" where the config itself says it.
        norm: the key that `--norms` of `normzoo.trainers.compare` is for.
        together: `Together`, or None if each run trains alone.
        models: function of a config and the folder of its finished run; it
            returns name -> the Keras model that the run has saved. What cannot
            be loaded raises what `keras.models.load_model` raises.
        images: function of a config, these models and the folder; it returns
            pairs of a tag and an image that shows how the run has ended: bytes,
            `(height, width, 3)`.
        served: function of a config, these models and the folder; it returns
            the `Served`, what a finished run has made for others to use.
        appendix: function of the runs, their results by name and the workdir
            of a comparison; it returns the parts of the report that
            are about them, `Markup`, or `()`.
    """

    key: str
    script: str
    settings: Settings
    train: Callable
    check: Callable
    metrics: Callable
    table: Callable
    rates: tuple[str, ...] = ("optimizer.learning_rate",)
    about: Callable = lambda config: ""
    norm: str = "model.norm"
    together: Together | None = None
    models: Callable = lambda config, folder: {}
    images: Callable = lambda config, models, folder: ()
    served: Callable | None = None
    appendix: Callable = _nothing

    def resolve(self, config):
        """Returns what a result depends on, as a JSON-ready dict."""
        return self.settings.resolve(config)

    def rundir(self, config, path):
        """Returns the `RunDir` of a run with `config`."""
        return RunDir(path, self.settings.defaults_of(config))
