"""Names of modules in, what stands for them until one of their functions is called out: nothing is loaded before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Late:
    """A module that only some commands need; each of its functions can be had at once, and loads it when called."""

    module: str

    def __getattr__(self, name: str) -> Callable[..., Any]:
        @cache
        def found() -> Callable[..., Any]:
            function: Callable[..., Any] = getattr(import_module(self.module), name)
            return function

        def call(*given: Any, **named: Any) -> Any:
            return found()(*given, **named)

        return call


def late(package: str, *names: str) -> tuple[Late, ...]:
    """Return what stands for these modules of a package.

    Who takes them imports the same ones for the type checker, so that it knows what their functions take and give.
    """
    return tuple(Late(f"{package}.{name}") for name in names)
