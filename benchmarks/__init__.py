"""Measurements of the whole command beside what nothing can be faster than; the tests never look at a clock."""
