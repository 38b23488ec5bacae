"""The table and the words that show a comparison."""

import io
import json

import pytest
import rich.console

from normzoo.trainers.comparison import report
from normzoo.trainers.comparison.reporting.legend import legend
from normzoo.trainers.comparison.reporting.terminal_table import (
    folded,
    terminal_table,
)
from normzoo.trainers.comparison.summary import summarize

from .made_found import ACCURACY, DISTANCE, LOSS, steady
from .shown_comparison import (
    BATCH,
    COLUMNS,
    FOUND,
    LAYER,
    NONE,
    RATES,
    summary_of,
    write,
)


@pytest.fixture
def summary():
    return summarize(FOUND, COLUMNS)


def shown(renderable):
    """Returns the lines of a terminal of 80 columns."""
    console = rich.console.Console(width=80, file=io.StringIO())
    console.print(renderable)
    return console.file.getvalue().splitlines()


def test_what_is_learned_follows_the_answer(tmp_path):
    summary = write(tmp_path, about="Task: binary label <x>.")
    lines = " ".join(shown(report.terminal_report(summary))).split()
    assert " ".join(lines).startswith(f"{summary.sentence} {summary.about} ")
    text = (tmp_path / "summary.md").read_text()
    assert text.startswith(f"{summary.sentence}\n\n{summary.about}\n\n")
    page = (tmp_path / "report.html").read_text()
    assert page.index('class="answer"') < page.index("binary label &lt;x&gt;")
    held = json.loads((tmp_path / "summary.json").read_text())
    assert held["about"] == summary.about


NAMES = {
    "short": (NONE, BATCH, LAYER),
    "long": ("norm=none", "norm=batch,norm_position=after,batch_size=128", "x"),
}


@pytest.mark.parametrize("names", NAMES.values(), ids=list(NAMES))
@pytest.mark.parametrize("metric", [ACCURACY, LOSS, DISTANCE])
@pytest.mark.parametrize("seeds", [1, 3, 10])
def test_the_table_fits_80_columns(names, metric, seeds):
    none, batch, layer = names
    values = {
        none: steady(0.9, seeds, 0.1),
        batch: [None] * seeds,
        layer: [*steady(0.7, seeds, 0.3)[:-1], None],
    }
    more = {
        name: {"parameters": 1_234_567, "seconds": 1234.5} for name in names
    }
    summary = summary_of(
        values, (metric, LOSS), metric=metric, least=0.1, results=more
    )
    lines = shown(terminal_table(summary))
    assert max(map(len, lines)) <= 80
    text = "".join(lines)
    assert "…" not in text
    assert "1,234,567" in text
    assert "inf" in text or seeds == 1


#: Name -> (columns, its lines).
FOLDED = {
    "norm=batch": (10, ["norm=batch"]),
    "norm=batch,units=8": (12, ["norm=batch,", "units=8"]),
    "norm=batch (1 of 10 diverged)": (
        12,
        ["norm=batch", "(1 of 10", "diverged)"],
    ),
    "norm=mine/norms.py:Norm": (12, ["norm=mine/", "norms.py:", "Norm"]),
    "norm=normalization": (8, ["norm=", "normaliz", "ation"]),
}


@pytest.mark.parametrize("name", FOLDED)
def test_words_of_names_stay_whole(name):
    room, lines = FOLDED[name]
    assert folded(name, room).split("\n") == lines


@pytest.mark.parametrize("weights", [1_234, 123_456_789])
@pytest.mark.parametrize("seconds", [1.0, 98_765.4])
@pytest.mark.parametrize("variant", [BATCH, "norm=batch,insert=after"])
def test_no_word_of_the_table_is_broken(variant, weights, seconds):
    more = {"parameters": weights, "seconds": seconds}
    values = {NONE: steady(0.9, 8, 0.02), variant: [*steady(0.9, 7), None]}
    summary = summary_of(values, results={NONE: more, variant: more})
    lines = shown(terminal_table(summary))
    assert max(map(len, lines)) <= 80
    words = " ".join(lines).replace(",", ", ").split()
    for row in summary.rows:
        assert set(row.variant.replace(",", ", ").split()) <= set(words)


