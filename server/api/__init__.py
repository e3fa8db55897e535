"""HTTP, by Starlette: the two sockets' handshakes, the REST routes, health and metrics."""
