"""Claim: batch norm speeds up training.

    python -m normzoo.trainers.claims --config=claims/speed \
        --workdir=runs/claims/speed

Steps that an MLP takes to a target accuracy.
"""

import math

from normzoo.configs import claims

RATES = [10 ** (k / 2) for k in range(-6, 1)]  # 0.001 to 1
NORMS = ("none", "batch", "layer")


def get_config():
    config = claims.get_config()
    config.optimizer.name = "sgd"
    config.optimizer.momentum = 0.9
    # Few steps an epoch: the accuracy is looked at after each.
    config.batch_size = 128
    config.epochs = 20
    config.validate_every_epochs = 1
    claim = config.claim
    claim.name, claim.number = "speed", 4
    claim.sentence = "Batch norm speeds up training."
    claim.measured = (
        "log10 of the steps to the target, without norm over with batch norm, "
        "each at the learning rate that takes the fewest steps on average"
    )
    claim.minimal = 0.1
    claim.seeds = 11
    claim.limits = (
        "An MLP with two hidden layers and SGD with momentum. The target is "
        "95 % of the best validation accuracy of all rates and norms, looked "
        "at once an epoch (9 steps of digits, 25 of mnist1d); a run that "
        "never reaches it counts with twice its steps."
    )
    claim.quick_only = (("optimizer.learning_rate", (0.01, 0.1)),)
    claim.axes = ("log learning rate", "log steps to the target")
    return config


def sweep():
    return claims.grid(
        {
            "model.norm": NORMS,
            "optimizer.learning_rate": RATES,
        }
    )


def judge(trials):
    return _gain(trials, "batch", claims.fastest)


def observe(trials):
    seconds = _seconds_per_step(trials)
    slower = math.log10(seconds["batch"] / seconds["none"])
    own = judge(trials)
    return {
        "the same at one rate for all, the best without norm": _gain(
            trials, "batch", _at_best_without
        ),
        "the same in seconds": {s: own[s] - slower for s in own},
        "the same for layer norm": _gain(trials, "layer", claims.fastest),
    }


def curves(trials):
    steps = claims.steps_to_target(trials)
    return claims.curves(trials, "norm", "learning_rate", steps)


def _gain(trials, norm, choose):
    steps = claims.steps_to_target(trials)
    with_norm = {t.seed: steps(t) for t in choose(trials, norm)}
    return {
        trial.seed: math.log10(steps(trial) / with_norm[trial.seed])
        for trial in choose(trials, "none")
    }


def _at_best_without(trials, norm):
    rate = claims.fastest(trials, "none")[0].get("learning_rate")
    return claims.select(trials, norm=norm, learning_rate=rate)


def _seconds_per_step(trials):
    """Returns the least seconds of a step: others have traced graphs, too."""
    return {
        norm: min(
            trial.result["seconds"] / max(trial.result["steps"], 1)
            for trial in claims.select(trials, norm=norm)
        )
        for norm in NORMS
    }
