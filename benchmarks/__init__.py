"""Benchmarks: programs that drive a real `parley serve` from outside, by PROTOCOL alone.

`python -m benchmarks` runs them all and prints a table; run it while nothing else runs. Nothing
here is imported by the server, and nothing in the server knows of it.
"""
