"""Claim: pre-norm transformers train where post-norm ones do not.

    python -m normzoo.trainers.claims --config=claims/pre_norm \
        --workdir=runs/claims/pre_norm

Learning rates of a vision transformer with layer norm, without a warmup, after
Xiong et al., 2020. On MNIST, patches of 7x7 pixels make the same 16 tokens:

    python -m normzoo.trainers.claims --config=claims/pre_norm \
        --workdir=runs/claims/pre_norm-mnist --config.dataset.name=mnist \
        --config.dataset.data_dir=tfds \
        '--config.dataset.train_split=train[:1500]' --config.model.patch_size=7
"""

from normzoo.configs import claims

#: Name -> norm, its position, how the branches start.
VARIANTS = {
    "pre-norm": ("layer", "before", "plain"),
    "post-norm": ("layer", "after", "plain"),
    "ReZero": ("none", "before", "skip_init"),
}
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)


def get_config():
    config = claims.get_config()
    config.model.name = "vit_tiny"
    config.model.activation = "gelu"
    config.model.kernel_initializer = "glorot_uniform"
    config.model.branch_start = "plain"
    config.model.patch_size = 2
    config.model.depth = 6
    config.model.width = 32
    config.model.head_width = 16
    config.batch_size = 64
    config.epochs = 20
    claim = config.claim
    claim.name, claim.number = "pre_norm", 23
    claim.sentence = (
        "Pre-norm transformers train where post-norm transformers do not."
    )
    claim.measured = (
        "number of learning rates, of five over two decades, at which the "
        "network trains, pre-norm minus post-norm"
    )
    claim.minimal = 0.5
    claim.limits = (
        "Vision transformers with six blocks of width 32 on 8x8 digits, and "
        "Adam at a constant learning rate, without a warmup. A rate trains if "
        "the validation accuracy is at least 90 % of the best one that the "
        "seed reached with post-norm or ReZero."
    )
    # Images, which patches are cut out of.
    claim.datasets = ("digits",)
    claim.quick.model = {"depth": 1}
    claim.quick_only = (("optimizer.learning_rate", (1e-3,)),)
    claim.axes = ("log learning rate", "validation accuracy")
    return config


def sweep():
    for norm, position, start in VARIANTS.values():
        for rate in RATES:
            yield {
                "model.norm": norm,
                "model.norm_position": position,
                "model.branch_start": start,
                "optimizer.learning_rate": rate,
            }


def judge(trials):
    return _gain(trials, "pre-norm")


def observe(trials):
    found = {"the same for ReZero": _gain(trials, "ReZero")}
    for name in VARIANTS:
        some = _variant(trials, name)
        best = claims.tuned(some, "learning_rate")
        found[f"test accuracy at the best rate, {name}"] = claims.by_seed(
            best, lambda each: claims.test_accuracy(*each)
        )
        found[f"runs that diverged, {name}"] = claims.by_seed(
            some, lambda each: float(sum(map(claims.diverged, each)))
        )
    return found


def curves(trials):
    return [
        {**point, "series": name}
        for name in VARIANTS
        for point in claims.curves(
            _variant(trials, name), None, "learning_rate", claims.accuracy
        )
    ]


def chosen(trials):
    return [
        claims.chosen(
            name, "learning_rate", claims.tuned(some, "learning_rate"), some
        )
        for name in VARIANTS
        for some in [_variant(trials, name)]
    ]


def _variant(trials, name):
    norm, position, start = VARIANTS[name]
    return claims.select(
        trials, norm=norm, norm_position=position, branch_start=start
    )


def _gain(trials, name):
    # Where no post-norm network trains, the other one says what training is.
    trains = claims.trains(
        _variant(trials, "post-norm") + _variant(trials, "ReZero")
    )

    def gain(trials):
        return _count(trials, name, trains) - _count(
            trials, "post-norm", trains
        )

    return claims.by_seed(trials, gain)


def _count(trials, name, trains):
    return float(sum(map(trains, _variant(trials, name))))
