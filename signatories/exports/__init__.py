"""Files that staff take out: the queue, a letter's list, organisations, and contacts."""
