"""Which runs of a comparison train together."""

import json

import pytest

from normzoo.configs import default, gan_default
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison import groups
from normzoo.trainers.comparison.sweep import plan
from normzoo.trainers.run.together import MODES
from normzoo.trainers.supervised import choice

#: So many runs of a norm are worth a program of their own.
SEEDS = 6
NORMS = ("none", "batch", "layer")


def runs_of(config=None, norms=("none", "batch"), seeds=SEEDS, **overrides):
    config = config or default.get_config()
    return plan(
        config,
        [
            {"model.norm": norm, "seed": seed, **overrides}
            for norm in norms
            for seed in range(seeds)
        ],
    )


def find(runs, workdir, pending=None, jobs=1):
    pending = runs if pending is None else pending
    return groups.find_groups(runs, pending, workdir, jobs)


def trained(group):
    """Returns what is trained, and how."""
    return group.runs, group.mode, group.reason


def shapes(found):
    """Returns mode and size of each group."""
    return [(group.mode, len(group.runs)) for group in found]


@pytest.mark.parametrize(
    ("make", "jobs", "expected"),
    [
        (runs_of, 1, [("stacked", 6), ("stacked", 6)]),
        # Each process gets a group.
        (runs_of, 2, [("stacked", 6), ("stacked", 6)]),
        (lambda: runs_of(norms=["none"]), 2, [("stacked", 3)] * 2),
        (lambda: runs_of(norms=["none"]), 4, [("stacked", 2)] * 3),
        # No process waits long for the last group.
        (
            lambda: runs_of(norms=NORMS, seeds=16),
            2,
            [("stacked", 16)] * 2 + [("stacked", 8)] * 2,
        ),
        (
            lambda: runs_of(norms=NORMS, seeds=20),
            8,
            [("stacked", size) for size in (7, 7, 6) * 3],
        ),
        (lambda: runs_of(norms=NORMS, seeds=15), 2, [("stacked", 15)] * 3),
        (
            lambda: runs_of(norms=[*NORMS, "group", "rms"], seeds=24),
            4,
            [("stacked", 24)] * 4 + [("stacked", 6)] * 4,
        ),
        # Few steps are not worth the compilation by XLA.
        (lambda: runs_of(seeds=2), 1, [("call_by_call", 2)] * 2),
        (lambda: runs_of(seeds=1), 1, [("alone", 1)] * 2),
        # What cannot be stacked.
        (
            lambda: runs_of(
                norms=["none"], epochs=300, **{"optimizer.name": "adafactor"}
            ),
            1,
            [("side_by_side", 6)],
        ),
        # Each would be traced by itself.
        (
            lambda: runs_of(norms=["none"], **{"optimizer.name": "adafactor"}),
            1,
            [("alone", 1)] * 6,
        ),
        (
            lambda: runs_of(norms=["none"], distribution="mirrored"),
            1,
            [("alone", 1)] * 6,
        ),
    ],
)
def test_runs_of_one_structure_train_together(make, jobs, expected, tmp_path):
    assert shapes(find(make(), tmp_path, jobs=jobs)) == expected


def test_what_runs_may_differ_in(tmp_path):
    config = default.get_config()
    overrides = [
        {
            "optimizer.learning_rate": rate,
            "optimizer.weight_decay": decay,
            "model.initializer_scale": scale,
            "dataset.split_seed": seed,
            "seed": seed,
        }
        for rate in (1e-3, 1e-2)
        for decay in (0.0, 0.1)
        for scale in (1.0, 2.0)
        for seed in (0, 1)
    ]
    runs = plan(config, overrides)
    assert shapes(find(runs, tmp_path)) == [("stacked", 16)]


@pytest.mark.parametrize("together", MODES)
def test_the_config_decides(together, tmp_path):
    runs = runs_of(seeds=2, **{"compare.together": together})
    found = find(runs, tmp_path)
    assert {group.mode for group in found} == {together}
    assert len(found) == (4 if together == "alone" else 2)


