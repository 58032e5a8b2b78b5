"""Fixtures for all tests. The servers they need are started by tests/servers.py."""
