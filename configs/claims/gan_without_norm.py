"""Claim: a well-regularized GAN needs no norm.

    python -m normzoo.trainers.claims --config=claims/gan_without_norm \
        --workdir=runs/claims/gan_without_norm

A small R3GAN on digits, without norms or with one in the generator. On MNIST
at the size of the digits:

    python -m normzoo.trainers.claims --config=claims/gan_without_norm \
        --workdir=runs/claims/gan_without_norm-mnist \
        --config.dataset.name=mnist --config.dataset.data_dir=tfds \
        '--config.dataset.train_split=train[:1500]' \
        --config.dataset.image_size=8
"""

from normzoo.configs import claims, digits_r3gan

RATES = (4e-4, 8e-4, 1.6e-3, 3.2e-3)
NORMS = ("none", "batch", "layer")


def get_config():
    config = claims.get_gan_config(digits_r3gan.get_config())
    config.epochs = 5
    for player in (config.generator, config.discriminator):
        player.base_width = 16
    claim = config.claim
    claim.name, claim.number = "gan_without_norm", 26
    claim.sentence = "A well-regularized GAN needs no norm."
    claim.measured = (
        "log2 of the Frechet distance with a norm in the generator over that "
        "with none, each at the seed's best learning rate; mean over batch "
        "and layer norm"
    )
    claim.minimal = -0.1
    claim.limits = (
        "A small R3GAN (16 channels, relativistic loss, R1 and R2 with weight "
        "1), no norm in the discriminator, 500 steps on digits; distances in "
        "the features of a small classifier. Its authors train large ones for "
        "days."
    )
    claim.quick_only = ((claims.RATE, RATES[:1]),)
    claim.axes = ("norm of the generator", "Frechet distance")
    return config


def sweep():
    norms = ({"generator.norm": norm} for norm in NORMS)
    return claims.at_rates(RATES, norms)


def judge(trials):
    return claims.mean_effect(
        [_gain(trials, norm, claims.less_distance) for norm in NORMS[1:]]
    )


def observe(trials):
    measures = {
        "the same": claims.less_distance,
        "recall, none minus with norm": claims.gan_metric("recall"),
        "precision, none minus with norm": claims.gan_metric("precision"),
    }
    return {
        f"{name}, {norm} norm": _gain(trials, norm, measure)
        for name, measure in measures.items()
        for norm in NORMS[1:]
    }


def curves(trials):
    best = [trial for norm in NORMS for trial in _tuned(trials, norm)]
    return claims.curves(best, None, "norm", claims.frechet)


def chosen(trials):
    return [
        claims.chosen(norm, claims.RATE, _tuned(trials, norm), trials)
        for norm in NORMS
    ]


def _tuned(trials, norm):
    return claims.tuned_gans(claims.select(trials, norm=norm))


def _gain(trials, norm, measure):
    mine, others = (_tuned(trials, each) for each in ("none", norm))
    return claims.difference(mine, others, measure)
