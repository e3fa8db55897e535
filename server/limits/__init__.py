"""Rates and counts that are shared between connections: by address, visitor and workspace."""
