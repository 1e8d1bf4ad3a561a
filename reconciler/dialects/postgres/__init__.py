"""PostgreSQL: `dialect.py` assembles it, the modules beside it are its parts."""