def test_the_table_stays_on_one_line_where_it_can():
    lines = shown(
        terminal_table(summary_of({NONE: steady(0.9), BATCH: steady(0.95)}))
    )
    assert len(lines) == 4
    assert lines[3].split() == [
        "norm=batch",
        "95.00",
        "[94.80,",
        "95.20]",
        "+5.00",
        "[+5.00,",
        "+5.00]",
        "better",
        "1,100",
        "11.0",
    ]


def test_brackets_are_no_markup():
    summary = summary_of(
        {NONE: [None] * 9 + [0.1], BATCH: steady(0.9)}, metric=LOSS
    )
    text = "".join(shown(report.terminal_report(summary)))
    assert "[inf, inf]" in text


def test_the_terminal_shows_sentence_table_legend_and_notes(summary):
    lines = shown(report.terminal_report(summary))
    text = " ".join(" ".join(lines).split())
    places = [
        text.index(part)
        for part in (
            summary.sentence,
            "variant accuracy",
            "Test split: Hodges-Lehmann center",
            *summary.notes,
        )
    ]
    assert places == sorted(places)
    assert max(map(len, lines)) <= 80


#: Name -> (summary, what its legend says).
LEGENDS = {
    "method and level": (
        summary_of({NONE: steady(0.9), BATCH: steady(0.9), LAYER: steady(0.9)}),
        "Test split: Hodges-Lehmann center and signed-rank interval, 95 %, "
        "over 10 seeds, accuracy in %. Differences from norm=none are paired "
        "by seed, with simultaneous 95 % signed-rank intervals: each at "
        "97.5 %; for other metrics, 95 % each. Verdicts: practically equal if "
        "that interval lies within 0.50 points, otherwise better or worse if "
        "it excludes 0. memory: bytes of the weights, of the optimizer's "
        "variables, and of what a batch's forward pass keeps for the gradient; "
        "s: median seconds of training per run.",
    ),
    "looks": (
        summary_of(
            {NONE: steady(0.9), BATCH: steady(0.9)},
            (ACCURACY,),
            looks=(10, 20, 40),
        ),
        "simultaneous 95 % signed-rank intervals: each at 98.33 %. Verdicts:",
    ),
    "few seeds": (
        summary_of({NONE: steady(0.9, 3), BATCH: steady(0.9, 3)}),
        "Hodges-Lehmann center and range of 3 seeds, level 75 %, accuracy",
    ),
    "few seeds' differences": (
        summary_of({NONE: steady(0.9, 3), BATCH: steady(0.9, 3)}, (ACCURACY,)),
        "by seed, with 95 % signed-rank intervals (this takes 6 seeds; the "
        "range of fewer has 75 %). Verdicts",
    ),
    "one seed": (
        summary_of({NONE: [0.9], BATCH: [0.9]}, (ACCURACY,)),
        "Test split: one seed, without interval, accuracy in %. Differences "
        "from norm=none are paired by seed, with 95 % signed-rank intervals "
        "(this takes 6 seeds). Verdicts",
    ),
    "several numbers of seeds": (
        summary_of({NONE: steady(0.9, 20), BATCH: steady(0.9, 10)}),
        "signed-rank interval, 95 %, over 10 to 20 seeds",
    ),
    "a diverged run": (
        summary_of({NONE: steady(0.9, 3), BATCH: [0.9, 0.9, None]}),
        "A diverged run counts as worse than any other: as 0.00 %, in "
        "differences infinitely.",
    ),
    "tuned once": (
        summary_of(
            {NONE: steady(0.9), BATCH: steady(0.9)},
            rates=RATES,
            once=True,
            tuning_seeds=(100,),
        ),
        "Verdicts at these settings: practically equal",
    ),
    "bias of Frechet distances": (
        summary_of(
            {NONE: steady(9), BATCH: steady(9)}, (DISTANCE,), metric=DISTANCE
        ),
        "Frechet distances are biased upward, more so with fewer samples, and "
        "all variants have equally many. ",
    ),
}


@pytest.mark.parametrize("name", LEGENDS)
def test_the_legend(name):
    summary, said = LEGENDS[name]
    assert said in legend(summary)


def test_no_legend_of_diverged_runs_without_any():
    summary = summary_of({NONE: steady(0.9), BATCH: steady(0.9)})
    assert "diverged" not in legend(summary)
