"""MySQL and MariaDB: `flavors.py` assembles them, the modules beside it are their parts."""
