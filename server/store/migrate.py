"""Brings a database to this version's schema.

For now from nothing, and by the tables as they are.
"""

from sqlalchemy.schema import CreateIndex, CreateTable

from server.store import tables
from server.store.connection import Connection

__all__ = ["create"]


def create(db: Connection) -> None:
    """Make all tables in an empty database."""
    for table in tables.metadata.sorted_tables:
        db.say(str(CreateTable(table, if_not_exists=True).compile(dialect=db.dialect)))
        for index in table.indexes:
            db.say(str(CreateIndex(index, if_not_exists=True).compile(dialect=db.dialect)))
