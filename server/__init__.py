"""Parley's server. `README.md` has the tour; `app.py` puts the parts together."""
