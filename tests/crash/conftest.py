"""What is held in a module of its own says as much when it does not hold as what a test says itself."""

import pytest

pytest.register_assert_rewrite("tests.crash.dying")
