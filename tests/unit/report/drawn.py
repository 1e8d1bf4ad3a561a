"""Pictures to test with: specs of hostile names, tables that point at each other at random; a graph out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.model.model import Model
from reconciler.model.objects import Column, ForeignKey, Object, PrimaryKey, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type


def tables(names: Sequence[str], pointing: Iterable[tuple[int, int]], columns: int = 3) -> Model:
    """Return a model of tables with so many columns, each named like its table; pairs (from, to) are foreign keys."""
    objects: list[Object] = []
    refs = [Ref.root(Kind.TABLE, name) for name in names]
    for ref, name in zip(refs, names, strict=True):
        objects.append(Table(ref=ref))
        for number in range(columns):
            column = ref.child(Kind.COLUMN, f"{name}{number or ''}")
            objects.append(Column(ref=column, type=Type(name, native=True), position=number))
        objects.append(PrimaryKey(ref=ref.child(Kind.PRIMARY_KEY), columns=(name,)))
    for number, (source, target) in enumerate(pointing):
        objects.append(
            ForeignKey(
                ref=refs[source].child(Kind.FOREIGN_KEY, f"fk{number}"), columns=(f"{names[source]}1",),
                target=refs[target], target_columns=(names[target],),
            )
        )  # fmt: skip
    return Model(objects)
