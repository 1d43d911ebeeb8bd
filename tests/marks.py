"""How tests are marked."""

import pytest


def long(*values: object) -> object:
    """Values of a test that runs with the long ones only."""
    return pytest.param(*values, marks=pytest.mark.long)
