"""Conversations and their two logs: what may be written, and what an answer is. Has never heard of
sockets.
"""
