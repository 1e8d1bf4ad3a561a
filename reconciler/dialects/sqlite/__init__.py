"""SQLite: `dialect.py` assembles it, the modules beside it are its parts; D1 is another flavor of the same family."""
