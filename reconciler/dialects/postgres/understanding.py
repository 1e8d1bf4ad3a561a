"""A model and what the server says of its objects beyond what was read in, the model with their marks out."""

from __future__ import annotations

from reconciler.dialects.postgres.reading import Rows
from reconciler.model.fields import changed
from reconciler.model.model import Model
from reconciler.model.ref import Ref


def marked(model: Model, rows: Rows) -> Model:
    """Return a model whose objects know what is not understood of them."""
    found: dict[Ref, list[str]] = {}
    for _, catalog, oid, number, words in rows.beyond:
        ref = rows.address.get((catalog, oid, number))
        if words and ref is not None and hasattr(model.get(ref), "not_understood"):
            found.setdefault(ref, []).append(words)
    if not found:
        return model
    return model.updated(changed(model[ref], not_understood=", ".join(words)) for ref, words in found.items())