def test_what_is_written_holds(tmp_path):
    runs = runs_of()
    first = find(runs, tmp_path)
    written = json.loads((tmp_path / "groups.json").read_text())["groups"]
    assert [(each["mode"], each["members"]) for each in written] == [
        (group.mode, group.members) for group in first
    ]
    # With more processes and a run that is finished the groups are the same.
    again = find(runs, tmp_path, pending=runs[1:], jobs=4)
    assert list(map(trained, again)) == list(map(trained, first))
    assert [g.folder(tmp_path) for g in again] == [
        g.folder(tmp_path) for g in first
    ]
    # A group whose runs are all finished is not trained.
    (second,) = find(runs, tmp_path, pending=runs[SEEDS:])
    assert trained(second) == trained(first[1])
    assert find(runs, tmp_path, pending=[]) == []


def test_more_seeds_make_new_groups(tmp_path):
    first = find(runs_of(norms=["none"]), tmp_path)
    runs = runs_of(norms=["none"], seeds=2 * SEEDS)
    found = find(runs, tmp_path, pending=runs[SEEDS:])
    assert shapes(found) == [("stacked", SEEDS)]
    written = json.loads((tmp_path / "groups.json").read_text())["groups"]
    assert [each["members"] for each in written] == [
        first[0].members,
        found[0].members,
    ]


def test_a_run_that_has_begun_alone_ends_alone(tmp_path):
    runs = runs_of(norms=["none"], seeds=SEEDS + 1)
    folder = tmp_path / runs[0].name
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    assert shapes(find(runs, tmp_path)) == [
        ("alone", 1),
        ("stacked", SEEDS),
    ]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"groups": 1}', '{"groups": [{"mode": "x"}]}']
)
def test_a_damaged_file_is_named(text, tmp_path):
    (tmp_path / "groups.json").write_text(text)
    with pytest.raises(InputError, match=r"groups\.json is damaged\. Remove"):
        find(runs_of(), tmp_path)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (
            lambda: runs_of(
                **{"compare.together": "stacked", "optimizer.name": "adafactor"}
            ),
            "together=stacked is not possible: the optimizer Adafactor",
        ),
        (
            lambda: plan(
                gan_default.get_config(),
                [{"compare.together": "stacked", "seed": 0}],
            ),
            r"normzoo\.trainers\.gan trains each run alone",
        ),
        (
            lambda: runs_of(**{"compare.together": "beside"}),
            r"Unknown compare\.together",
        ),
    ],
)
def test_what_cannot_be_is_refused(runs, message, tmp_path):
    with pytest.raises(InputError, match=message):
        find(runs(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_groups_fit_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(choice, "fitting_runs", lambda *_: 4)
    runs = runs_of(norms=["none"], seeds=9)
    assert shapes(find(runs, tmp_path)) == [("stacked", 3)] * 3


@pytest.mark.parametrize(
    ("runs", "fitting", "expected"),
    [
        (runs_of(norms=NORMS), 100, [3]),
        # Into memory fit two groups, and one.
        (runs_of(norms=NORMS), 2 * SEEDS, [2, 1]),
        (runs_of(norms=NORMS), SEEDS, [1, 1, 1]),
        # Groups that share a model.
        (runs_of(norms=["none"], seeds=65), 1000, [1, 1]),
        # Nothing is compiled.
        (runs_of(norms=NORMS, seeds=2), 100, [1, 1, 1]),
        (runs_of(norms=NORMS, seeds=1), 100, [1, 1, 1]),
        (
            runs_of(norms=["none"]) + runs_of(norms=["batch"], seeds=1),
            100,
            [1, 1],
        ),
        # XLA looks at the kernels that the process may use.
        (
            runs_of(norms=["none"])
            + runs_of(norms=["batch"], deterministic=False),
            100,
            [1, 1],
        ),
    ],
)
def test_waves(runs, fitting, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(choice, "fitting_runs", lambda *_: fitting)
    found = find(runs, tmp_path)
    waves = list(groups.waves(found))
    assert [len(wave) for wave in waves] == expected
    assert [group for wave in waves for group in wave] == found


@pytest.mark.parametrize(
    ("sizes", "lines"),
    [
        ([("alone", "short", 1)] * 2, []),
        (
            [("stacked", "fast", 3)] * 2 + [("alone", "short", 1)],
            [
                "6 runs train together in 2 groups, stacked: fast.",
                "1 run trains alone: short.",
            ],
        ),
        (
            [("side_by_side", "long", 4)],
            ["4 runs train together in one group, side by side: long."],
        ),
    ],
)
def test_what_is_said(sizes, lines):
    found = [
        groups.Group((None,) * size, mode, reason)
        for mode, reason, size in sizes
    ]
    assert groups.said(found) == lines
