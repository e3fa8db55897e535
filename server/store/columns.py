"""The few kinds of columns that our tables have (`tables.py`), and how constraints are called."""

from typing import Final

from sqlalchemy import BigInteger, Column, MetaData, SmallInteger, Text, text

__all__ = [
    "flag_column",
    "metadata",
    "number_column",
    "number_or_null_column",
    "text_column",
    "text_or_null_column",
]

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def text_column(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def text_or_null_column(name: str) -> Column[str | None]:
    return Column(name, Text, nullable=True)


def number_column(name: str, *, key: bool = False, default: int | None = None) -> Column[int]:
    standard = None if default is None else text(str(default))
    return Column(
        name,
        BigInteger,
        primary_key=key,
        nullable=False,
        autoincrement=False,
        server_default=standard,
    )


def number_or_null_column(name: str) -> Column[int | None]:
    return Column(name, BigInteger, nullable=True)


def flag_column(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, server_default=text("0"))
