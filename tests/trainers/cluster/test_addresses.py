"""Who trains together, as the environment tells it."""

import json

import pytest

from normzoo.trainers.cluster.addresses import (
    Cluster,
    expand_hosts,
    find_cluster,
)
from normzoo.trainers.common.errors import InputError


def tf_config(cluster, kind="worker", index=0):
    task = {"type": kind, "index": index}
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})}


TWO = {"worker": ["a:1", "b:2"]}
SLURM = {
    "SLURM_PROCID": "2",
    "SLURM_STEP_NODELIST": "gpu[09-10]",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
}
KUBERNETES = {
    "JOB_COMPLETION_INDEX": "1",
    "NORMZOO_JOB": "train",
    "NORMZOO_SERVICE": "workers",
    "NORMZOO_WORKERS": "2",
}

GOOD = {
    "workers": (tf_config(TWO, index=1), ("a:1", "b:2"), 1),
    "a chief": (
        tf_config({"chief": ["c:0"], **TWO}, "chief"),
        "c:0 a:1 b:2",
        0,
    ),
    "behind a chief": (
        tf_config({"chief": ["c:0"], **TWO}, index=1),
        "c:0 a:1 b:2",
        2,
    ),
    "Slurm": (SLURM, "gpu09:12345 gpu09:12346 gpu10:12345 gpu10:12346", 2),
    "Kubernetes": (
        {**KUBERNETES, "NORMZOO_PORT": "80"},
        "train-0.workers:80 train-1.workers:80",
        1,
    ),
    "TF_CONFIG in Slurm": ({**SLURM, **tf_config(TWO)}, "a:1 b:2", 0),
}


@pytest.mark.parametrize("name", GOOD)
def test_find_cluster(name):
    environ, addresses, index = GOOD[name]
    if isinstance(addresses, str):
        addresses = tuple(addresses.split())
    cluster = find_cluster(environ)
    assert cluster == (addresses, index)
    again = find_cluster({"TF_CONFIG": cluster.tf_config()})
    assert again == Cluster(addresses, index)


BAD = {
    "nothing": ({}, "needs to know its workers.*none of them"),
    "no JSON": ({"TF_CONFIG": "{worker"}, "cannot be understood.*{worker"),
    "a list": ({"TF_CONFIG": "[]"}, "cannot be understood"),
    "no task": ({"TF_CONFIG": json.dumps({"cluster": TWO})}, "'task'"),
    "empty": ({"TF_CONFIG": ""}, "cannot be understood"),
    "no workers": (tf_config({"worker": []}), "HOST:PORT"),
    "no port": (tf_config({"worker": ["a:1", "b"]}), r"HOST:PORT.*\['b'\]"),
    "a number": (tf_config({"worker": [1]}), "HOST:PORT"),
    "index": (tf_config(TWO, index=2), "index 2, but has 2 workers.*0 to 1"),
    "negative": (tf_config(TWO, index=-1), "index -1"),
    "a server": (tf_config({**TWO, "ps": ["c:3"]}), "'worker'. Received: 'ps'"),
    "evaluator": (tf_config(TWO, "evaluator"), "'evaluator'"),
    "Slurm alone": ({"SLURM_PROCID": "0"}, "SLURM_STEP_NODELIST.*TF_CONFIG"),
    "Slurm nodes": ({**SLURM, "SLURM_STEP_NODELIST": "a[1"}, "SLURM_PROCID"),
    "Slurm index": ({**SLURM, "SLURM_PROCID": "4"}, "index 4"),
    "no service": ({"JOB_COMPLETION_INDEX": "0"}, "NORMZOO_WORKERS"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_environments(name):
    environ, message = BAD[name]
    with pytest.raises(InputError, match=message):
        find_cluster(environ)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("a", ["a"]),
        ("a,b-1", ["a", "b-1"]),
        ("n[1-3]", ["n1", "n2", "n3"]),
        ("n[099-101,7].x,m", ["n099.x", "n100.x", "n101.x", "n7.x", "m"]),
    ],
)
def test_expand_hosts(text, hosts):
    assert expand_hosts(text) == hosts


@pytest.mark.parametrize("text", ["a[1]b[2]", "a[1", "a[x-y]", "a[2-1]"])
def test_bad_hosts(text):
    with pytest.raises(ValueError, match=r".+"):
        expand_hosts(text)
