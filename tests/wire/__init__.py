"""The wire contract, judged from outside: real nodes, real sockets, clients written from it."""
