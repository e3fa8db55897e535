"""One socket's life as a pure state machine. No `await`, no clock of its own, nothing of the
store.
"""
