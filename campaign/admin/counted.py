"""Numbers with their nouns, for messages and buttons."""


def counted(number: int, noun: str) -> str:
    """Such as “1 sign-on” or “1,234 sign-ons”."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
