"""The wire contract, tested by itself: no server is started and none is imported."""
