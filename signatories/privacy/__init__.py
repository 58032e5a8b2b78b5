"""Personal data: what is held, for how long, who asks for it, and how it goes."""
