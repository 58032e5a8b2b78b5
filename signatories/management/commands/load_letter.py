"""load_letter FILE [--signatories CSV] [--open]: load a letter and its signatories."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from campaign.letter_file import LetterFileError, read_letter_file
from campaign.letters import LetterError
from campaign.management.database_command import DatabaseCommand
from campaign.models.text import Change
from signatories.list_file import ListFileError
from signatories.services.loading import NothingToSign, load


class Command(DatabaseCommand):
    speaks_for_the_site = True
    help = "Load a letter file, and a list of signatories as approved. Again adds, never removes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the letter: Markdown under YAML front matter")
        parser.add_argument(
            "--signatories", type=Path, help="CSV: group,organisation,country,website"
        )
        parser.add_argument(
            "--open", action="store_true", help="open the letter and make it public"
        )
        parser.add_argument(
            "--substantive",
            action="store_true",
            help="changed words change the meaning (without this they are editorial)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path, list_path = options["file"], options["signatories"]
        try:
            file = read_letter_file(_read(path))
        except LetterFileError as error:
            raise CommandError(f"{path}: {error}") from error
        try:
            loaded = load(
                file,
                signatories=_read(list_path) if list_path else None,
                open_it=options["open"],
                change=Change.SUBSTANTIVE if options["substantive"] else Change.EDITORIAL,
            )
        except (LetterError, NothingToSign) as error:
            raise CommandError(f"{path}: {error}") from error
        except ListFileError as error:
            raise CommandError(f"{list_path}: {error}") from error
        applied = loaded.applied
        done = [
            "letter created" if applied.created else "",
            "settings changed" if applied.settings_changed and not applied.created else "",
            f"{applied.letter.current_text} set" if applied.text_changed else "",
            "opened and public" if loaded.opened else "",
            f"{loaded.added} signatories added" if loaded.added else "",
        ]
        summary = ", ".join(filter(None, done)) or "nothing changed"
        self.stdout.write(f"{applied.letter.slug}: {summary}.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror}") from error
