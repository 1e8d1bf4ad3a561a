"""A plan in; whether a backup is made before its first step, and that backup, out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.compare.planning import Planned
from reconciler.errors import ReconcileError
from reconciler.execute.batches import Progress
from reconciler.workflow.opening import Opened

if TYPE_CHECKING:
    from reconciler.backup.manifest import Backup


class Keeping:
    """The backup of one apply: what makes it is found before anybody is asked, and it is made under the lock.

    Raises BackupError, when it is made too: then nothing is carried out.
    """

    def __init__(self, opened: Opened, planned: Planned, wanted: bool | None, progress: Progress) -> None:
        self._opened = opened
        self._progress = progress
        self._wanted = not planned.plan.empty and (_due(opened, planned) if wanted is None else wanted)
        self.made: Backup | None = None
        if self._wanted:
            from reconciler.workflow.backing_up import ready

            self._tool = ready(opened)

    def keep(self, run_id: str) -> str:
        """Make the backup for a run, and return its name; "" where none is wanted."""
        if not self._wanted:
            return ""
        from reconciler.workflow.backing_up import place_of, take

        self._progress.waiting("for the backup")
        where = place_of(self._opened, None)
        self.made = take(self._opened, where, lambda words: None, tool=self._tool, run_id=run_id)
        self._progress.waiting("")
        return self.made.manifest.id

    @contextmanager
    def told(self) -> Iterator[None]:
        """Let an error say that there is a backup."""
        try:
            yield
        except ReconcileError as error:
            if self.made is not None:
                error.backup = self.made.manifest.id
                words = f"`reconcile backup restore {self.made.manifest.id}` brings back what was there before"
                error.hint = f"{error.hint}; {words}" if error.hint else words
                error.place([replace(one, hint=error.hint) for one in error.problems()[:1]] + [*error.problems()[1:]])
            raise


def _due(opened: Opened, planned: Planned) -> bool:
    """Say whether the environment wants a backup before this plan."""
    before = opened.environment.backup.before
    risky = any(hazard.effect != "notice" for hazard in planned.hazards)
    return before == "always" or (before == "risky" and risky)
