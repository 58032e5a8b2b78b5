"""A large file is imported by a worker, with the same verb and the same outcome as a small one."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from campaign import work as kinds
from campaign.models import Letter
from signatories.imports import undo, work
from signatories.models import Import, SignOn
from signatories.models.importing import Stage, Wish
from signatories.privacy import purge
from signatories.services.moving import Refused
from tests.factories import SignOnFactory, StaffFactory
from tests.roles import client_of
from tests.signatories.imports.files import NOTE, begin

pytestmark = pytest.mark.django_db

NOW = timedelta(0)
HEAD = ["organisation", "country"]
ROWS = [[f"Body {number * 7919} of {number}", "SE"] for number in range(6)]


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "AT_ONCE", 5)


def wished(letter: Letter, *rows: Any, what: Wish = Wish.IMPORT) -> Import:
    imported = begin(letter, HEAD, *rows)
    work.wish(imported=imported, what=what, by=StaffFactory())
    imported.refresh_from_db()
    return imported


def test_a_small_file_is_imported_at_once(letter: Letter) -> None:
    assert wished(letter, *ROWS[:5]).stage == Stage.DONE


def test_a_large_file_waits_for_a_worker_who_names_the_one_who_wished_it(letter: Letter) -> None:
    imported = wished(letter, *ROWS)
    assert imported.stage == Stage.RUNNING
    assert not SignOn.objects.exists()
    assert kinds.run("imports", overdue=NOW) == 1
    imported.refresh_from_db()
    assert (imported.stage, imported.wish) == (Stage.DONE, "")
    assert SignOn.objects.count() == 6
    context = SignOn.objects.earliest("pk").events.get().pgh_context.metadata
    assert context["user"] == imported.wished_by_id
    assert work.run(overdue=NOW) == 0
    work.wish(imported=imported, what=Wish.UNDO, by=StaffFactory())
    imported.refresh_from_db()
    assert imported.stage == Stage.UNDOING
    assert work.run(overdue=NOW) == 1
    imported.refresh_from_db()
    assert (imported.stage, imported.undone_by) == (Stage.UNDONE, imported.wished_by)
    assert not SignOn.objects.exists()


def test_nobody_wishes_or_forgets_what_a_worker_is_at(letter: Letter) -> None:
    imported = wished(letter, *ROWS)
    with pytest.raises(Refused, match="at it already"):
        work.wish(imported=imported, what=Wish.IMPORT, by=StaffFactory())
    client = client_of("moderator")
    page = reverse("admin:signatories_import_change", args=[imported.pk])
    assert "Being imported" in client.get(page).content.decode()
    for do in ("discard", "look", "import"):
        assert client.post(page, {"do": do}).status_code == 302
    imported.refresh_from_db()
    assert imported.stage == Stage.RUNNING


def test_what_a_worker_is_refused_stands_on_the_page(letter: Letter) -> None:
    imported = begin(letter, HEAD, *ROWS, note="")
    work.wish(imported=imported, what=Wish.IMPORT, by=StaffFactory())
    work.run(overdue=NOW)
    imported.refresh_from_db()
    assert imported.stage == Stage.WAITING
    page = reverse("admin:signatories_import_change", args=[imported.pk])
    assert "Please note who sent the list" in client_of("moderator").get(page).content.decode()


def test_what_others_did_meanwhile_is_looked_at_first(letter: Letter) -> None:
    client = client_of("moderator")
    imported = begin(letter, HEAD, *ROWS)
    page = reverse("admin:signatories_import_change", args=[imported.pk])
    seen = client.get(page).context["form"]["seen"].value()
    client.post(page, {"do": "import", "note": NOTE, "seen": seen})
    SignOnFactory(letter=letter, name=ROWS[0][0])
    work.run(overdue=NOW)
    imported.refresh_from_db()
    assert "not what you saw" in imported.problem
    assert SignOn.objects.count() == 1


def test_a_fault_leaves_nothing_behind_and_is_not_tried_for_ever(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise RuntimeError("out of paper")

    imported = wished(letter, *ROWS)
    monkeypatch.setattr("signatories.imports.resource.FileResource.note", fault)
    assert work.run(overdue=NOW) == 1
    imported.refresh_from_db()
    assert (imported.stage, imported.problem) == (Stage.WAITING, work.FAILED)
    assert not SignOn.objects.exists()
    assert work.run(overdue=NOW) == 0


def test_the_purge_leaves_a_file_that_a_worker_is_at(letter: Letter) -> None:
    imported = wished(letter, *ROWS)
    purge.purge(timezone.now() + timedelta(hours=25))
    work.run(overdue=NOW)
    imported.refresh_from_db()
    assert imported.stage == Stage.DONE


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_it_once(letter: Letter) -> None:
    imported = wished(letter, *ROWS)
    done: list[int] = []

    def run() -> None:
        try:
            done.append(work.run(overdue=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 1
    assert SignOn.objects.count() == 6
    imported.refresh_from_db()
    with transaction.atomic():
        assert undo.undo(imported=imported, by=None)["removed"] == 6
