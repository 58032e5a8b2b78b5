"""publish [SLUG]: bring a letter's edition up to date at once, or ask for all of them."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from campaign.models import Letter, Publication
from campaign.publication import want
from signatories.editions import publisher


class Command(BaseCommand):
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
        with transaction.atomic():
            for letter in letters:
                want(letter)
            want(None)
        if later:
            return
        publisher.run(overdue=timedelta(0))
        wanted = Publication.objects.filter(letter__in=letters)
        behind = [row for row in wanted if row.published < row.wanted or row.problem]
        if behind:
            raise CommandError("; ".join(f"{row.letter}: {row.problem}" for row in behind))
        for letter in letters:
            edition = letter.editions.first()
            self.stdout.write(f"{letter.slug}: edition {edition.number if edition else 'none'}")
