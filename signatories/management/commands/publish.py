"""publish [SLUG]: bring a letter's edition up to date at once, or ask for all of them."""

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from campaign.management.database_command import DatabaseCommand
from campaign.models import Letter, Publication
from campaign.publication import gathered, want
from signatories.editions import publisher


class Command(DatabaseCommand):
    speaks_for_the_site = True
    help = "Publish a letter now. Without SLUG, ask for every letter and the site edition."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="the letter; without it, all")
        parser.add_argument(
            "--later", action="store_true", help="ask for it only; a worker or the sweep builds"
        )

    def handle(self, *args: Any, slug: str | None, later: bool, **options: Any) -> None:
        letters = Letter.objects.filter(slug=slug) if slug else Letter.objects.all()
        if slug and not letters:
            raise CommandError(f"there is no letter “{slug}”")
        with transaction.atomic(), gathered():
            for letter in letters:
                want(letter)
            want(None)
        if later:
            return
        rows = Publication.objects.filter(letter__in=letters)
        # Rests after earlier failures end now; a worker that is at it has the lease, and finishes.
        rows.update(failed_at=None)
        deadline = time.monotonic() + settings.PUBLISH_LEASE.total_seconds()
        while time.monotonic() < deadline:
            publisher.run(overdue=timedelta(0))
            behind = [row for row in rows.all() if row.published < row.wanted]
            if not behind or any(row.failed_at for row in behind):
                break
            time.sleep(0.1)
        wrong = [row for row in rows.all() if row.published < row.wanted or row.problem]
        if wrong:
            raise CommandError(
                "; ".join(f"{row.letter}: {row.problem or 'is still being built'}" for row in wrong)
            )
        for letter in letters:
            edition = letter.editions.first()
            self.stdout.write(f"{letter.slug}: edition {edition.number if edition else 'none'}")
