"""What all tests of layers share."""

import pytest


@pytest.fixture(autouse=True)
def _layers_are_compiled_where_they_ask_for_it(without_determinism):
    """Layers alone never ask for determinism."""
