"""Claim: batch norm makes training less sensitive to initialization.

    python -m normzoo.trainers.claims --config=claims/initialization \
        --workdir=runs/claims/initialization

Scales of the initial kernels over four decades, of MLPs with 3, 10 and 30
hidden layers.
"""

from normzoo.configs import claims

#: Depth -> decades between two scales. A deep network takes seconds to build.
SPACINGS = {3: 0.5, 10: 1.0, 30: 1.0}
RATES = (0.03, 0.3)
NORMS = ("none", "batch")
REACH = 2  # decades, to both sides of the usual scale


def get_config():
    config = claims.get_config()
    config.optimizer.name = "sgd"
    config.model.depth = 3
    config.model.width = 64
    config.epochs = 10
    claim = config.claim
    claim.name, claim.number = "initialization", 2
    claim.sentence = (
        "Batch norm makes training less sensitive to weight initialization."
    )
    claim.measured = (
        "decades of the initial kernels' scale that train, with batch norm "
        "minus without; mean over MLPs of 3, 10 and 30 hidden layers"
    )
    claim.minimal = 0.5
    claim.limits = (
        "MLPs with hidden layers of 64 and SGD, each norm, depth and seed with "
        "the one of two learning rates at which most scales train. They are "
        "half a decade apart, at depths 10 and 30 a decade. The logits' kernel "
        "is scaled as well. A scale trains if the validation accuracy is at "
        "least 90 % of the seed's best one without norm, at any depth."
    )
    claim.quick_only = (
        ("optimizer.learning_rate", (0.3,)),
        ("model.initializer_scale", (0.01, 1.0)),
        ("model.depth", (3,)),
    )
    claim.axes = ("log scale of the initial kernels", "validation accuracy")
    return config


def sweep():
    for depth, spacing in SPACINGS.items():
        steps = round(REACH / spacing)
        scales = [10 ** (k * spacing) for k in range(-steps, steps + 1)]
        yield from claims.grid(
            {
                "model.depth": (depth,),
                "model.norm": NORMS,
                "optimizer.learning_rate": RATES,
                "model.initializer_scale": scales,
            }
        )


def judge(trials):
    return _gain(trials, claims.values(trials, "depth"))


def observe(trials):
    found = {}
    depths = claims.values(trials, "depth")
    for depth in depths:
        found[f"the same at depth {depth}"] = _gain(trials, [depth])
    for depth in depths:
        for norm in NORMS:
            label = "standard deviation of the accuracy over the scales"
            found[f"{label}, {norm}, depth {depth}"] = claims.by_seed(
                _tuned(trials, norm, depth), _spread
            )
    return found


def curves(trials):
    points = []
    for depth in claims.values(trials, "depth"):
        for norm in NORMS:
            line = claims.curves(
                _tuned(trials, norm, depth),
                None,
                "initializer_scale",
                claims.accuracy,
            )
            series = f"{norm}, depth {depth}"
            points += [{**point, "series": series} for point in line]
    return points


def chosen(trials):
    return [
        claims.chosen(
            f"{norm}, depth {depth}",
            "learning_rate",
            _tuned(trials, norm, depth),
            trials,
        )
        for depth in claims.values(trials, "depth")
        for norm in NORMS
    ]


def _gain(trials, depths):
    """Returns seed -> decades that train with batch norm minus without."""
    trains = _trains(trials)

    def gain(some):
        with_norm, without = (
            claims.mean(
                SPACINGS[depth] * sum(map(trains, _tuned(some, norm, depth)))
                for depth in depths
            )
            for norm in ("batch", "none")
        )
        return with_norm - without

    return claims.by_seed(trials, gain)


def _trains(trials):
    return claims.trains(claims.select(trials, norm="none"))


def _tuned(trials, norm, depth):
    """Returns the trials of a norm at the rate at which most scales train."""
    some = claims.select(trials, norm=norm, depth=depth)
    scores = _trains(trials), claims.accuracy
    return claims.best_of(some, scores, "learning_rate")


def _spread(trials):
    accuracies = [claims.accuracy(trial) for trial in trials]
    center = claims.mean(accuracies)
    return claims.mean((x - center) ** 2 for x in accuracies) ** 0.5
