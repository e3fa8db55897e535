"""How nodes tell each other that something has happened. See `port.py` for what that is worth."""
