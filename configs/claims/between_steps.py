"""Claim: batch norm works between RNN stacks and hurts between time steps.

    python -m normzoo.trainers.claims --config=claims/between_steps \
        --workdir=runs/claims/between_steps

Two layers of LSTM with batch norm between them, in the input's path, and
inside, where the state is rescaled at each step.
"""

import math

from normzoo.configs import claims

GAMMAS = (0.1, 0.5, 1.0)
RATES = (3e-3, 1e-2)


def get_config():
    config = claims.get_recurrent_config()
    config.model.units = (32, 32)
    config.model.gamma_initializer = 1.0
    config.epochs = 10
    config.probe = "time"
    config.probe_every_epochs = config.epochs
    claim = config.claim
    claim.name, claim.number = "between_steps", 12
    claim.sentence = (
        "Batch norm works between RNN stacks (vertically) but hurts between "
        "time steps (horizontally), where it rescales again and again and "
        "gradients explode."
    )
    claim.measured = (
        "test accuracy with batch norm between the layers minus with batch "
        "norm inside them, at each step"
    )
    claim.minimal = 0.01
    claim.limits = (
        "Two LSTM layers of 32 units, 8 steps of digits' rows and 40 of "
        "mnist1d, Adam; the learning rate, and gamma inside the layers, "
        "chosen by validation accuracy, by each seed. Gradients are those of "
        "the loss to the inputs of each step."
    )
    claim.axes = ("norm", "test accuracy")
    claim.quick_only = (
        ("optimizer.learning_rate", (1e-2,)),
        ("model.gamma_initializer", (1.0,)),
    )
    return config


def sweep():
    variants = [("none", 1.0), ("vertical", 1.0), ("input", 1.0)]
    variants += [("batch", gamma) for gamma in GAMMAS]
    for norm, gamma in variants:
        for rate in RATES:
            yield {
                "model.norm": norm,
                "model.gamma_initializer": gamma,
                "optimizer.learning_rate": rate,
            }


def judge(trials):
    return _difference(trials, "vertical", "batch")


def observe(trials):
    gammas = claims.values(claims.select(trials, norm="batch"), _GAMMA)
    explosion = {
        f"decades by which gradients grow backwards, gamma {gamma}": (
            _growth(claims.select(trials, norm="batch", **{_GAMMA: gamma}))
        )
        for gamma in gammas
    }
    return {
        "vertical minus none": _difference(trials, "vertical", "none"),
        "each step minus none": _difference(trials, "batch", "none"),
        "input minus none": _difference(trials, "input", "none"),
        "decades by which gradients grow backwards, vertical": _growth(
            claims.select(trials, norm="vertical")
        ),
        **explosion,
    }


def chosen(trials):
    return [
        claims.chosen(norm, setting, _tuned(trials, norm), trials)
        for setting in ("learning_rate", _GAMMA)
        for norm in claims.values(trials, "norm")
        if setting != _GAMMA or norm == "batch"
    ]


def curves(trials):
    names = claims.values(trials, "norm")
    tuned = [trial for norm in names for trial in _tuned(trials, norm)]
    return claims.curves(tuned, None, "norm", claims.test_accuracy)


_GAMMA = "gamma_initializer"


def _tuned(trials, norm):
    trials = claims.select(trials, norm=norm)
    return claims.tuned(trials, "learning_rate", _GAMMA)


def _difference(trials, norm, other):
    return claims.difference(
        _tuned(trials, norm), _tuned(trials, other), claims.test_accuracy
    )


def _growth(trials):
    """Returns log10 of the first step's gradient over the last one's."""
    found = {}
    for trial in trials:  # the rate makes no difference before training
        line = trial.log("probe")[0]
        first, last = line["input_gradient_first"], line["input_gradient_last"]
        if first is None or last is None:  # too large for a number
            first, last = claims.LARGEST, 0.0
        found[trial.seed] = math.log10(max(first, 1e-30) / max(last, 1e-30))
    return found
