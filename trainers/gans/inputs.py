"""What a generator is given: noise, and classes if it takes these."""

import numpy as np

from .model.given import given
from .sampling import latent, rng_of

#: How many classes a picture shows at most.
_ROWS = 10


def drawn_inputs(config, data, seed, role, rows):
    """Returns inputs of a generator: noise, and classes if it takes these.

    Args:
        config: of the run.
        data: `Data`; the classes are drawn from its training labels.
        seed, role, rows: as of `latent`.
    """
    labels = None
    if config.conditional:
        rng = rng_of(seed, f"{role} labels")
        labels = _int32(rng.choice(data.train.labels, rows))
    return given(latent(seed, role, rows, config.generator.latent_dim), labels)


def inputs_for(config, seed, role, labels):
    """Returns inputs of a generator for as many examples as there are labels.

    Args:
        config: of the run.
        seed, role: as of `latent`.
        labels: classes, which a generator without classes is not told.
    """
    noise = latent(seed, role, len(labels), config.generator.latent_dim)
    return given(noise, _int32(labels) if config.conditional else None)


def rows_of_classes(config, seed, role, classes, columns):
    """Returns inputs for a picture with one class in each row.

    The noise of a column is the same in all rows.

    Args:
        config: of the run.
        seed, role: as of `latent`.
        classes: what the rows show.
        columns: examples in a row.
    """
    noise = latent(seed, role, columns, config.generator.latent_dim)
    labels = np.repeat(_int32(classes), columns)
    return given(np.tile(noise, (len(classes), 1)), labels)


def shown_classes(count):
    """Returns the classes in a picture: all, or ten that are spread evenly."""
    return np.linspace(0, count - 1, min(count, _ROWS)).astype(int)


def _int32(labels):
    return np.asarray(labels, np.int32)
