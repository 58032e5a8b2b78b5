"""Those who work at the desk: their accounts, how they sign in, and for how long."""
