"""How the desk writes dates, for each of its languages."""
