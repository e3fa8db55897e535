"""The database, behind `port.py`: one writer with group commit, a few readers, SQLite or
PostgreSQL.
"""
