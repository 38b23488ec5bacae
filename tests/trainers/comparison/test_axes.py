"""The variants that --norms and --vary name."""

import pytest

from normzoo.configs import default, digits_lstm
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.procedure.axes import baseline_among, crossed
from normzoo.trainers.comparison.trainers import TRAINERS

from .fakes import Fake, fake_config

TRAINER = Fake().trainer
CLASSIFIER = TRAINERS["classifier"]

#: Text -> the values.
VALUES = {
    "batch_size:8,32": [8, 32],
    "optimizer.learning_rate:1e-3, 1": [0.001, 1.0],
    "precision:float32,mixed_bfloat16": ["float32", "mixed_bfloat16"],
    "fake.fast:True,false": [True, False],
    "fake.units:(8,),(16,16)": [(8,), (16, 16)],
    "fake.norm:mine.py:Norm,batch": ["mine.py:Norm", "batch"],
    "dataset.name:,digits": ["", "digits"],
}


@pytest.mark.parametrize("text", VALUES)
def test_values_have_the_type_of_the_key(text):
    key = text.partition(":")[0]
    found = crossed(fake_config().lock(), TRAINER, None, [text])
    assert found == [{key: value} for value in VALUES[text]]
    assert [type(each[key]) for each in found] == list(map(type, VALUES[text]))


def test_a_key_that_has_no_value_yet():
    config = digits_lstm.get_config()
    text = "model.gamma_initializer:0.1,1"
    found = crossed(config, TRAINER, None, [text])
    assert found == [{"model.gamma_initializer": v} for v in (0.1, 1.0)]


def test_all_axes_are_crossed():
    found = crossed(
        fake_config(),
        TRAINER,
        ["batch", "layer"],
        ["batch_size:8,32", "precision:float32,mixed_bfloat16"],
    )
    assert len(found) == 8
    assert found[0] == {
        "fake.norm": "batch",
        "batch_size": 8,
        "precision": "float32",
    }
    assert found[-1] == {
        "fake.norm": "layer",
        "batch_size": 32,
        "precision": "mixed_bfloat16",
    }


BAD = {
    "no values": (["batch_size"], "batch_size:8,32"),
    "empty": (["batch_size:"], "batch_size:8,32"),
    "unknown": (["batchsize:8"], "'batchsize'.*Did you mean batch_size"),
    "last part": (["learning_rate:1"], "mean optimizer.learning_rate"),
    "a part": (["fake:a,b"], "fake.fast, fake.norm, fake.units"),
    "word": (["batch_size:8,many"], "batch_size must be whole.*'many'"),
    "half": (["batch_size:8,1.5"], "whole numbers.*'1.5'"),
    "rate": (["optimizer.learning_rate:high"], "must be numbers.*'high'"),
    "bool": (["fake.fast:1"], "True or False.*'1'"),
    "tuple": (["fake.units:8,16"], "takes tuples.*8"),
    "broken": (["fake.units:(8"], "takes tuples"),
    "twice": (["batch_size:8,8"], "twice: 8"),
    "key twice": (["batch_size:8", "batch_size:4"], "batch_size twice"),
    "norm twice": (["fake.norm:a"], "fake.norm twice"),
    "rules": (["compare.metric:score,odd"], "no result depends on it"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_axes(name):
    vary, message = BAD[name]
    with pytest.raises(InputError, match=message):
        crossed(fake_config(), TRAINER, ["batch"], vary)


@pytest.mark.parametrize("names", [[], [""], ["a", "a"]])
def test_bad_norms(names):
    with pytest.raises(InputError, match="--norms"):
        crossed(fake_config(), TRAINER, names)


@pytest.mark.parametrize(
    ("names", "vary", "expected"),
    [
        (["batch", "none"], [], "norm=none"),
        (["batch", "layer"], [], ""),
        (["none"], ["batch_size:8"], ""),
    ],
)
def test_the_baseline(names, vary, expected):
    config = default.get_config()
    overrides = crossed(
        config, TRAINER, None, [f"model.norm:{','.join(names)}"]
    )
    overrides = [
        {**each, **more}
        for each in overrides
        for more in (crossed(config, TRAINER, None, vary) if vary else [{}])
    ]
    assert baseline_among(config, overrides) == expected
