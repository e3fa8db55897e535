"""Typed inbound frames: `frame.py` has the envelope, `visitor.py` and `agent.py` the two sockets.

`parse` is the only way in. It takes what a codec decoded and gives a `Frame` whose `data` is one
frozen record per frame type, or raises one of the errors drawn in `protocol/errors.py`.
"""

from protocol.frames.frame import Frame, parse
from protocol.frames.values import Data

__all__ = ["Data", "Frame", "parse"]
