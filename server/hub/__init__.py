"""Moves ready-made bytes between connections. Has never heard of conversations or of who people
are.
"""
