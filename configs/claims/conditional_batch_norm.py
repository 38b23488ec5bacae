"""Claim: conditional batch norm helps a conditional GAN.

    python -m normzoo.trainers.claims --config=claims/conditional_batch_norm \
        --workdir=runs/claims/conditional_batch_norm

A DCGAN on digits whose generator is told the class by its batch norms or
beside the noise.
"""

from normzoo.configs import claims

RATES = (2e-4, 4e-4, 8e-4, 1.6e-3, 3.2e-3)
PLACES = ("input", "norm")


def get_config():
    config = claims.get_gan_config()
    config.epochs = 5
    config.conditional = True
    claim = config.claim
    claim.name, claim.number = "conditional_batch_norm", 25
    claim.sentence = "Conditional batch norm helps a conditional GAN."
    claim.measured = (
        "log2 of the Frechet distance with the class as an input beside the "
        "noise, and plain batch norm, over that with conditional batch norm, "
        "each at the seed's best learning rate"
    )
    claim.minimal = 0.1
    claim.limits = (
        "A DCGAN of a quarter of the original's width with a projection "
        "discriminator with batch norm, 10 classes, 500 steps on digits; "
        "distances in the features of a small classifier. With 1,000 classes "
        "a class shares more with others."
    )
    claim.quick_only = ((claims.RATE, RATES[:1]),)
    claim.axes = ("where the class is told", "Frechet distance")
    return config


def sweep():
    places = claims.grid({"generator.condition": PLACES})
    return claims.at_rates(RATES, places)


def judge(trials):
    return _gain(trials, claims.less_distance)


def observe(trials):
    return {
        "the same within classes": _gain(trials, _less_class_distance),
        "share of samples of the class that was asked for, gain": _gain(
            trials, claims.gan_metric("class_accuracy")
        ),
        "recall, gain": _gain(trials, claims.gan_metric("recall")),
        "precision, gain": _gain(trials, claims.gan_metric("precision")),
    }


def curves(trials):
    best = [trial for x in PLACES for trial in _tuned(trials, x)]
    return claims.curves(best, None, "condition", claims.frechet)


def chosen(trials):
    return [
        claims.chosen(
            f"class told by {place}",
            claims.RATE,
            _tuned(trials, place),
            trials,
        )
        for place in PLACES
    ]


def _less_class_distance(trial):
    return claims.less_distance(trial, "last_class_frechet")


def _tuned(trials, place):
    return claims.tuned_gans(claims.select(trials, condition=place))


def _gain(trials, measure):
    mine, others = (_tuned(trials, each) for each in ("norm", "input"))
    return claims.difference(mine, others, measure)
