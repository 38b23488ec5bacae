"""Claim: batch norm makes training less sensitive to initialization.

    python -m normzoo.trainers.claims --config=claims/initialization \
        --workdir=runs/claims/initialization

Scales of the initial kernels of an MLP over four decades.
"""

from normzoo.configs import claims

SCALES = [10 ** (k / 2) for k in range(-4, 5)]  # 0.01 to 100
RATES = (0.03, 0.3)
NORMS = ("none", "batch")


def get_config():
    config = claims.get_config()
    config.optimizer.name = "sgd"
    config.model.depth = 3
    config.epochs = 5
    claim = config.claim
    claim.name, claim.number = "initialization", 2
    claim.sentence = (
        "Batch norm makes training less sensitive to weight initialization."
    )
    claim.measured = (
        "decades of the initial kernels' scale that train, with batch norm "
        "minus without"
    )
    claim.minimal = 0.5
    claim.limits = (
        "An MLP with three hidden layers and SGD, each norm with the one of "
        "two learning rates that is best on average over all scales, which "
        "are half a decade apart. The logits' kernel is scaled as well. A "
        "scale trains if the validation accuracy is at least 90 % of the best."
    )
    claim.quick_only = (
        ("optimizer.learning_rate", (0.3,)),
        ("model.initializer_scale", (0.01, 1.0)),
    )
    claim.axes = ("log scale of the initial kernels", "validation accuracy")
    return config


def sweep():
    return claims.grid(
        {
            "model.norm": NORMS,
            "optimizer.learning_rate": RATES,
            "model.initializer_scale": SCALES,
        }
    )


def judge(trials):
    trains = claims.trains(trials)

    def decades(trials):
        return 0.5 * sum(map(trains, trials))

    with_norm = claims.by_seed(_tuned(trials, "batch"), decades)
    without = claims.by_seed(_tuned(trials, "none"), decades)
    return {seed: with_norm[seed] - without[seed] for seed in without}


def observe(trials):
    return {
        f"standard deviation of the accuracy over the scales, {norm}": (
            claims.by_seed(_tuned(trials, norm), _spread)
        )
        for norm in NORMS
    }


def curves(trials):
    tuned = [trial for norm in NORMS for trial in _tuned(trials, norm)]
    return claims.curves(tuned, "norm", "initializer_scale", claims.accuracy)


def _tuned(trials, norm):
    return claims.tuned(claims.select(trials, norm=norm), "learning_rate")


def _spread(trials):
    accuracies = [claims.accuracy(trial) for trial in trials]
    center = claims.mean(accuracies)
    return claims.mean((x - center) ** 2 for x in accuracies) ** 0.5
