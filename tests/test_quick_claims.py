"""Every claim with --quick, from its file to its record. Takes minutes.

Not part of `make test`: `make test-slow` runs it with the others, `make
claims-quick` by itself.
"""

import json

import pytest

from normzoo.trainers import app, claims
from normzoo.trainers.comparison import sweep

from .trainers.comparison.test_claims import NAMES

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("graphs_as_traced")]


# That of `speed` is in test_claims.py, where more is asked of its record.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "speed"])
def test_a_claim_runs(name, tmp_path):
    path = app.resolve_config_flag(f"--config=claims/{name}").partition("=")[2]
    module = sweep.load_module(path)
    config = module.get_config()
    record = claims.examine(config, module, tmp_path / name, quick=True)
    assert record["verdict"] is None
    assert record["observations"]
    assert record["judged"]
    assert json.loads((tmp_path / name / "claim.json").read_text()) == record
