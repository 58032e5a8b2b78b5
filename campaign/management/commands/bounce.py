"""bounce < REPORT: note what a mail server sent back to the address that mails come from."""

import sys
from typing import Any

from django.core.management.base import CommandError

from campaign.mail.bounces import UnknownMail, note_bounce
from campaign.mail.reports import Unreadable, read_report
from campaign.management.database_command import DatabaseCommand

#: Bytes. A report returns our mail at most, and ours are small.
MOST = 5_000_000


class Command(DatabaseCommand):
    help = "Note a delivery report (RFC 3464) or complaint (RFC 5965), read from standard input."

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read(MOST + 1)
        if len(raw) > MOST:
            raise CommandError(f"the report is longer than {MOST} bytes")
        if not raw.strip():
            raise CommandError("there is no report on standard input")
        try:
            report = read_report(raw)
            if report.bounce is not None:
                note_bounce(report.bounce, message_id=report.message_id)
        except Unreadable as problem:
            raise CommandError(str(problem)) from problem
        except UnknownMail as unknown:
            raise CommandError("the report is about no mail that was sent from here") from unknown
        said = report.bounce.label if report.bounce else "good news, nothing to note"
        self.stdout.write(f"{report.message_id}: {said}")
