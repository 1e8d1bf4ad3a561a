"""A database imported into specs that a test edits; commands in, the results of their JSON out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.process import Reconcile


@dataclass(frozen=True, slots=True)
class Imported:
    """Specs of a database, in a folder below this one."""

    reconcile: Reconcile
    folder: Path
    url: str

    @property
    def specs(self) -> Path:
        return self.folder / "specs"

    def asked(self, command: str, *words: str, code: int = 0) -> Any:
        """Run a command over the specs and return its result."""
        place = ("-C", str(self.specs), "--url", self.url)
        return json.loads(self.reconcile(command, *place, *words, "--json").ok(code).out)["result"]

    def apply(self, code: int = 0) -> Any:
        """Apply the specs, every hazard allowed that can be."""
        return self.asked("apply", "--auto-approve", "--allow", "*", code=code)

    def marked(self) -> dict[str, str]:
        """Import, hold that plan and check tell the same as the import, and return what is not understood."""
        done = self.reconcile("import", "--url", self.url, "--out", str(self.specs), "--json").ok()
        found = [json.loads(done.out)["result"], self.asked("plan"), self.asked("check")]
        first, *rest = ({one["address"]: one["what"] for one in each["not_understood"]} for each in found)
        assert rest == [first, first]
        return first

    def edit(self, file: str, before: str, after: str) -> None:
        """Replace a text in one of the specs, which has to be there."""
        path = self.specs / file
        text = path.read_text()
        assert before in text, text
        path.write_text(text.replace(before, after))

    def stopped(self) -> dict[str, str]:
        """Return what the plan would lose, by address."""
        return {one["address"]: one["message"] for one in self.asked("plan")["hazards"] if one["code"] == "NU101"}
