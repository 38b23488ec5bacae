import numpy as np
import pytest

from normzoo import layers
from normzoo.trainers.inspection import gradient_flow


@pytest.mark.slow
def test_gradients_reach_furthest_with_a_gamma_of_a_tenth():
    x, labels = gradient_flow.pixels(8, 50)
    first, last = {}, {}
    for gamma in gradient_flow.GAMMAS:
        norms = gradient_flow.gradient_norms(
            layers.BatchNormLSTM, gamma, x, labels, 20
        )
        assert len(norms) == 64
        first[gamma], last[gamma] = norms[0], norms[-1]
    # The last state's gradient is the loss' alone.
    assert max(last.values()) < 1.2 * min(last.values())
    assert first[1.0] > first[0.5] > first[0.1] > first[0.01]
    change = {g: abs(np.log10(first[g] / last[g])) for g in first}
    assert min(change, key=change.get) in (0.1, 0.5)
    assert change[0.1] < 1.5


@pytest.mark.slow
def test_there_is_a_norm_for_each_step():
    x, labels = gradient_flow.pixels(8, 10)
    make = layers.BatchNormSimpleRNN
    long = gradient_flow.gradient_norms(make, 0.1, x[:6], labels, 5)
    assert len(long) == 6
    assert np.isfinite(long).all()
    # A single step's is that of the loss alone.
    short = gradient_flow.gradient_norms(make, 0.1, x[:1], labels, 5)
    assert short == pytest.approx(long[-1:], rel=0.5)


@pytest.mark.slow
def test_script_writes_picture_and_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(gradient_flow, "GAMMAS", (0.1,))
    monkeypatch.setattr(gradient_flow, "LAYERS", (layers.BatchNormLSTM,))
    norms = gradient_flow.run(tmp_path / "new", size=2, units=3, batch=8)
    assert list(norms) == ["BatchNormLSTM"]
    rows = (tmp_path / "new/gradient_flow.csv").read_text().splitlines()
    assert len(rows) == 5
    assert float(rows[1].split(",")[-1]) == pytest.approx(
        norms["BatchNormLSTM"][0.1][0]
    )
    assert (tmp_path / "new/gradient_flow.svg").stat().st_size > 1000
