"""The inbound frames, row by row of PROTOCOL §3: every refusal stands beside its success."""
