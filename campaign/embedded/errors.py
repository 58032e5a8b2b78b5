"""The one error of this package; importing it needs none of what embedded servers need."""


class CannotStartError(Exception):
    """A process does not start or stay up; the message is one line for the operator."""
