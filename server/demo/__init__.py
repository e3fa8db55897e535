"""`parley demo`: a small shop with the widget, the console beside it, and conversations to look at.

A part of the composition root, of which `parley serve` knows nothing: the demo's pages, its way to
sign in and the console in a frame exist only here.
"""

from server.demo.run import run_demo

__all__ = ["run_demo"]
