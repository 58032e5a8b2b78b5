"""Backup and restore of the whole site: database, keys, private files, what the stores showed."""
