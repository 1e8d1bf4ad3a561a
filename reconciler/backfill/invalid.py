"""What says that a column cannot hold a value: an exception with a sentence, and nothing else."""

from __future__ import annotations


class Invalid(Exception):
    """A value that a column cannot hold; the sentence says why, begins with a verb, and shows no value."""
