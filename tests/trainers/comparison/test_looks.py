"""Levels of a family of comparisons, and the numbers of looks."""

import ml_collections
import numpy as np
import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.intervals import interval
from normzoo.trainers.comparison.looks import (
    check_looks,
    error_after,
    family_level,
    fewest_seeds,
)


@pytest.mark.parametrize(
    ("variants", "looks", "level"),
    [(1, 1, 0.95), (4, 3, 1 - 0.05 / 12), (0, 1, 0.95), (2, 1, 0.975)],
)
def test_the_family_shares_one_error(variants, looks, level):
    assert family_level(variants, looks) == pytest.approx(level)


@pytest.mark.parametrize(
    ("level", "seeds"),
    [
        (0.0, 1),
        (0.5, 2),
        (0.75, 3),
        (0.76, 4),
        (0.95, 6),
        (0.96875, 6),
        (0.969, 7),
        (family_level(4, 3), 9),
    ],
)
def test_fewest_seeds(level, seeds):
    assert fewest_seeds(level) == seeds


@pytest.mark.parametrize("variants", range(1, 10))
@pytest.mark.parametrize("looks", range(1, 4))
def test_fewest_seeds_attain_the_level(variants, looks):
    level = family_level(variants, looks)
    seeds = fewest_seeds(level)
    assert interval(range(seeds), level).level >= level
    assert interval(range(seeds - 1), level).level < level


@pytest.mark.parametrize(
    "looks", [(), (1,), (10, 20, 40), [3, 5], (np.int64(2), 3)]
)
def test_looks_that_increase(looks):
    checked = check_looks(looks)
    assert checked == tuple(looks)
    assert all(type(look) is int for look in checked)


def test_looks_of_a_config():
    config = ml_collections.ConfigDict({"looks": (10, 20, 40)})
    assert check_looks(config.looks) == (10, 20, 40)


@pytest.mark.parametrize(
    "looks",
    [(10, 10), (20, 10), (0, 5), (-1,), (5.0,), (True, 2), ("10",), 10, "10"],
)
def test_looks_that_do_not_increase(looks):
    with pytest.raises(InputError, match=r"compare\.looks must increase"):
        check_looks(looks)


@pytest.mark.parametrize(
    ("looks", "error"), [(0, 0), (1, 0.05), (3, 0.15), (20, 1), (100, 1)]
)
def test_looks_that_were_not_planned_add_up(looks, error):
    assert error_after(looks) == pytest.approx(error)
