#!/usr/bin/env python3
"""Django's command line for Undersigned."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the message is for those who run an older one
    sys.exit(f"Undersigned needs Python 3.11 or newer; this is {sys.version.split()[0]}.")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")
    from django.core.management import execute_from_command_line

    from campaign.redaction import redact_tracebacks

    redact_tracebacks()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
