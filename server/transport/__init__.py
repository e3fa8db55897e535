"""What carries frames: our own uvicorn protocol class, or any ASGI server. See `port.py`."""
