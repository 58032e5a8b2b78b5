"""What can be done: verbs with keywords, each one transaction."""
