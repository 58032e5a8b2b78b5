"""The letter file: Markdown under YAML front matter, read with errors that name the line."""

import unicodedata
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from campaign.models.letter import Paper, check_time_zone, slug_format

LARGEST_FILE = 1024 * 1024  # bytes


class LetterFileError(Exception):
    """The file cannot be used; the message is one line that names the line or field."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {problem}" if line else problem)


@dataclass(frozen=True)
class GroupEntry:
    key: str
    title: str


@dataclass
class LetterFile:
    """A letter as its file says it; texts are NFC with LF, moments are aware."""

    slug: str
    title: str
    body: str
    language: str = "en-GB"
    sender: str = ""
    dateline: str = ""
    running_header: str = ""
    addressee: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    salutation: str = ""
    closing: str = ""
    about: str = ""
    contact: str = ""
    press_contact: str = ""
    opens: datetime | None = None
    closes: datetime | None = None
    time_zone: str = "UTC"
    paper: str = Paper.A4
    groups: list[GroupEntry] = field(default_factory=list)
    default_group: str = ""
    #: The optional keys that the file really holds: loading again changes no other setting.
    given: frozenset[str] = frozenset()


LONGEST = {
    "slug": 60,
    "dateline": 100,
    "running_header": 100,
    "language": 20,
    "about": 5000,
    "contact": 254,
    "press_contact": 254,
    "time_zone": 50,
}
LONGEST_GROUP_KEY = 60
#: Years that a moment may have; what lies outside is a slip, and breaks calendars.
YEARS = range(1970, 2200)
LINES = {"title", "language", "sender", "dateline", "running_header", "salutation", "closing"}
LISTS = {"addressee", "cc"}
ADDRESSES = {"contact", "press_contact"}
MOMENTS = {"opens", "closes"}
KEYS = {
    *LINES, *LISTS, *ADDRESSES, *MOMENTS,
    "slug", "about", "groups", "default_group", "time_zone", "paper",
}  # fmt: skip


def read_letter_file(content: bytes) -> LetterFile:
    """Read a letter file. Raises LetterFileError, naming the line where there is one."""
    return _LetterReader(_decode(content)).read()


def _decode(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        raise LetterFileError(f"the file has {len(content)} bytes; the most allowed is 1 MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise LetterFileError("the file is not UTF-8 text; save it as UTF-8", line) from error
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    for position, character in enumerate(text):
        if character not in "\n\t" and unicodedata.category(character) == "Cc":
            raise LetterFileError(
                f"the file holds the control character U+{ord(character):04X}; "
                "a letter file is plain text",
                text.count("\n", 0, position) + 1,
            )
    return text


class _LetterReader:
    """Walks the front matter with the line of each key at hand."""

    def __init__(self, text: str) -> None:
        lines = text.split("\n")
        if not lines or lines[0].rstrip() != "---":
            raise LetterFileError("expected --- and the letter's settings in YAML", 1)
        end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
        if end is None:
            raise LetterFileError("expected a second --- after the letter's settings", len(lines))
        self.body = "\n".join(lines[end + 1 :]).strip("\n")
        self.body_line = end + 2
        self.values, self.lines = self._front_matter("\n".join(lines[1:end]))

    def _front_matter(self, source: str) -> tuple[dict[str, Any], dict[str, int]]:
        try:
            node = yaml.compose(source, Loader=yaml.SafeLoader)
            values = yaml.safe_load(source)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise LetterFileError(
                f"this is not valid YAML: {error.problem or error.context}",
                mark.line + 2 if mark else 2,
            ) from error
        except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
            raise LetterFileError(
                f"this is not valid YAML: {' '.join(str(error).split())}", 2
            ) from error
        if not isinstance(node, yaml.MappingNode) or not isinstance(values, dict):
            raise LetterFileError("expected settings such as “title: …”", 2)
        lines: dict[str, int] = {}
        for key_node, _ in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 2
            if key in lines:
                raise LetterFileError(f"the key “{key}” stands twice", line)
            lines[key] = line
            if key not in KEYS:
                raise LetterFileError(
                    f"unknown key “{key}”; known are {', '.join(sorted(KEYS))}", line
                )
        return values, lines

    def fail(self, key: str, problem: str) -> LetterFileError:
        return LetterFileError(f"{key}: {problem}", self.lines.get(key))

    def read(self) -> LetterFile:
        for key in ("slug", "title"):
            if self.values.get(key) in (None, ""):
                raise LetterFileError(
                    f"the key “{key}” is missing or empty", self.lines.get(key, 2)
                )
        given: dict[str, Any] = {}
        for key in self.lines:
            if self.values[key] is None:
                continue
            if key in LISTS:
                given[key] = self.lines_of(key)
            elif key in MOMENTS:
                continue  # after the time zone
            elif key == "groups":
                given[key] = self.groups()
            else:
                given[key] = self.line_of(key)
        self.check(given)
        zone = ZoneInfo(given.get("time_zone", "UTC"))
        for key in MOMENTS & self.lines.keys():
            if self.values[key] is not None:
                given[key] = self.moment(key, zone)
        if given.get("opens") and given.get("closes") and given["closes"] <= given["opens"]:
            raise self.fail("closes", "expected a moment after “opens”")
        if not self.body.strip():
            raise LetterFileError("the letter has no text under its settings", self.body_line)
        return LetterFile(**given, body=self.body, given=frozenset(given))

    def check(self, given: dict[str, Any]) -> None:
        checks: list[tuple[str, Callable[[str], None]]] = [
            ("slug", slug_format),
            ("time_zone", check_time_zone),
        ]
        checks += [(key, validate_email) for key in sorted(ADDRESSES)]
        for key, check in checks:
            if given.get(key):
                try:
                    check(given[key])
                except ValidationError as error:
                    raise self.fail(key, f"{error.messages[0]} Found: {given[key]}") from error
        if given.get("paper", Paper.A4) not in Paper.values:
            raise self.fail("paper", f"expected one of {', '.join(Paper.values)}")
        keys = [group.key for group in given.get("groups", [])]
        if given.get("default_group") and given["default_group"] not in keys:
            raise self.fail("default_group", f"there is no group “{given['default_group']}”")

    def line_of(self, key: str) -> str:
        value = self.values[key]
        if isinstance(value, date | int | float) and not isinstance(value, bool):
            raise self.fail(key, f"YAML reads {value} as a date or number; put it in quotes")
        if not isinstance(value, str):
            raise self.fail(key, "expected text")
        value = value.strip()
        if "\n" in value and key != "about":
            raise self.fail(key, "expected a single line")
        self.check_length(key, value)
        return value

    def check_length(self, key: str, value: str) -> None:
        longest = LONGEST.get(key, 300)
        if len(value) > longest:
            raise self.fail(key, f"has {len(value)} characters; the longest allowed is {longest}")

    def lines_of(self, key: str) -> list[str]:
        value = self.values[key]
        if isinstance(value, str):
            value = value.strip().split("\n")
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            raise self.fail(key, "expected a list of lines, each “- text”")
        for line in value:
            self.check_length(key, line)
        return [line.strip() for line in value]

    def moment(self, key: str, zone: ZoneInfo) -> datetime:
        value = self.values[key]
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value.strip())
            except ValueError as error:
                raise self.fail(key, "expected a moment such as 2026-05-31 23:59") from error
        if isinstance(value, datetime) and value.year not in YEARS:
            raise self.fail(key, f"expected a year from {YEARS.start} to {YEARS.stop - 1}")
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
        raise self.fail(key, "expected a moment with its time, such as 2026-05-31 23:59")

    def groups(self) -> list[GroupEntry]:
        value = self.values["groups"]
        entries: list[GroupEntry] = []
        if not isinstance(value, list):
            raise self.fail("groups", "expected a list, each entry with “key” and “title”")
        for number, entry in enumerate(value, 1):
            place = f"entry {number}: "
            if not isinstance(entry, dict) or set(map(_text, entry)) != {"key", "title"}:
                raise self.fail("groups", place + "expected exactly “key” and “title”")
            key, title = entry["key"], entry["title"]
            if not isinstance(key, str) or not isinstance(title, str) or not title.strip():
                raise self.fail("groups", place + "“key” and “title” must be text")
            try:
                if len(key) > LONGEST_GROUP_KEY:
                    raise ValidationError(f"The longest allowed is {LONGEST_GROUP_KEY}.")
                slug_format(key)
            except ValidationError as error:
                raise self.fail("groups", f"{place}{error.messages[0]} Found: {key}") from error
            if any(key == known.key for known in entries):
                raise self.fail("groups", f"{place}the group “{key}” stands twice")
            self.check_length("groups", title)
            entries.append(GroupEntry(key=key, title=title.strip()))
        return entries


def _text(value: Hashable) -> str:
    return str(value)
