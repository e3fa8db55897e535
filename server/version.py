"""The one place that holds Parley's version; the build and `parley --version` read it here."""

__version__ = "0.1.0"
