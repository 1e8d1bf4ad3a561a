"""A project that agrees with its database in all, and what a plan tells of it, with and without earlier runs."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler import workflow
from reconciler.errors import ReconcileError
from reconciler.report.drift import check_data
from reconciler.report.facts import Review
from reconciler.report.json import document
from reconciler.report.plan_json import plan_data
from tests.target import Target

# The package has functions of the same name.
load = importlib.import_module("reconciler.spec.load")

PROJECT = """\
reconcile: 1
project: shop
specs: [schema]
sql: {dialect}
dialects: [{dialect}]
environments: {{here: {{url: '{url}', default: true, policy: {{approve: never}}}}}}
"""


class Shop:
    """A project whose every document was looked at before, and the database that it was found to agree with."""

    def __init__(self, folder: Path, target: Target, patch: pytest.MonkeyPatch, documents: Mapping[str, str]) -> None:
        self.folder, self.target, self.documents, self._patch = folder, target, documents, patch
        (folder / "schema").mkdir()
        (folder / "reconcile.yaml").write_text(PROJECT.format(dialect=target.dialect, url=target.url))
        for name, text in documents.items():
            self.write(name, text)
        patch.setattr(load, "FEWEST", 1)
        patch.setenv("RECONCILE_CACHE", str(folder / "cache"))
        workflow.apply(self.request())
        for _ in range(2):
            assert self.plan().planned.plan.empty

    def write(self, name: str, text: str) -> None:
        (self.folder / f"schema/{name}.yaml").write_text(text)

    def request(self) -> workflow.Request:
        return workflow.Request(directory=self.folder, environment="here")

    def plan(self) -> Review:
        return workflow.plan(self.request())

    def aside(self) -> set[str]:
        return set(map(str, self.plan().planned.comparison.aside))

    def told(self) -> Any:
        """Return everything that a plan and a check tell, or else what is wrong."""
        try:
            review = self.plan()
        except ReconcileError as error:
            return str(error), error.problems()
        review = replace(review, created_at="", seconds=0)
        plan, check = (json.loads("".join(document(data))) for data in (plan_data(review), check_data(review, "")))
        return plan, check

    def without(self) -> Any:
        """Return the same with nothing known from earlier runs."""
        with self._patch.context() as patch:
            patch.setenv("RECONCILE_CACHE", "off")
            return self.told()

    def same(self) -> Any:
        """Hold that what is known changes nothing, the first time and again, and return what is told."""
        wanted = self.without()
        assert self.told() == wanted
        assert self.told() == wanted
        return wanted
