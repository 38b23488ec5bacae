"""Claims: their judges on made-up data, and one of them from end to end."""

import json
import pathlib

import pytest

from normzoo import configs
from normzoo.configs.claims import layer_norm, speed
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison import claims, claims_report
from normzoo.trainers.comparison.verdicts import decide

from .made_trials import WORLDS, trials_of

NAMES = sorted(
    path.stem
    for path in (pathlib.Path(configs.__file__).parent / "claims").glob(
        "[a-z]*.py"
    )
)


def test_there_is_a_world_for_each_claim():
    assert sorted(WORLDS) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("verdict", "gains"),
    [
        ("supported", (1, 1, 1, 1, 1)),
        ("refuted", (-1, -1, -1, -1, -1)),
        ("inconclusive", (1, -1, 1, -1, 1)),
    ],
)
def test_the_judge(name, verdict, gains):
    module, trials = trials_of(name, gains)
    minimal = module.get_config().claim.minimal
    effects = module.judge(trials)
    assert sorted(effects) == [0, 1, 2, 3, 4]
    assert decide(effects.values(), minimal).verdict == verdict
    for numbers in module.observe(trials).values():
        assert sorted(numbers) == [0, 1, 2, 3, 4]
    points = module.curves(trials)
    assert {"series", "x", "values"} == set(points[0])
    json.dumps(points, allow_nan=False)


@pytest.mark.parametrize("name", NAMES)
def test_each_claim_says_what_it_is(name):
    module, _ = trials_of(name, (1, 1, 1, 1, 1))
    claim = module.get_config().claim
    assert claim.name == name
    assert claim.sentence.endswith(".")
    assert all((claim.measured, claim.limits, *claim.axes))


def test_the_claims_are_numbered():
    numbers = [
        trials_of(n, (1,) * 5)[0].get_config().claim.number for n in NAMES
    ]
    assert sorted(numbers) == list(range(1, len(NAMES) + 1))


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("claims") / "speed"
    record = claims.examine(speed.get_config(), speed, workdir, quick=True)
    return workdir, record


@pytest.mark.slow
def test_a_quick_run_is_not_judged(record):
    workdir, found = record
    assert found["verdict"] is None
    assert found["seeds"] == 1
    assert found == json.loads((workdir / "claim.json").read_text())
    assert found["runs"] == 3 * 2
    assert len(found["curves"]["digits"]) == 6


def test_there_is_a_seed(tmp_path):
    config = speed.get_config()
    config.claim.seeds = 0
    with pytest.raises(InputError, match=r"at least 1\. Received: 0"):
        claims.examine(config, speed, tmp_path)


@pytest.mark.slow
def test_finished_runs_are_not_repeated(record):
    workdir, found = record
    before = sorted(workdir.glob("*/DONE"))
    times = [path.stat().st_mtime_ns for path in before]
    again = claims.examine(speed.get_config(), speed, workdir, quick=True)
    assert [path.stat().st_mtime_ns for path in before] == times
    assert again["effects"] == found["effects"]


@pytest.mark.parametrize(("alone", "jobs"), [(True, 1), (False, 2)])
def test_some_claims_run_alone(alone, jobs, tmp_path, monkeypatch):
    def execute(runs, workdir, jobs, config_file):
        raise RuntimeError(f"{jobs} jobs")

    monkeypatch.setattr(claims, "execute", execute)
    config = speed.get_config()
    config.claim.alone = alone
    with pytest.raises(RuntimeError, match=f"{jobs} jobs"):
        claims.examine(config, speed, tmp_path, quick=True, jobs=2)


def test_quick_settings_are_above_the_sweep(tmp_path, monkeypatch):
    def execute(runs, workdir, jobs, config_file):
        configs = [run.config for run in runs]
        splits = {config.dataset.train_split for config in configs}
        raise RuntimeError(f"{splits}, {sum(c.epochs for c in configs)}")

    monkeypatch.setattr(claims, "execute", execute)
    runs = 6  # three norms of two models, one epoch each
    with pytest.raises(RuntimeError, match=rf"{{'train\[:1000\]'}}, {runs}"):
        claims.examine(
            layer_norm.get_config(), layer_norm, tmp_path, quick=True
        )


def test_quick_results_are_not_published(record, tmp_path):
    workdir, _ = record
    with pytest.raises(InputError, match="--quick"):
        claims_report.collect(workdir.parent, tmp_path)
    with pytest.raises(InputError, match=r"No .*claim\.json"):
        claims_report.collect(tmp_path, tmp_path)


def test_the_report(record, tmp_path):
    _, found = record
    effects = [1.0, 1.1, 0.9]
    judged = {**found, **decide(effects, 0.1)._asdict(), "minimal": 0.1}
    judged["effects"] = dict(zip("012", effects, strict=True))
    other = {**judged, "first_seed": 100, "verdict": "refuted"}
    third = {**judged, "first_seed": 5}
    runs = {"speed": judged, "again": other, "more": third}
    for folder, content in runs.items():
        (tmp_path / "runs" / folder).mkdir(parents=True)
        path = tmp_path / "runs" / folder / "claim.json"
        path.write_text(json.dumps(content))
    results = tmp_path / "docs" / "results"
    results.mkdir(parents=True)
    (results / "speed.md").write_text("Seen.\n")
    readme = tmp_path / "README.md"
    readme.write_text(
        "Top\n<!-- claims -->\nold\n<!-- end of claims -->\nEnd\n"
    )
    claims_report.publish(tmp_path / "runs", tmp_path / "docs")
    text = readme.read_text()
    assert "old" not in text
    assert text.startswith("Top\n<!-- claims -->\n| |")
    assert "| 4 | [Batch norm speeds up training.]" in text
    once = "1 [0.752, 1.25]"
    assert (
        f"**supported** | {once} | supported, {once}; refuted, {once}" in text
    )
    assert "| supported, 1 [0.933, 1.07] |" in text  # of nine effects
    page = (tmp_path / "docs" / "claims.md").read_text()
    assert "with seeds from 100, 0 got the same verdict, all but speed." in page
    assert "\nSeen.\n" in page
    assert "results/speed.svg" in page
    assert (results / "speed.svg").read_text().startswith("<?xml")


def test_a_readme_without_marks(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("Nothing\n")
    with pytest.raises(InputError, match="has no <!-- claims -->"):
        claims_report.put_into(readme, "")
