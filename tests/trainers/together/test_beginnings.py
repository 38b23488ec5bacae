"""What runs of a group begin with."""

import numpy as np
import pytest

from normzoo.trainers.data.loading import load_data
from normzoo.trainers.run.session import Session
from normzoo.trainers.supervised import programs
from normzoo.trainers.supervised.build import new_model
from normzoo.trainers.together.state import values_of

from .group_runs import changed


@pytest.mark.parametrize("norm", ["batch", "virtual"])
def test_each_begins_as_alone(norm, config, monkeypatch):
    """Runs that share seed and data share a model: each takes long to make."""
    made = []
    monkeypatch.setattr(
        programs,
        "new_model",
        lambda *run: made.append(run) or new_model(*run),
    )
    config.model.norm, config.model.dropout = norm, 0.1
    variants = [
        {"seed": 0},
        {"seed": 0, "optimizer.learning_rate": 0.1},
        {"seed": 1},
        {"seed": 1, "dataset.split_seed": 3},
        {"seed": 0, "model.initializer_scale": 2.0},
        {"seed": 0, "model.dropout": 0.3},
        {"seed": 1, "optimizer.momentum": 0.5},
    ]
    configs = [changed(config, each) for each in variants]
    data = [load_data(each) for each in configs]
    with Session() as session:
        program, _ = programs.stacked(configs, data, session)
        rows = program.rows(range(len(configs)))
        assert len(made) == 5
        for number, each in enumerate(configs):
            session.seed(each.seed, each.deterministic)
            expected = values_of(new_model(each, data[number]))
            for got, value in zip(rows[number], expected, strict=False):
                np.testing.assert_array_equal(got, value)
