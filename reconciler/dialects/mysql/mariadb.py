"""MariaDB, as a dialect: a flavor of MySQL's family."""

from reconciler.dialects.mysql.flavors import flavor

DIALECT = flavor("mariadb", ("mariadb", "mysql"))
