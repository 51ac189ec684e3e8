"""Readers of database servers."""

from __future__ import annotations

from typing import Final

from atttcli.source import Source
from atttcli.sources.databases.mssql import Mssql
from atttcli.sources.databases.mysql import AUDIT, MysqlError, MysqlGeneral
from atttcli.sources.databases.postgresql import Postgresql, PostgresqlCsv

DATABASE_SOURCES: Final[tuple[Source, ...]] = (
    Postgresql(),
    PostgresqlCsv(),
    MysqlError(),
    MysqlGeneral(),
    AUDIT,
    Mssql(),
)
