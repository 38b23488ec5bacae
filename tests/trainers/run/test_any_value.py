"""Any value of any key is taken or refused in few words, with no traceback.

More of them, by hand:

    EXAMPLES=1000 python -m pytest tests/trainers/run/test_any_value.py
"""

import functools
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from normzoo.configs import digits_dcgan, digits_mlp
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.common.structures import flatten
from normzoo.trainers.gans.trainer import TRAINER as GANS
from normzoo.trainers.supervised.trainer import TRAINER as SUPERVISED

TEXTS = st.sampled_from(("", "x", "../x", "none", "batch", "a:b", "ä %s{}"))
NUMBERS = st.one_of(
    st.sampled_from((0, 1, -1, 2**31, -(2**63))),
    st.floats(width=32),
    st.booleans(),
)
VALUES = st.recursive(
    st.one_of(TEXTS, NUMBERS, st.none()),
    lambda inner: st.tuples(inner) | st.fixed_dictionaries({"x": inner}),
    max_leaves=2,
)


def mlp():
    config = digits_mlp.get_config()
    config.dataset.train_split = "train[:64]"
    config.model.width = 4
    return config


def dcgan():
    config = digits_dcgan.get_config()
    config.generator.base_width = config.discriminator.base_width = 2
    config.metrics.features = "raw"
    return config


EXAMPLES = int(os.environ.get("EXAMPLES", "50"))
KINDS = {"classifier": (SUPERVISED, mlp), "gan": (GANS, dcgan)}
#: What would be built as large as the memory is.
SIZES = ("depth", "width", "units", "latent_dim")


@pytest.fixture(autouse=True, scope="module")
def _elsewhere(tmp_path_factory):
    """Data sets are prepared in folders of any name."""
    before = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("here"))
    yield
    os.chdir(before)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(data=st.data(), value=VALUES)
def test_a_config_is_taken_or_refused(kind, data, value):
    trainer, base = KINDS[kind]
    config = base()
    key = data.draw(st.sampled_from(list(flatten(config.to_dict()))))
    if key.endswith(SIZES) and isinstance(value, (int, float)):
        value = min(value, 8)
    *parts, last = key.split(".")
    with config.ignore_type():
        functools.reduce(getattr, parts, config)[last] = value
    refused = ""
    try:
        trainer.check([config])
    except InputError as error:
        # Any other exception would be shown with a traceback.
        refused = str(error)
    assert len(refused) < 800
