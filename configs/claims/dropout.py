"""Claim: batch norm regularizes, so less dropout is needed.

    python -m normzoo.trainers.claims --config=claims/dropout \
        --workdir=runs/claims/dropout

Dropout rates of an MLP, on training sets of several sizes.
"""

from normzoo.configs import claims

RATES = (0.0, 0.2, 0.4, 0.6)
SHARES = (0.1, 0.9)
NORMS = ("none", "batch")


def get_config():
    config = claims.get_config()
    config.model.width = 256
    config.epochs = 20
    claim = config.claim
    claim.name, claim.number = "dropout", 5
    claim.sentence = "Batch norm regularizes, so less dropout is needed."
    claim.measured = (
        "best dropout rate by validation accuracy, without norm minus with "
        "batch norm, mean over the sizes of the training set"
    )
    claim.minimal = 0.05
    claim.limits = (
        "An MLP with two hidden layers of 256, trained with Adam for 20 "
        "epochs on 10 % and on 90 % of the training split; rates are 0.2 "
        "apart, and often the best one is one of several as good."
    )
    claim.quick_only = (
        ("model.dropout", (0.0, 0.4)),
        ("dataset.train_share", SHARES[:1]),
    )
    claim.axes = ("dropout rate", "test accuracy")
    return config


def sweep():
    return claims.grid(
        {
            "model.norm": NORMS,
            "dataset.train_share": SHARES,
            "model.dropout": RATES,
        }
    )


def judge(trials):
    return claims.by_seed(trials, _less_dropout)


def observe(trials):
    plain = claims.select(trials, dropout=0.0)
    gaps = {
        f"training minus test accuracy, no dropout, {norm}": claims.by_seed(
            claims.select(plain, norm=norm), _gap
        )
        for norm in NORMS
    }
    gain = claims.by_seed(plain, _gain)
    return {**gaps, "test accuracy, batch minus none, no dropout": gain}


def chosen(trials):
    rows = []
    for share in claims.values(trials, "train_share"):
        for norm in NORMS:
            some = claims.select(trials, train_share=share, norm=norm)
            best = claims.tuned(some, "dropout")
            label = f"{norm}, {_said(share)}"
            rows.append(claims.chosen(label, "dropout", best, some))
    return rows


def curves(trials):
    return [
        {**point, "series": f"{point['series']}, {_said(share)}"}
        for share in claims.values(trials, "train_share")
        for point in claims.curves(
            claims.select(trials, train_share=share),
            "norm",
            "dropout",
            claims.test_accuracy,
        )
    ]


def _said(share):
    return f"{share:.0%} of the data"


def _less_dropout(trials):
    return claims.mean(
        _best_rate(trials, share, "none") - _best_rate(trials, share, "batch")
        for share in claims.values(trials, "train_share")
    )


def _best_rate(trials, share, norm):
    chosen = claims.select(trials, train_share=share, norm=norm)
    if all(map(claims.diverged, chosen)):
        return max(RATES)  # none would do
    (best,) = claims.tuned(chosen, "dropout")
    return best.get("dropout")


def _gap(trials):
    return claims.mean(map(_gap_of_one, trials))


def _gap_of_one(trial):
    if claims.diverged(trial):
        return 1.0  # the largest
    return trial.log("train")[-1]["accuracy"] - claims.test_accuracy(trial)


def _gain(trials):
    def test(norm):
        chosen = claims.select(trials, norm=norm)
        return claims.mean(map(claims.test_accuracy, chosen))

    return test("batch") - test("none")
