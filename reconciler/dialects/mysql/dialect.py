"""MySQL, as a dialect; MariaDB is another flavor of the same family."""

from reconciler.dialects.mysql.flavors import flavor

DIALECT = flavor("mysql", ("mysql",))
