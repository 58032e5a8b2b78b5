"""The one table of security and CORS headers, by kind of answer.

Django's answers get theirs in campaign/answers.py, those of Caddy from deploy/headers.caddy, which
`manage.py draw_headers` makes from this table; `make lint` and a test hold the two together. Where
Django has answered, Caddy adds nothing. See docs/decisions/0018-one-table-of-headers.md.
"""

from collections.abc import Mapping
from typing import Final

Headers = Mapping[str, str]

#: Seconds: a year, as browsers ask for at least. Whether subdomains are meant is not ours to say.
HSTS_SECONDS = 31_536_000
HSTS: Headers = {"Strict-Transport-Security": f"max-age={HSTS_SECONDS}"}
FEATURES = ("browsing-topics", "camera", "geolocation", "microphone", "payment", "usb")
#: On every answer. Same-origin for the referrer: the address of a page may hold a token.
COMMON: Headers = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES),
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: Where an address is a key, and at the desk.
NOT_TO_BE_FOUND: Headers = {"X-Robots-Tag": "noindex, nofollow"}
KEYED_PATHS = ("/unlisted/", "/sign-ons/", "/invitations/", "/digest/")


def policy(*allowed: str, frames: str = "'none'") -> str:
    """A content security policy that allows nothing but the directives given."""
    rest = ("form-action 'self'", "base-uri 'none'", f"frame-ancestors {frames}")
    return "; ".join(["default-src 'none'", *allowed, *rest])


OWN = "'self'"
LOOK = (f"style-src {OWN}", f"img-src {OWN}", f"font-src {OWN}")
SCRIPT = f"script-src {OWN}"

#: The kinds of answer, and what each has beside COMMON.
PAGE = "page"
SCRIPTED = "scripted"
STAFF = "staff"
FRAMED = "framed"
VIEWER = "viewer"
DOWNLOAD = "download"
DATA = "data"
STATIC = "static"
KINDS: Final[Mapping[str, Headers]] = {
    # What the public reads, and every error: no script at all.
    PAGE: {
        "Content-Security-Policy": policy(*LOOK),
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
    },
    # A page of Django's with a script of ours that works in the background.
    SCRIPTED: {
        "Content-Security-Policy": policy(SCRIPT, f"worker-src {OWN}", *LOOK),
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
    },
    # The desk: Django's admin with its scripts, one of which asks for what completes a name. It
    # frames a preview of its own.
    STAFF: {
        "Content-Security-Policy": policy(SCRIPT, f"connect-src {OWN}", f"frame-src {OWN}", *LOOK),
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
    },
    # What the desk shows in a frame: the preview of a letter while it is written. No script.
    FRAMED: {
        "Content-Security-Policy": policy(*LOOK, frames=OWN),
        "X-Frame-Options": "SAMEORIGIN",
        "Cross-Origin-Resource-Policy": "same-origin",
    },
    # A PDF: a browser's own viewer draws with styles, scripts and frames of its own.
    VIEWER: {
        "Content-Security-Policy": f"base-uri 'none'; frame-ancestors {OWN}",
        "X-Frame-Options": "SAMEORIGIN",
        "Cross-Origin-Resource-Policy": "same-origin",
    },
    # What somebody sent to staff: saved, never shown, and powerless if a browser shows it.
    DOWNLOAD: {
        "Content-Security-Policy": policy("sandbox"),
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
    },
    # The public list as data, which pages of other sites may read.
    DATA: {
        "Content-Security-Policy": policy(),
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    },
    # Styles, fonts, icons and scripts.
    STATIC: {
        "Content-Security-Policy": policy(),
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
    },
}
