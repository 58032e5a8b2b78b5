"""The Django project, and the letter."""

VERSION = "0.1.0"
