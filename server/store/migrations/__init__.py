"""One file per step of the schema, in Alembic's form. `migrate.py` runs them.

A step only adds; what it makes superfluous goes one release later, with `min_code` raised, so that
the nodes of a rolling deploy can share the database.
"""
