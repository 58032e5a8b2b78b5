"""The sweep alone, without Redis or any worker, runs the whole product; and two do no harm."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.desk import Desk
from tests.faults.ledger import FORM, LETTER, listed
from tests.faults.smtp import FaultySink
from tests.parts import Parts
from tests.signatories.confirm_page import fields_in
from tests.site import Site, eventually

pytestmark = pytest.mark.processes
BODIES = 12


def about(sink: FaultySink, name: str) -> list[str]:
    bodies = [mail.get_body(("plain",)) for mail in list(sink.messages)]
    return [text for body in bodies if body and name in (text := body.get_content())]


def sign(site: Site, name: str) -> None:
    address = f"{name.replace(' ', '.').lower()}@example.org"
    data = {**FORM, "organisation": name, "email": address}
    assert site.post(f"{LETTER}sign/", data) == 302


def confirm(site: Site, sink: FaultySink, name: str) -> None:
    eventually("the mail", lambda: about(sink, name))
    link = re.search(r"/sign-ons/confirm/[^\s>]+", about(sink, name)[0])
    assert link
    assert site.post(link[0], fields_in(site.get(link[0]).decode())) == 200


def approve(site: Site, desk: Desk, name: str) -> None:
    ((pk,),) = site.query("SELECT id FROM signatories_signon WHERE listed_name = %s", name)
    desk.post("/admin/signatories/signon/", action="approve", _selected_action=str(pk))


@pytest.fixture
def sink(faulty_sink: FaultySink) -> FaultySink:
    faulty_sink.heal()
    return faulty_sink


def test_from_the_form_to_the_page_with_the_sweep_alone(sink: FaultySink, tmp_path: Path) -> None:
    site = Parts(tmp_path / "var", sink.url, sweeps=1)
    site.start()
    try:
        desk = Desk(site)
        sign(site, "Sweepers United")
        confirm(site, sink, "Sweepers United")
        assert not listed(site, "Sweepers United")
        approve(site, desk, "Sweepers United")
        eventually("the name", lambda: listed(site, "Sweepers United"))
        assert "Sweepers United" in site.get(LETTER).decode()
        eventually("the PDF", lambda: site.json(f"{LETTER}manifest.json")["complete"])
        eventually("the mail that they are listed", lambda: len(about(sink, "Sweepers United")) > 1)
    finally:
        site.stop()


def test_two_sweeps_at_once_send_each_mail_once_and_give_each_edition_one_number(
    sink: FaultySink, tmp_path: Path
) -> None:
    site = Parts(tmp_path / "var", sink.url, sweeps=2)
    site.start()
    try:
        desk = Desk(site)
        names = [f"Twice Swept {number:02d} End" for number in range(BODIES)]
        for name in names:
            sign(site, name)
        for name in names:
            confirm(site, sink, name)
            approve(site, desk, name)
        eventually("all names", lambda: set(names) <= set(site.names("sample-letter")))
        for name in names:
            eventually("both mails", lambda name=name: len(about(sink, name)) >= 2)
        # The mail server serves other sites' faults too.
        ours = [mail for mail in list(sink.messages) if "Twice Swept" in str(mail.get_body())]
        ids = Counter(str(mail["Message-ID"]) for mail in ours)
        assert set(ids.values()) == {1}
        assert Counter(len(about(sink, name)) for name in names) == {2: BODIES}
        eventually("the PDF", lambda: site.json(f"{LETTER}manifest.json")["complete"])
        numbers = [number for (number,) in site.query(NUMBERS)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert site.json(f"{LETTER}manifest.json")["edition"] == numbers[-1]
    finally:
        site.stop()


NUMBERS = (
    "SELECT number FROM signatories_edition e JOIN campaign_letter l ON l.id = e.letter_id "
    "WHERE l.slug = 'sample-letter' ORDER BY number"
)
