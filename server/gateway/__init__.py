"""Joins sockets, services and the hub: what a frame asks for is done here, what it means is not
decided.
"""
