"""Runs whose operations turn out not to be vectorizable train alone."""

import concurrent.futures
import contextlib
import pathlib

import pytest

from normzoo.trainers.run.session import Session

from .group_runs import alone, assert_same, members, together

RATES = (1e-2, 2e-3)
MODELS = pathlib.Path(__file__).with_name("odd_models.py")


def ahead():
    return concurrent.futures.ThreadPoolExecutor(1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "compiling"),
    [
        ("resized", contextlib.nullcontext),
        ("counted", contextlib.nullcontext),
        ("waved", contextlib.nullcontext),
        # One fails while it is traced, as "counted" does, and one after that.
        ("resized", ahead),
        ("waved", ahead),
    ],
)
def test_they_train_alone(model, compiling, config, tmp_path):
    config.epochs = 1
    config.model.name = f"{MODELS}:{model}"
    configs = members(config, RATES)
    with Session(reuse_models=True) as session, compiling() as executor:
        results = together(
            configs, tmp_path, session, "stacked", executor=executor
        )
        alone(configs[1], tmp_path / "alone", session)
    assert sorted(results) == [0, 1]
    assert not (tmp_path / "group").exists()
    assert_same(tmp_path / "1", tmp_path / "alone", 0)
