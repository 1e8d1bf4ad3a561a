"""What specs declare, with its two pictures, as one thing to be shown."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.frozen import frozen
from reconciler.model.model import Desired
from reconciler.model.ref import Ref
from reconciler.report.graph.drawing import Graph


@frozen
class Declared:
    """A whole project as one dialect reads it; `tables` and `needs` are the pictures, all of it or what was chosen.

    `comments` are those of the specs, also where the database keeps none.
    """

    project: str
    dialect: str
    desired: Desired
    tables: Graph
    needs: Graph
    comments: Mapping[Ref, str]
