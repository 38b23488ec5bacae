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
    config.population.validation = True
    claim = config.claim
    claim.name, claim.number = "speed", 4
    claim.sentence = "Batch norm speeds up training."
    claim.measured = (
        "log10 of the steps to the target, without norm over with batch norm, "
        "each at the seed's learning rate that takes the fewest steps"
    )
    claim.minimal = 0.1
    claim.limits = (
        "An MLP with two hidden layers and SGD with momentum. The target is "
        "95 % of the seed's best validation accuracy without norm, looked at "
        "once an epoch (9 steps of digits, 25 of mnist1d), with statistics of "
        "the training data; a run that never reaches it counts with twice its "
        "steps. Seconds are those of runs that train together."
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
    return _gain(trials, "batch")


def observe(trials):
    seconds = _seconds_per_step(trials)
    slower = math.log10(seconds["batch"] / seconds["none"])
    own = judge(trials)
    return {
        "the same at one rate for both, the best without norm": (
            _gain_at_one_rate(trials)
        ),
        "the same in seconds": {s: own[s] - slower for s in own},
        "the same for layer norm": _gain(trials, "layer"),
    }


def chosen(trials):
    steps = _steps(trials)
    return [
        claims.chosen(
            norm, "learning_rate", claims.fastest(trials, norm, steps), trials
        )
        for norm in NORMS
    ]


def curves(trials):
    return claims.curves(trials, "norm", "learning_rate", _steps(trials))


def _steps(trials):
    """Returns a function of a trial, the steps to what no norm can reach."""
    return claims.steps_to_target(trials, claims.select(trials, norm="none"))


def _gain(trials, norm):
    steps = _steps(trials)
    with_norm = claims.fastest(trials, norm, steps)
    return _logs(claims.fastest(trials, "none", steps), with_norm, steps)


def _gain_at_one_rate(trials):
    steps = _steps(trials)
    without = claims.fastest(trials, "none", steps)
    same = [
        claims.only(trials, norm="batch", seed=t.seed, learning_rate=rate)
        for t in without
        for rate in [t.get("learning_rate")]
    ]
    return _logs(without, same, steps)


def _logs(trials, others, steps):
    """Returns seed -> log10 of the steps over those of the others."""
    other = {trial.seed: steps(trial) for trial in others}
    return {t.seed: math.log10(steps(t) / other[t.seed]) for t in trials}


def _seconds_per_step(trials):
    """Returns the least seconds of a step: others have traced graphs, too."""
    return {
        norm: min(
            trial.result["seconds"] / max(trial.result["steps"], 1)
            for trial in claims.select(trials, norm=norm)
        )
        for norm in NORMS
    }
