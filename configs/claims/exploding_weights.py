"""Claim: without a norm weights explode, with layer norm they do not.

    python -m normzoo.trainers.claims --config=claims/exploding_weights \
        --workdir=runs/claims/exploding_weights

How large kernels become in training, at learning rates over two decades.
"""

import math

from normzoo.configs import claims

NORMS = ("none", "batch", "layer")
RATES = (0.01, 0.1, 1.0)
#: In decades: what has grown by more counts as this, and what diverged.
MOST = 2.0
_TINY = 1e-30


def get_config():
    config = claims.get_config()
    config.model.depth = 4
    config.model.width = 64
    config.optimizer.name = "sgd"
    config.optimizer.momentum = 0.9
    config.batch_size = 64
    config.epochs = 10
    config.probe = "layers"
    claim = config.claim
    claim.name, claim.number = "exploding_weights", 20
    claim.sentence = (
        "Without a norm weights explode, with layer norm they do not."
    )
    claim.measured = (
        "log10 of the largest growth of a kernel's norm in training, 2 at "
        "most, without norm minus with layer norm; mean over three learning "
        "rates"
    )
    claim.minimal = 0.3  # a factor of 2
    claim.limits = (
        "MLPs with four hidden layers of 64 and SGD with momentum of 0.9 at "
        "learning rates of 0.01, 0.1 and 1, looked at after each of ten "
        "epochs. Growth by more than a factor of 100 counts as that factor, "
        "and so does a run that diverged. Recurrent networks, in which a "
        "kernel acts again and again, are not looked at."
    )
    claim.quick.model = {"depth": 2}
    claim.quick_only = (("optimizer.learning_rate", (0.1,)),)
    claim.axes = ("log learning rate", "largest growth of a kernel, decades")
    return config


def sweep():
    return claims.grid(
        {
            "model.norm": NORMS,
            "optimizer.learning_rate": RATES,
        }
    )


def judge(trials):
    return _gain(trials, "layer")


def observe(trials):
    found = {
        "the same for batch norm": _gain(trials, "batch"),
        "the same, each at the rate of the best validation accuracy": _gain(
            trials, "layer", _tuned
        ),
    }
    for rate in claims.values(trials, "learning_rate"):
        some = claims.select(trials, learning_rate=rate)
        for norm in NORMS:
            growth = _growths(some, norm, list)
            found[f"growth, {norm}, learning rate {rate:g}"] = growth
    for norm in NORMS:
        some = claims.select(trials, norm=norm)
        found[f"runs that diverged, {norm}"] = claims.by_seed(
            some, lambda each: float(sum(map(claims.diverged, each)))
        )
        found[f"test accuracy at the best rate, {norm}"] = claims.by_seed(
            some, lambda each: claims.test_accuracy(*_tuned(each))
        )
    return found


def curves(trials):
    return claims.curves(trials, "norm", "learning_rate", _growth)


def _gain(trials, norm, choose=list):
    without = _growths(trials, "none", choose)
    with_norm = _growths(trials, norm, choose)
    return {seed: without[seed] - with_norm[seed] for seed in without}


def _growths(trials, norm, choose):
    """Returns seed -> mean growth with a norm at the rates that are chosen."""
    return claims.by_seed(
        claims.select(trials, norm=norm),
        lambda some: claims.mean(map(_growth, choose(some))),
    )


def _tuned(trials):
    return claims.tuned(trials, "learning_rate")


def _growth(trial):
    """Returns the decades by which a kernel grew, of the one that grew most."""
    if claims.diverged(trial):
        return MOST
    first, *later = map(_weights, trial.log("probe"))
    found = [
        MOST if size is None else math.log10(max(size, _TINY) / first[path])
        for line in later
        for path, size in line.items()
    ]
    return min(max([0.0, *found]), MOST)


def _weights(line):
    prefix = "weight_norm/"
    return {k: v for k, v in line.items() if k.startswith(prefix)}
