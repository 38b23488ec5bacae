"""Which engine is meant, and what is refused."""

import importlib.util
import types

import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.engines import engine_flags
from normzoo.trainers.comparison.engines.choosing import chosen
from normzoo.trainers.comparison.engines.here import Here
from normzoo.trainers.comparison.engines.processes import Processes
from normzoo.trainers.comparison.engines.settings import Ray


def test_without_a_name_this_machine_trains():
    assert isinstance(chosen(), Here)
    assert isinstance(chosen("local", jobs=2), Processes)


@pytest.mark.parametrize(
    ("engine", "jobs", "words"),
    [
        ("spark", 1, "one of local, ray.*'spark'"),
        (None, 1, "one of local, ray.*None"),
        ("ray", 2, "`jobs` has no effect. Received: 2"),
        (Ray(cpus_per_group=0), 1, "at least one CPU"),
        (Ray(gpus_per_group=-1), 1, "no negative number of GPUs"),
    ],
)
def test_what_is_refused(engine, jobs, words):
    with pytest.raises(InputError, match=words):
        chosen(engine, jobs)


def test_without_ray_there_is_a_hint(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"needs ray.*'normzoo\[ray\]'"):
        chosen("ray")


def flags(**given):
    names = ("engine", "jobs", "address", "gpus_per_group", "cpus_per_group")
    values = {"engine": "local", "jobs": 1} | given
    found = {n: types.SimpleNamespace(value=values.get(n)) for n in names}

    class Flags(dict):
        engine, jobs = values["engine"], values["jobs"]

    return Flags(found)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"jobs": 3}, {"engine": "local", "jobs": 3}),
        ({"engine": "ray"}, {"engine": Ray(), "jobs": 1}),
        (
            {"engine": "ray", "address": "auto", "gpus_per_group": 0.5},
            {"engine": Ray(address="auto", gpus_per_group=0.5), "jobs": 1},
        ),
    ],
)
def test_what_flags_say(given, expected):
    assert engine_flags.options(flags(**given)) == expected


@pytest.mark.parametrize("name", ["address", "gpus_per_group"])
def test_flags_of_a_cluster_need_it(name):
    with pytest.raises(InputError, match=f"--{name} has no effect without"):
        engine_flags.options(flags(**{name: 0}))
