"""Real database servers for the tests: a dialect's name in, a running server out; it knows nothing of the product."""

from tests.engines.d1 import d1
from tests.engines.mysql import mysql, mysql_client
from tests.engines.places import EngineMissingError, Server
from tests.engines.postgres import client_program, dump_postgres, postgres, postgres_names
from tests.engines.tools import backup_tools

__all__ = [
    "EngineMissingError",
    "Server",
    "backup_tools",
    "client_program",
    "d1",
    "dump_postgres",
    "mysql",
    "mysql_client",
    "postgres",
    "postgres_names",
]
