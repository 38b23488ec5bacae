"""Groups whose programs are compiled ahead end as others do."""

import pytest

from normzoo.trainers.comparison import groups
from normzoo.trainers.comparison.runner import execute
from normzoo.trainers.comparison.sweep import plan

from ..equal_runs import assert_equal


@pytest.mark.slow
def test_a_wave_is_trained_as_its_groups(config, tmp_path):
    """Bit by bit, and dropout and shuffles are part of it."""
    config.compare.together, config.model.dropout = "stacked", 0.2
    runs = {
        norm: plan(
            config, [{"model.norm": norm, "seed": seed} for seed in (0, 1)]
        )
        for norm in ("batch", "layer")
    }
    every_run = [run for each in runs.values() for run in each]
    wave, single = tmp_path / "wave", tmp_path / "single"
    found = groups.find_groups(every_run, every_run, tmp_path / "plan", 1)
    assert len(list(groups.waves(found))) == 1
    results = execute(every_run, wave)
    assert {each["status"] for each in results.values()} == {"finished"}
    for each in runs.values():
        execute(each, single)
    for run in every_run:
        assert_equal(wave / run.name, single / run.name)
