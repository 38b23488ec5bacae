"""Claim: batch renormalization repairs batch norm with small batches.

    python -m normzoo.trainers.claims --config=claims/renormalization \
        --workdir=runs/claims/renormalization

Batches of 2, 4 and 32, with and without renormalization.
"""

from normzoo.configs import claims

SIZES = (2, 4, 32)
SMALL = (2, 4)
RATES = (1e-4, 1e-3, 1e-2)
#: The bounds that its authors end with.
CLIPPING = {"rmin": 1 / 3, "rmax": 3.0, "dmax": 5.0}


def get_config():
    config = claims.get_config()
    config.epochs = 4
    config.model.norm = "batch"
    config.model.norm_arguments.batch.renorm_clipping = CLIPPING
    config.model.norm_arguments.batch.renorm = False
    # Small batches of a large set take long.
    config.dataset.train_split = "train[:1000]"
    claim = config.claim
    claim.name, claim.number = "renormalization", 21
    claim.sentence = (
        "Batch renormalization repairs batch norm with small batches."
    )
    claim.measured = (
        "test accuracy with batches of 2 and 4, with minus without "
        "renormalization; mean over both"
    )
    claim.minimal = 0.02
    claim.limits = (
        "An MLP with two hidden layers and Adam on 1,000 examples, a learning "
        "rate chosen for each batch size, by each seed; equally many examples "
        "seen, so small batches make more steps. Renormalization is bounded "
        "as its authors end with (r from 1/3 to 3, d from -5 to 5), from the "
        "first step on: they relax the bounds as training proceeds."
    )
    claim.quick_only = (
        ("optimizer.learning_rate", (1e-3,)),
        ("batch_size", (4, 32)),
    )
    claim.axes = ("log batch size", "test accuracy")
    return config


def sweep():
    return claims.grid(
        {
            "model.norm_arguments.batch.renorm": (False, True),
            "batch_size": SIZES,
            "optimizer.learning_rate": RATES,
        }
    )


def judge(trials):
    return _mean_gain(trials, SMALL)


def observe(trials):
    sizes = claims.values(trials, "batch_size")
    gains = {
        f"the same, batches of {size}": _gain(trials, size) for size in sizes
    }
    lost = {
        f"test accuracy with batches of {size} minus that with batches of 32, "
        f"{label}": _against_32(trials, renorm, size)
        for size in sizes
        if size != 32
        for renorm, label in _LABELS.items()
    }
    return {**gains, **lost}


def curves(trials):
    chosen = [trial for renorm in _LABELS for trial in _tuned(trials, renorm)]
    points = claims.curves(chosen, "renorm", "batch_size", claims.test_accuracy)
    return [{**p, "series": _LABELS[p["series"]]} for p in points]


def chosen(trials):
    return [
        row
        for renorm, label in _LABELS.items()
        for row in claims.chosen_at_each(
            label + ", batches of {}",
            "batch_size",
            "learning_rate",
            _tuned(trials, renorm),
            trials,
        )
    ]


#: Whether there is renormalization -> what it is called.
_LABELS = {False: "batch norm", True: "batch renorm"}


def _tuned(trials, renorm):
    """Returns the trials of a norm, each batch size at its best rate."""
    some = claims.select(trials, renorm=renorm)
    return claims.tuned_at_each(some, "batch_size", "learning_rate")


def _mean_gain(trials, sizes):
    there = claims.values(trials, "batch_size")
    return claims.mean_effect([_gain(trials, s) for s in sizes if s in there])


def _gain(trials, size):
    with_it, without = (
        claims.select(_tuned(trials, renorm), batch_size=size)
        for renorm in (True, False)
    )
    return claims.difference(with_it, without, claims.test_accuracy)


def _against_32(trials, renorm, size):
    tuned = _tuned(trials, renorm)
    small, usual = (
        claims.select(tuned, batch_size=each) for each in (size, 32)
    )
    return claims.difference(small, usual, claims.test_accuracy)
