"""Claim: batch norm allows much larger learning rates.

    python -m normzoo.trainers.claims --config=claims/learning_rate \
        --workdir=runs/claims/learning_rate

Largest learning rates of an MLP with SGD.
"""

import math

from normzoo.configs import claims

RATES = [10 ** (k / 2) for k in range(-6, 5)]  # 0.001 to 100


def get_config():
    config = claims.get_config()
    config.optimizer.name = "sgd"
    config.epochs = 5
    claim = config.claim
    claim.name, claim.number = "learning_rate", 3
    claim.sentence = "Batch norm allows much larger learning rates."
    claim.measured = (
        "decades between the largest learning rates that train with and "
        "without batch norm"
    )
    claim.minimal = 0.5
    claim.limits = (
        "An MLP with two hidden layers and SGD without momentum; rates are "
        "half a decade apart. A rate trains if the validation accuracy is at "
        "least 90 % of the best one that the seed reached without norm."
    )
    claim.quick_only = (("optimizer.learning_rate", (0.1, 1.0, 10.0)),)
    claim.axes = ("log learning rate", "validation accuracy")
    return config


def sweep():
    return claims.grid(
        {
            "model.norm": ("none", "batch", "layer"),
            "optimizer.learning_rate": RATES,
        }
    )


def judge(trials):
    return _gain(trials, "batch")


def observe(trials):
    best = {
        f"log10 of the best rate, {norm}": claims.by_seed(
            claims.select(trials, norm=norm), _best
        )
        for norm in ("none", "batch", "layer")
    }
    return {"the same for layer norm": _gain(trials, "layer"), **best}


def curves(trials):
    return claims.curves(trials, "norm", "learning_rate", claims.accuracy)


def _gain(trials, norm):
    trains = claims.trains(claims.select(trials, norm="none"))

    def gain(trials):
        return _largest(trials, norm, trains) - _largest(trials, "none", trains)

    return claims.by_seed(trials, gain)


def _largest(trials, norm, trains):
    rates = [
        math.log10(trial.get("learning_rate"))
        for trial in claims.select(trials, norm=norm)
        if trains(trial)
    ]
    # One step below the grid where nothing trains.
    return max(rates, default=math.log10(RATES[0]) - 0.5)


def _best(trials):
    return math.log10(max(trials, key=claims.accuracy).get("learning_rate"))
