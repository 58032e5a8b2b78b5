"""draw_headers: deploy/headers.caddy, the table of headers in Caddy's words."""

from typing import Any

from django.core.management.base import BaseCommand

from campaign import headers

HEAD = """\
# Made from campaign/headers.py by `python manage.py draw_headers > deploy/headers.caddy`.
# A "?" sets a header only where the answer has none of that name: Django's come with their own.
"""
#: The kinds that Caddy answers itself; the desk and what has scripts is Django's.
KINDS = (headers.PAGE, headers.VIEWER, headers.DATA, headers.STATIC)


def snippets() -> str:
    """The Caddyfile snippets: (headers) for all answers, (headers_KIND) for each kind.

    The conditions of (headers) stand in (headers_when), as a site may define each only once.
    """
    keyed = " ".join(f"{path}*" for path in headers.KEYED_PATHS)
    when = [
        """\t@https expression `"{$PUBLIC_URL}".startsWith("https://")`""",
        f"\t@keyed path {keyed}",
    ]
    common = [
        *_lines(headers.COMMON),
        *_lines(headers.HSTS, to="@https "),
        *_lines(headers.NOT_TO_BE_FOUND, to="@keyed "),
    ]
    blocks = {"headers_when": when, "headers": common}
    blocks |= {f"headers_{kind}": _lines(headers.KINDS[kind]) for kind in KINDS}
    return HEAD + "".join(
        "\n".join([f"\n({name}) {{", *lines, "}\n"]) for name, lines in blocks.items()
    )


def _lines(table: headers.Headers, to: str = "") -> list[str]:
    return [f'\theader {to}?{name} "{value}"' for name, value in table.items()]


class Command(BaseCommand):
    help = "Print deploy/headers.caddy: the table of security headers for Caddy."
    requires_system_checks = []  # it reads one table

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(snippets(), ending="")
