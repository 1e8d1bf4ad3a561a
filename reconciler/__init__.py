"""A declarative schema reconciler: specs and a database in, a reviewed and proven change out."""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = ["__version__"]
