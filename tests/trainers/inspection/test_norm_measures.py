"""What is looked at in a norm."""

import pytest

from normzoo import layers
from normzoo.trainers.inspection.norm_measures import weights_of


@pytest.mark.parametrize("name", sorted(set(layers.NORMS) - {"none"}))
def test_all_that_a_norm_learns_is_shown(name):
    norm = layers.get(name)()
    norm.build((None, 6, 8))
    numbers = {v.name for v in norm.weights if "float" in v.dtype}
    assert set(weights_of(norm)) == numbers - {"reference_count"}
