"""Claim: spectral norm in a GAN's discriminator beats batch norm there.

    python -m normzoo.trainers.claims --config=claims/spectral_norm \
        --workdir=runs/claims/spectral_norm

A DCGAN on digits with either, or neither, in the discriminator.
"""

from normzoo.configs import claims

RATES = (1e-4, 2e-4, 4e-4, 8e-4, 1.6e-3, 3.2e-3)
#: Name -> norm of the discriminator's activations, and of its kernels.
VARIANTS = {
    "batch": ("batch", "none"),
    "spectral": ("none", "spectral"),
    "none": ("none", "none"),
}


def get_config():
    config = claims.get_gan_config()
    config.epochs = 5
    claim = config.claim
    claim.name, claim.number = "spectral_norm", 24
    claim.sentence = (
        "Spectral norm in a GAN's discriminator beats batch norm there."
    )
    claim.measured = (
        "log2 of the Frechet distance with batch norm over that with spectral "
        "norm in the discriminator, each at the seed's best learning rate"
    )
    claim.minimal = 0.1
    claim.limits = (
        "A DCGAN of a quarter of the original's width, batch norm in the "
        "generator, 500 steps on digits, Adam with beta_1 0.5, one update of "
        "the discriminator per step; distances in the features of a small "
        "classifier. Its authors train 100 times as long on larger images."
    )
    claim.quick_only = ((claims.RATE, RATES[:1]),)
    claim.axes = ("norm of the discriminator", "Frechet distance")
    return config


def sweep():
    variants = (
        {"discriminator.norm": norm, "discriminator.weight_norm": weight_norm}
        for norm, weight_norm in VARIANTS.values()
    )
    return claims.at_rates(RATES, variants)


def judge(trials):
    return _gain(trials, "spectral", "batch")


def observe(trials):
    return {
        "the same, none instead of batch norm": _gain(
            trials, "spectral", "none"
        ),
        "the same, none instead of spectral norm": _gain(
            trials, "none", "batch"
        ),
        "recall, spectral minus batch": _gain(
            trials, "spectral", "batch", claims.gan_metric("recall")
        ),
        "precision, spectral minus batch": _gain(
            trials, "spectral", "batch", claims.gan_metric("precision")
        ),
    }


def curves(trials):
    best = {name: _tuned(trials, name) for name in VARIANTS}
    return [
        {
            "series": None,
            "x": name,
            "values": {str(t.seed): claims.frechet(t) for t in tuned},
        }
        for name, tuned in best.items()
    ]


def chosen(trials):
    return [
        claims.chosen(name, claims.RATE, _tuned(trials, name), trials)
        for name in VARIANTS
    ]


def _tuned(trials, name):
    norm, weight_norm = VARIANTS[name]
    some = claims.select(trials, norm=norm, weight_norm=weight_norm)
    return claims.tuned_gans(some)


def _gain(trials, name, other, measure=claims.less_distance):
    mine, others = (_tuned(trials, each) for each in (name, other))
    return claims.difference(mine, others, measure)
