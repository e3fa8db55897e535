"""What all tests share: nothing but a collector that leaves what was collected alone."""

import gc


def pytest_collection_finish() -> None:
    """Two thousand tests and their modules stay to the end: looking at them again is waste."""
    gc.collect()
    gc.freeze()
