"""The wire contract of Parley: typed frames, codecs, close codes, errors and limits.

This package knows nothing of the server. A client, the load tester and the tests use it as it is.
"""
