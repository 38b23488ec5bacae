"""The sentence of each kind of result, word by word."""

import dataclasses

import pytest

from normzoo.trainers.comparison.reporting import cost
from normzoo.trainers.comparison.summary import summarize

from ..made_found import DISTANCE, LOSS, made_found, steady

NONE, BATCH, LAYER = "norm=none", "norm=batch", "norm=layer"
RATES = (0.001, 0.01, 0.1)
COST = "at 1.1 times the training time and 10 % more weights"
SURE = "The chance of any false verdict here is at most 5 %"
SHARED = (
    "all variants share one learning rate, and tuning it for each could "
    "change the answer."
)


def above(base, *gains):
    """Returns values that lie by one of some gains above those of a base."""
    return [v + gains[i % len(gains)] for i, v in enumerate(base)]


BASE = steady(0.90)
#: On both sides of the base, by more than what counts.
WIDE = above(BASE, 0.03, -0.02)
HIGHER = above(BASE, 0.010, 0.012)

#: Name -> (made-up result, sentence).
SENTENCES = {
    "better": (
        made_found({NONE: BASE, BATCH: HIGHER}),
        "norm=batch is better than norm=none: its test accuracy is 1.10 points "
        f"higher (1.00 to 1.20, over 10 seeds), {COST}. {SURE}; {SHARED}",
    ),
    "several are better": (
        made_found({NONE: BASE, LAYER: HIGHER, BATCH: above(BASE, 0.02)}),
        "norm=batch and norm=layer are better than norm=none in test accuracy; "
        "of these, norm=batch has the largest difference: it is 2.00 points "
        "higher (2.00 to 2.00, over 10 seeds), at 1.2 times the training time "
        f"and 20 % more weights. {SURE}; {SHARED}",
    ),
    "many are better": (
        made_found(
            {NONE: BASE} | {str(i): above(BASE, i / 100) for i in range(1, 8)},
        ),
        "7, 6, 5, 4 and 3 others are better than norm=none in test accuracy; "
        "of these, 7 has the largest difference: it is 7.00 points higher "
        "(7.00 to 7.00, over 10 seeds), at 1.7 times the training time and "
        f"70 % more weights. {SURE}; {SHARED}",
    ),
    "one is better, one ahead of it": (
        made_found({NONE: BASE, BATCH: HIGHER, LAYER: above(BASE, 0.1, -0.01)}),
        "norm=batch is better than norm=none: its test accuracy is 1.10 points "
        f"higher (1.00 to 1.20, over 10 seeds), {COST} (norm=layer is ahead of "
        f"it, but undecided). {SURE}; about 15 seeds would decide norm=layer; "
        f"{SHARED}",
    ),
    "the baseline is best": (
        made_found({NONE: BASE, BATCH: above(BASE, -0.01)}),
        "No variant is better than norm=none, the baseline, with a test "
        "accuracy of 90.00 % at 10 s of training and 1,000 weights: norm=batch "
        "is worse, 1.00 points lower (1.00 to 1.00, over 10 seeds). "
        f"{SURE}; {SHARED}",
    ),
    "some worse, some equal": (
        made_found(
            {
                NONE: BASE,
                BATCH: above(BASE, -0.02),
                LAYER: above(BASE, -0.01),
                "norm=rms": above(BASE, 0.001),
            }
        ),
        "No variant is better than norm=none, the baseline, with a test "
        "accuracy of 90.00 % at 10 s of training and 1,000 weights: norm=layer "
        "and norm=batch are worse, norm=layer the least: 1.00 points lower "
        "(1.00 to 1.00, over 10 seeds); norm=rms is practically equal. "
        f"{SURE}; {SHARED}",
    ),
    "equal": (
        made_found({NONE: BASE, BATCH: above(BASE, 0.001, -0.002)}),
        "norm=batch is practically equal to norm=none in test accuracy (a "
        f"difference of -0.20 to +0.10 points), {COST}. {SURE}; {SHARED}",
    ),
    "all are equal": (
        made_found({NONE: BASE, BATCH: BASE, LAYER: above(BASE, 0.001)}),
        "norm=layer and norm=batch are practically equal to norm=none in test "
        "accuracy (all within 0.50 points); norm=none takes the least time, 10 "
        f"s of training and 1,000 weights. {SURE}; {SHARED}",
    ),
    "undecided": (
        made_found({NONE: BASE, BATCH: WIDE}),
        "norm=batch is ahead, with a test accuracy of 90.50 %, 0.50 points "
        f"higher than norm=none (-2.00 to 3.00, over 10 seeds), {COST}, but 10 "
        "seeds cannot tell it from chance. About 251 seeds would decide "
        f"norm=batch; {SHARED}",
    ),
    "undecided, the baseline ahead": (
        made_found({NONE: BASE, BATCH: above(BASE, 0.01, -0.04)}),
        "norm=none is ahead, with a test accuracy of 90.00 % at 10 s of "
        "training and 1,000 weights, but 10 seeds cannot tell norm=batch from "
        f"norm=none. About 28 seeds would decide norm=batch; {SHARED}",
    ),
    "several undecided": (
        made_found({NONE: BASE, BATCH: above(BASE, 0.01, -0.04), LAYER: WIDE}),
        "norm=layer is ahead, with a test accuracy of 90.50 %, 0.50 points "
        "higher than norm=none (-2.00 to 3.00, over 10 seeds), at 1.2 times "
        "the training time and 20 % more weights, but 10 seeds cannot tell "
        "norm=layer or norm=batch from norm=none. About 251 seeds would decide "
        f"norm=layer and norm=batch; {SHARED}",
    ),
    "too few seeds": (
        made_found({NONE: BASE[:3], BATCH: HIGHER[:3]}),
        "norm=batch is ahead, with a test accuracy of 90.90 %, 1.05 points "
        "higher than norm=none (1.00 to 1.20, the range of 3 seeds), "
        f"{COST}, but 3 seeds cannot tell it from chance. It takes at least 6 "
        f"seeds to decide anything; {SHARED}",
    ),
    "one seed": (
        made_found({NONE: BASE[:1], BATCH: BASE[1:2]}),
        "norm=batch is ahead, with a test accuracy of 89.80 %, 0.20 points "
        f"higher than norm=none, {COST}, but 1 seed cannot tell it from "
        f"chance. It takes at least 6 seeds to decide anything; {SHARED}",
    ),
    "all diverged": (
        made_found({NONE: [None] * 3, BATCH: [None] * 3}),
        "All 6 runs diverged, so nothing can be said about any variant. Lower "
        "learning rates could change that.",
    ),
    "the baseline diverged": (
        made_found({NONE: [None] * 9 + [0.9], BATCH: BASE}),
        "norm=batch is better than norm=none: its test accuracy is better "
        "because 9 of 10 runs of norm=none diverged, with 10 % more weights "
        f"(no training times: runs diverged). {SURE}; {SHARED}",
    ),
    "some diverged": (
        made_found({NONE: BASE, BATCH: [*above(BASE, 0.05)[:9], None]}),
        "norm=batch is ahead, with a test accuracy of 94.90 %, 5.00 points "
        "higher than norm=none (at most 5.00, over 10 seeds, of which 1 "
        f"diverged), {COST}, but 10 seeds cannot tell it from chance. It is "
        f"not known how many seeds would decide norm=batch; {SHARED}",
    ),
    "most of all diverged": (
        made_found({NONE: [0.9] + [None] * 3, BATCH: [0.9, 0.9, None, None]}),
        "norm=batch is ahead, with 2 of 4 runs diverged, no different from "
        "norm=none (at least 0.00, the range of 4 seeds, of which 2 diverged), "
        "with 10 % more weights (no training times: runs diverged), but 4 "
        "seeds cannot tell it from chance. It takes at least 6 seeds to decide "
        f"anything; {SHARED}",
    ),
    "a single variant": (
        made_found({BATCH: BASE}),
        "norm=batch has a test accuracy of 90.00 % (89.80 to 90.20, a 95 % "
        "interval of 10 seeds), at 10 s of training and 1,000 weights. There "
        "is nothing to compare it with: a second variant would change that.",
    ),
    "a single run": (
        made_found({BATCH: BASE[:1]}),
        "norm=batch has a test accuracy of 89.60 % (one seed, so no interval), "
        "at 10 s of training and 1,000 weights. There is nothing to compare it "
        "with: a second variant would change that.",
    ),
    "lower is better": (
        made_found({NONE: BASE, BATCH: above(BASE, -0.1)}, metric=LOSS),
        "norm=batch is better than norm=none: its test loss is 0.100 lower "
        f"(0.100 to 0.100, over 10 seeds), {COST}. {SURE}; {SHARED}",
    ),
    "lower is better, and it is worse": (
        made_found({NONE: BASE, BATCH: above(BASE, 0.1)}, metric=LOSS),
        "No variant is better than norm=none, the baseline, with a test loss "
        "of 0.900 at 10 s of training and 1,000 weights: norm=batch is worse, "
        f"0.100 higher (0.100 to 0.100, over 10 seeds). {SURE}; {SHARED}",
    ),
    "GAN": (
        made_found(
            {NONE: BASE, BATCH: above(BASE, -0.5, -0.6)},
            metric=DISTANCE,
            least=0.1,
        ),
        "norm=batch is better than norm=none: its Frechet distance is 0.55 "
        f"lower (0.50 to 0.60, over 10 seeds), {COST}. {SURE}; {SHARED}",
    ),
    "tuned": (
        made_found({NONE: BASE, BATCH: HIGHER}, rates=RATES),
        "norm=batch is better than norm=none: its test accuracy is 1.10 points "
        f"higher (1.00 to 1.20, over 10 seeds), {COST}. {SURE}; another model, "
        "other data or longer training could change the answer.",
    ),
    "tuned to the end of the grid": (
        made_found(
            {NONE: BASE, BATCH: HIGHER},
            rates=RATES,
            chosen={NONE: [0.01] * 6 + [0.1] * 4, BATCH: [0.1] * 10},
        ),
        "norm=batch is better than norm=none: its test accuracy is 1.10 points "
        f"higher (1.00 to 1.20, over 10 seeds), {COST}. {SURE}; norm=batch "
        "chose from the end of the grid, and a wider one could change the "
        "answer.",
    ),
    "the plan was changed": (
        made_found({NONE: BASE, BATCH: HIGHER}, changes=("It was changed.",)),
        "norm=batch is better than norm=none: its test accuracy is 1.10 points "
        f"higher (1.00 to 1.20, over 10 seeds), {COST}. The plan was changed "
        "after a look, so the chance of a false verdict here may be more than "
        f"5 %; {SHARED}",
    ),
    "tuned once": (
        made_found(
            {NONE: BASE, BATCH: HIGHER},
            rates=RATES,
            once=True,
            tuning_seeds=(1000,),
        ),
        "At these settings, norm=batch is better than norm=none: its test "
        "accuracy is 1.10 points higher (1.00 to 1.20, over 10 seeds), "
        f"{COST}. {SURE}; each variant's settings were chosen once, and other "
        "settings could change the answer.",
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_sentence(name):
    found, sentence = SENTENCES[name]
    assert summarize(found, (found.design.metric,)).sentence == sentence
    assert sentence.count(". ") <= 1  # one or two


def test_variants_may_sweep_the_rate():
    found = made_found({NONE: BASE, BATCH: HIGHER})
    variants = {
        name: {"optimizer.learning_rate": rate}
        for name, rate in zip(found.design.variants, RATES, strict=False)
    }
    design = dataclasses.replace(found.design, variants=variants)
    summary = summarize(found._replace(design=design), (design.metric,))
    assert "share one learning rate" not in summary.sentence
    assert not any("one learning rate" in note for note in summary.notes)


@pytest.mark.parametrize(
    ("seconds", "parameters", "said"),
    [
        (10.0, 100, "at the same training time and the same number of weights"),
        (8.0, 99, "at 0.8 times the training time and 1 % fewer weights"),
        (25.0, 300, "at 2.5 times the training time and 300 weights instead"),
        (float("inf"), 100, "with the same number of weights (no training"),
    ],
)
def test_the_cost(seconds, parameters, said):
    found = made_found({NONE: BASE, BATCH: HIGHER})
    base = summarize(found, (found.design.metric,)).base
    base = base._replace(seconds=10.0, parameters=100)
    row = base._replace(seconds=seconds, parameters=parameters)
    assert cost.cost(row, base).startswith(said)
