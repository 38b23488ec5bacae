"""Claim: virtual batch norm frees an output from its batch mates.

    python -m normzoo.trainers.claims --config=claims/batch_mates \
        --workdir=runs/claims/batch_mates

How much G(z) moves when the rest of its batch changes.
"""

from normzoo.configs import claims

NORMS = ("batch", "layer", "virtual")
RANGE = 2.0  # of pixels, -1 to 1: the largest change


def get_config():
    config = claims.get_gan_config()
    config.epochs = 3
    claim = config.claim
    claim.name, claim.number = "batch_mates", 13
    claim.sentence = (
        "Batch norm makes an output depend on its batch mates; virtual batch "
        "norm does not."
    )
    claim.measured = (
        "root mean square change of G(z) in training mode when the rest of "
        "its batch changes, batch norm minus virtual batch norm; pixels are "
        "-1 to 1"
    )
    claim.minimal = 0.01
    claim.limits = (
        "A DCGAN of a quarter of the original's width after 300 steps on "
        "digits, batches of 64; smaller batches make a larger change."
    )
    claim.quick_only = (("generator.norm", ("batch", "virtual")),)
    claim.axes = ("norm of the generator", "change of G(z)")
    return config


def sweep():
    return claims.grid({"generator.norm": NORMS})


def judge(trials):
    return _difference(trials, "batch", "virtual", "training")


def observe(trials):
    return {
        "the same in inference mode": _difference(
            trials, "batch", "virtual", "inference"
        ),
        "largest change with virtual batch norm, either mode": claims.by_seed(
            claims.select(trials, norm="virtual"), _largest
        ),
        "Frechet distance, batch minus virtual": claims.difference(
            claims.select(trials, norm="batch"),
            claims.select(trials, norm="virtual"),
            claims.frechet,
        ),
    }


def curves(trials):
    return claims.curves(trials, None, "norm", lambda t: _change(t, "training"))


def _change(trial, mode):
    found = trial.result[f"last_batch_dependence_{mode}"]
    # A generator that diverged counts as one that depends on nothing else.
    return RANGE if claims.diverged(trial) or found is None else found


def _largest(trials):
    return max(_change(t, m) for t in trials for m in ("training", "inference"))


def _difference(trials, norm, other, mode):
    return claims.difference(
        claims.select(trials, norm=norm),
        claims.select(trials, norm=other),
        lambda trial: _change(trial, mode),
    )
