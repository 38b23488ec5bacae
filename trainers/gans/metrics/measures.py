"""The table of a generator's metrics: what each means, how it is measured."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...common.metric import Metric
from ...data import stacked
from . import classes, conditional, distances, kernel, manifolds


class Samples(NamedTuple):
    """Real and made examples, as many of each.

    Attributes:
        real: features of the real examples, `(samples, dimensions)`.
        fake: those of the generated ones.
        made: the made examples themselves, in [-1, 1].
        real_classes: predicted classes of the real examples, or None.
        fake_classes: those of the generated ones.
        labels: the classes of the real examples. A conditional generator was
            asked for the same ones, in the same order.
        num_classes: number of classes.
        modes: `Modes` that the data were drawn from, or None.
        neighbors: `config.metrics.neighbors`.
        seed: `config.metrics.seed`.
    """

    real: np.ndarray
    fake: np.ndarray
    made: np.ndarray
    real_classes: np.ndarray | None
    fake_classes: np.ndarray | None
    labels: np.ndarray
    num_classes: int
    modes: Any
    neighbors: int
    seed: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measure:
    """Metrics that are measured together.

    A new one is a function in a file of its own, and a line in `MEASURES`.

    Attributes:
        metrics: the `Metric`s; the key of each is `"last_"` and its name.
        measure: function of `Samples` that returns name -> number, also of
            what stands beside the metrics, such as an interval.
        applies: function of a config that returns whether it is measured.
    """

    metrics: tuple
    measure: Callable
    applies: Callable = lambda config: True


def last(name, title, higher_is_better, **shown):
    """Returns the `Metric` of what is measured after the last step."""
    return Metric(
        key=f"last_{name}",
        name=name,
        title=title,
        higher_is_better=higher_is_better,
        **shown,
    )


FRECHET = last(
    "frechet",
    "Frechet",
    False,
    bounds=(0, math.inf),
    digits=2,
    noun="Frechet distance",
    legend="Frechet: distance in the metrics' features after the last step, "
    "best: the least one on the validation split: {means}; Frechet distances "
    "are biased upward, more so with fewer samples, and all variants have "
    "equally many; ",
)


def _precision_recall(samples):
    found = manifolds.precision_recall(
        samples.real, samples.fake, samples.neighbors
    )
    return dict(zip(("precision", "recall"), found, strict=True))


def _classes(samples):
    if samples.fake_classes is None:  # of images without classes
        return {}
    return classes.class_balance(
        samples.real_classes, samples.fake_classes, samples.num_classes
    )


def _classified(config):
    return config.metrics.features == "classifier"


MODES = Measure(
    metrics=(
        last(
            "modes",
            "modes",
            True,
            bounds=(0, math.inf),
            digits=1,
            noun="number of modes",
            legend="Modes found after the last step, and the share of good "
            "points in %: {means}; ",
        ),
        last(
            "good",
            "good",
            True,
            bounds=(0, 1),
            scale=100,
            digits=1,
            noun="share of good points",
        ),
    ),
    measure=lambda samples: classes.mode_counts(samples.made, *samples.modes),
    applies=lambda config: config.networks == "toy",
)

STACKED = Measure(
    metrics=(
        last(
            "modes",
            "modes",
            True,
            bounds=(0, math.inf),
            digits=1,
            noun="number of modes",
            legend="Modes found after the last step, and the divergence of "
            "their shares from uniform ones in nats: {means}; more samples "
            "find more modes, and all variants have equally many; ",
        ),
        last(
            "mode_kl",
            "divergence",
            False,
            bounds=(0, math.inf),
            noun="divergence of the modes",
        ),
    ),
    measure=lambda samples: classes.class_modes(
        samples.fake_classes, samples.num_classes
    ),
    applies=lambda config: (
        stacked.is_stacked(config.dataset.name) and _classified(config)
    ),
)

MEASURES = (
    Measure(
        metrics=(FRECHET,),
        measure=lambda samples: {
            "frechet": distances.frechet_distance(samples.real, samples.fake)
        },
    ),
    Measure(
        metrics=(last("kernel", "kernel", False, noun="kernel distance"),),
        measure=lambda samples: kernel.kernel_interval(
            samples.real, samples.fake, samples.seed
        ),
    ),
    Measure(
        metrics=(
            last("precision", "precision", True, bounds=(0, 1)),
            last("recall", "recall", True, bounds=(0, 1)),
        ),
        measure=_precision_recall,
    ),
    Measure(
        metrics=(
            last("class_coverage", "classes", True, bounds=(0, 1)),
            last("class_entropy", "entropy", True, bounds=(0, 1)),
        ),
        measure=_classes,
        applies=_classified,
    ),
    Measure(
        metrics=(
            last(
                "class_frechet",
                "class Frechet",
                False,
                bounds=(0, math.inf),
                digits=2,
                noun="Frechet distance within classes",
            ),
        ),
        measure=lambda samples: conditional.class_frechet(
            samples.real, samples.fake, samples.labels
        ),
        applies=lambda config: config.conditional,
    ),
    Measure(
        metrics=(
            last(
                "class_accuracy",
                "right class",
                True,
                bounds=(0, 1),
                scale=100,
                digits=1,
                noun="share of the right class",
            ),
        ),
        measure=lambda samples: {
            "class_accuracy": float(
                np.mean(samples.fake_classes == samples.labels)
            )
        },
        applies=lambda config: config.conditional and _classified(config),
    ),
    MODES,
    STACKED,
)

#: What a run holds besides of its best epoch, and of its end.
BEST = Metric(
    key="best_frechet",
    title="best",
    higher_is_better=False,
    bounds=(0, math.inf),
    digits=2,
    noun="best Frechet distance",
)
BEST_EPOCH = Metric(
    key="best_epoch", title="in epoch", higher_is_better=None, digits=0
)
MEMORIZATION = Metric(
    key="last_memorization",
    title="memorization",
    higher_is_better=None,
    bounds=(0, 1),
)
DEPENDENCE = Metric(
    key="last_batch_dependence_training",
    title="D(batch mates)",
    higher_is_better=None,
)


def measures(config):
    """Returns the `Measure`s of runs with `config`."""
    return [measure for measure in MEASURES if measure.applies(config)]


def metrics(config):
    """Returns the `Metric`s that are measured on each validation, too."""
    return tuple(m for each in measures(config) for m in each.metrics)


def columns(config):
    """Returns the `Metric`s that tell how good a generator is."""
    for counted in (MODES, STACKED):
        if counted.applies(config):
            return counted.metrics
    return FRECHET, BEST


def every(config):
    """Returns the `Metric`s of a result, as a report lists them."""
    first, *others = metrics(config)
    return (first, BEST, BEST_EPOCH, *others, MEMORIZATION, DEPENDENCE)
