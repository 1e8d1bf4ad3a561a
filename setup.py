"""Lists the packages, which pyproject.toml cannot: every folder of `reconciler`, and `schemas` beside it."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["reconciler", "reconciler.*"]), "reconciler.schemas"])
