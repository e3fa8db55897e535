"""Tests of `server/transport`, over real sockets."""
