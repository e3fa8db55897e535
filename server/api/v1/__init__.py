"""The routes under `/api/v1`, for agents and for programs with a secret key (PROTOCOL §13)."""
