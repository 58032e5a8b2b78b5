"""The page behind the link of the mail, as who presses its button sends it."""

import re
from html import unescape
from typing import Any

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def fields_in(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in HIDDEN.findall(page)}


def fields_of(response: Any) -> dict[str, str]:
    """What the button sends."""
    return fields_in(response.content.decode())
