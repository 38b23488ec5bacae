"""Claim: a learned tanh (DyT) replaces layer norm.

    python -m normzoo.trainers.claims --config=claims/dynamic_tanh \
        --workdir=runs/claims/dynamic_tanh

MLPs with 2 and 8 hidden layers with layer norm, DyT or none.
"""

from normzoo.configs import claims

DEPTHS = (2, 8)
RATES = (3e-4, 1e-3, 3e-3, 1e-2)
NORMS = ("layer", "dynamic_tanh", "none")


def get_config():
    config = claims.get_config()
    config.epochs = 15
    claim = config.claim
    claim.name, claim.number = "dynamic_tanh", 22
    claim.sentence = "A learned tanh (DyT) replaces layer norm."
    claim.measured = (
        "test accuracy with DyT minus that with layer norm, each at the "
        "seed's best learning rate; mean over depths 2 and 8"
    )
    claim.minimal = -0.02
    claim.limits = (
        "MLPs with 2 and 8 hidden layers and Adam; its authors replace layer "
        "norm in transformers, which are trained for far longer."
    )
    claim.quick_only = (
        ("optimizer.learning_rate", (1e-3,)),
        ("model.depth", (2,)),
    )
    claim.axes = ("hidden layers", "test accuracy")
    return config


def sweep():
    return claims.grid(
        {
            "model.norm": NORMS,
            "model.depth": DEPTHS,
            "optimizer.learning_rate": RATES,
        }
    )


def judge(trials):
    return _mean_gain(trials, "dynamic_tanh", "layer")


def observe(trials):
    found = {
        f"the same, {depth} hidden layers": _gain(
            trials, depth, "dynamic_tanh", "layer"
        )
        for depth in claims.values(trials, "depth")
    }
    found["the same, none instead of layer norm"] = _mean_gain(
        trials, "dynamic_tanh", "none"
    )
    found["the same, layer norm minus none"] = _mean_gain(
        trials, "layer", "none"
    )
    return found


def curves(trials):
    chosen = [trial for norm in NORMS for trial in _tuned(trials, norm)]
    return claims.curves(chosen, "norm", "depth", claims.test_accuracy)


def chosen(trials):
    return [
        row
        for norm in NORMS
        for row in claims.chosen_at_each(
            norm + ", {} hidden layers",
            "depth",
            "learning_rate",
            _tuned(trials, norm),
            trials,
        )
    ]


def _tuned(trials, norm):
    """Returns the trials of a norm, each depth at its best rate."""
    some = claims.select(trials, norm=norm)
    return claims.tuned_at_each(some, "depth", "learning_rate")


def _mean_gain(trials, norm, other):
    depths = claims.values(trials, "depth")
    return claims.mean_effect(
        [_gain(trials, depth, norm, other) for depth in depths]
    )


def _gain(trials, depth, norm, other):
    mine, others = (
        claims.select(_tuned(trials, each), depth=depth)
        for each in (norm, other)
    )
    return claims.difference(mine, others, claims.test_accuracy)
