"""Claim: virtual batch norm improves GAN training over batch norm.

    python -m normzoo.trainers.claims --config=claims/virtual_batch_norm \
        --workdir=runs/claims/virtual_batch_norm

A DCGAN on digits with either norm in the generator.
"""

import math

from normzoo.configs import claims

#: Norm of the generator, and whether its statistics are re-estimated before it
#: samples. That parts what training does from what lagging statistics do.
VARIANTS = (("batch", True), ("batch", False), ("virtual", False))


def get_config():
    config = claims.get_gan_config()
    config.epochs = 10
    config.ema_ramp = False  # the published runs had none
    claim = config.claim
    claim.name, claim.number = "virtual_batch_norm", 14
    claim.sentence = "Virtual batch norm improves GAN training over batch norm."
    claim.measured = (
        "log2 of the Frechet distance with batch norm, whose statistics are "
        "re-estimated before it samples, over that with virtual batch norm"
    )
    claim.minimal = 0.1
    claim.limits = (
        "A DCGAN of a quarter of the original's width, batch norm in the "
        "discriminator, 1,000 steps on digits with the usual learning rate; "
        "distances in the features of a small classifier. docs/gan.md has "
        "MNIST and mode counts."
    )
    claim.axes = ("norm of the generator", "Frechet distance")
    return config


def sweep():
    for norm, reestimate in VARIANTS:
        yield {
            "generator.norm": norm,
            "generator.reestimate": reestimate,
        }


def judge(trials):
    return _gain(trials, claims.less_distance)


def observe(trials):
    moving = claims.select(trials, norm="batch", reestimate=False)
    metrics = {
        "recall, virtual minus batch": "recall",
        "precision, virtual minus batch": "precision",
        "classes covered, virtual minus batch": "class_coverage",
    }
    return {
        "the same against batch norm with moving statistics": (
            claims.difference(_virtual(trials), moving, claims.less_distance)
        ),
        **{
            label: _gain(trials, claims.gan_metric(name))
            for label, name in metrics.items()
        },
        "log2 of the seconds of a step, virtual over batch": _gain(
            trials, _seconds
        ),
    }


def curves(trials):
    return claims.curves(trials, "reestimate", "norm", claims.frechet)


def _seconds(trial):
    # Of a step, because a run that diverged has ended early.
    return math.log2(trial.result["seconds"] / max(trial.result["steps"], 1))


def _virtual(trials):
    return claims.select(trials, norm="virtual")


def _gain(trials, measure):
    batch = claims.select(trials, norm="batch", reestimate=True)
    return claims.difference(_virtual(trials), batch, measure)
