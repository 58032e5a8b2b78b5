"""The check after a restore: what agrees with the backup, what does not, and the gap."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from campaign.backup import rotation
from campaign.backup.archive import Manifest, PlaceManifest
from campaign.models import OutgoingMail
from campaign.models.mail import MailState
from signatories.backup import again, stores
from signatories.editions.schema import RENDERER
from signatories.editions.store import MANIFESTS, RETIRED, Store


@dataclass
class Report:
    agrees: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gap: list[str] = field(default_factory=list)

    def expect(self, what: str, *, so: bool, otherwise: str = "") -> None:
        if so:
            self.agrees.append(what)
        else:
            self.differs.append(f"{what}: {otherwise}" if otherwise else what)

    def lines(self) -> list[str]:
        return [
            *(f"  agrees   {line}" for line in self.agrees),
            *(f"  DIFFERS  {line}" for line in self.differs),
            *(f"  note     {line}" for line in self.notes),
            *(f"  gap      {line}" for line in self.gap),
        ]


def check_rows(report: Report, manifest: Manifest, rows: Mapping[str, int]) -> None:
    wrong = [
        f"{table} {rows.get(table, 'none')} for {manifest['tables'].get(table, 'none')}"
        for table in sorted({*rows, *manifest["tables"]})
        if rows.get(table) != manifest["tables"].get(table)
    ]
    what = f"{sum(rows.values()):,} rows in {len(rows)} tables"
    report.expect(what, so=not wrong, otherwise=", ".join(wrong))


def check_files(report: Report, manifest: Manifest) -> None:
    """Private files and the stores' manifests, by the SHA-256 of each member."""
    names = [name for name in manifest["members"] if stores.target_of(name)]
    may_change = _may_change(manifest)
    wrong = []
    for name in names:
        target = stores.target_of(name)
        found = _sha256(target) if target else ""
        same = found == manifest["members"][name]
        if not same and not (found and (name in may_change or name.endswith(f"/{RETIRED}"))):
            wrong.append(name)
    what = f"{len(names)} private files and manifests of editions"
    report.expect(what, so=not wrong, otherwise=", ".join(wrong[:10]))


def _may_change(manifest: Manifest) -> set[str]:
    """Manifests of editions whose PDF was still to come: they are complete by now."""
    return {
        f"{told['store']}/.versions/{told['place']}/{MANIFESTS}/{told['current']['edition']}.json"
        for told in manifest["places"]
        if told["current"] is not None and not told["current"]["complete"]
    }


def check_editions(report: Report, manifest: Manifest) -> None:
    """The current edition of every place, file by file, and the heads of the stores."""
    numbers = {
        (place.store.root, place.path): edition.number
        for edition in again.last_editions()
        for place in [again.place(edition, json.loads(edition.document))]
    }
    for told in manifest["places"]:
        store = stores.stores()[told["store"]]
        name = _name(told["store"], told["place"])
        head = store.head(told["place"])
        report.expect(
            f"{name}: numbers up to {told['head']}",
            so=head >= told["head"],
            otherwise=f"the store's head is {head}",
        )
        last = numbers.get((store.root, told["place"]))
        if told["current"] is not None and last is None:
            report.notes.append(f"{name}: nothing in the database belongs there any more")
        elif told["current"] is not None and last is not None:
            _check_edition(report, name, told, store, last)


def _check_edition(report: Report, name: str, told: PlaceManifest, store: Store, last: int) -> None:
    current, shown = told["current"] or {}, store.current(told["place"])
    number = current["edition"]
    if current["renderer"] != RENDERER:
        return  # noted already
    if shown is not None and shown.number > number:
        why = "was on its way when the backup was made" if shown.number <= last else "is kept"
        report.notes.append(f"{name}: edition {shown.number}, later than {number}, {why}")
        return
    wrong = [
        file
        for file, digest in current["files"].items()
        if _sha256(store.root / told["place"] / file) != digest
    ]
    report.expect(
        f"{name}: edition {number}, {len(current['files'])} files, digest by digest",
        so=not wrong,
        otherwise=", ".join(wrong[:10]),
    )


@dataclass(frozen=True)
class Ahead:
    """A place whose store knows numbers that neither the backup nor the database has."""

    name: str
    store: Store
    place: str
    last: int
    head: int


def ahead_of(manifest: Manifest) -> list[Ahead]:
    """To be asked before anything is published again."""
    known = {(told["store"], told["place"]): told["head"] for told in manifest["places"]}
    found = []
    for name, store in stores.stores().items():
        for place in sorted(store.places()):
            last, head = known.get((name, place), 0), store.head(place)
            if head > last:
                found.append(Ahead(_name(name, place), store, place, last, head))
    return found


def keep_survivors(ahead: list[Ahead]) -> Path | None:
    """Copy what such places show: an hour after the next edition it would be gone."""
    shown = [item for item in ahead if item.store.current(item.place) is not None]
    if not shown:
        return None
    root = rotation.survivors_at(Path(settings.BACKUP_DIR), timezone.now())
    root.mkdir(parents=True, mode=0o700)
    for item in shown:
        shutil.copytree(item.store.root / item.place, root / item.name.strip("…").replace("/", "-"))
    return root


def tell_gap(
    report: Report, manifest: Manifest, ahead: list[Ahead], survivors: Path | None
) -> None:
    made = datetime.fromisoformat(manifest["made_at"]).astimezone(UTC)
    hours, minutes = divmod(int((timezone.now() - made).total_seconds()) // 60, 60)
    report.gap.append(
        f"what came between {made:%Y-%m-%d %H:%M} UTC and now ({hours} h {minutes} min) is not "
        "here: sign-ons, withdrawals, decisions of staff, erasures, changes of accounts"
    )
    for item in ahead:
        numbers = f"{item.last + 1}" + (f" to {item.head}" if item.head > item.last + 1 else "")
        report.gap.append(
            f"{item.name}: numbers {numbers} were published and are not in the database; "
            f"the next edition is {item.head + 1} or later"
        )
    if survivors:
        report.gap.append(
            f"what was public then is kept in {survivors} for {rotation.OLDEST.days} days: "
            "compare the lists"
        )
    queued = OutgoingMail.objects.filter(state__in=[MailState.QUEUED, MailState.SENDING]).count()
    if queued:
        report.notes.append(
            f"{queued} mails were queued, and go out at the start, with the Message-IDs that they "
            "had: some may have been sent before"
        )


def _name(store: str, place: str) -> str:
    """A place as an operator may read it: the key of an unlisted letter is a secret."""
    return place if store == stores.EDITIONS else f"unlisted/{place[:4]}…"


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
