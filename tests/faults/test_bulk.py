"""All that can do a bulk action killed in the middle of it: each is done once all the same."""

import uuid

import psutil
import pytest

from tests.faults.ledger import kept
from tests.faults.smtp import FaultySink
from tests.faults.test_killed import SENDERS, kill, senders
from tests.site import PATIENCE, Site, eventually

pytestmark = pytest.mark.processes

NUMBER = 300
KILLED = 2

BEGIN = """
from django.utils import timezone
from campaign.models import Letter
from campaign.tokens import address_key
from signatories.models import Contact, SignOn
from signatories.models.bulk import Verb
from signatories.services import bulks
from signatories.services.naming import named
letter = Letter.objects.get(slug="sample-letter")
wording = letter.current_text.wording_in(letter.language)
made = SignOn.objects.bulk_create(
    SignOn(letter=letter, wording=wording, group_id=letter.default_group_id,
        **named(f"Bulk {key} {number:03d} End"), status="pending", language=letter.language,
        email_key=address_key(f"bulk@{key}-{number}.example"), confirmed_at=timezone.now())
    for number in range(number)
)
Contact.objects.bulk_create(
    Contact(sign_on=one, name="Ada", title="Director", email=f"bulk@{key}-{place}.example")
    for place, one in enumerate(made)
)
theirs = SignOn.objects.filter(pk__in=[one.pk for one in made])
print("bulk", bulks.begin(verb=Verb.APPROVE, sign_ons=theirs, by=None).pk)
"""


def begin(site: Site, key: str) -> int:
    code = f"key = {key!r}\nnumber = {NUMBER}\n{BEGIN}"
    return int(site.manage("shell", "--verbosity=0", "--command", code).split("bulk")[-1])


def progress(site: Site, bulk: int) -> tuple[str, int, int]:
    """Its state, and how many are done and refused."""
    ((state, done, refused),) = site.query(
        "SELECT state, done, refused FROM signatories_bulk WHERE id = %s", bulk
    )
    return state, done, refused


def test_a_bulk_action_whose_workers_are_killed_approves_and_mails_each_once(
    quick: Site, faulty_sink: FaultySink
) -> None:
    key = uuid.uuid4().hex[:8]
    with kept(quick, faulty_sink, repeats=KILLED * (len(SENDERS) + 1)) as ledger:
        bulk = begin(quick, key)
        reached = 0
        for _ in range(KILLED):
            # Stopped first, so that it is known to be in the middle.
            eventually("a batch", lambda at=reached: progress(quick, bulk)[1] > at)
            there = stopped(senders(quick))
            state, reached, _ = progress(quick, bulk)
            assert state == "running", "it was too quick to be caught"
            assert 0 < reached < NUMBER
            kill(there)
        eventually("the end", lambda: progress(quick, bulk)[0] == "done")
        ledger.thanks()
    assert progress(quick, bulk) == ("done", NUMBER, 0)
    named = f"Bulk {key} % End"
    approved = quick.query(APPROVED, named)
    assert approved == [("approved", 1, 1, 1, NUMBER)]
    eventually("every mail", lambda: not quick.query(UNSENT, named), patience=2 * PATIENCE)
    ids = [str(m["Message-ID"]) for m in list(faulty_sink.messages) if f"bulk@{key}-" in m["To"]]
    assert len(set(ids)) == NUMBER
    # A sender that dies between sending and saying so repeats it, under its Message-ID.
    assert len(ids) <= NUMBER + KILLED * (len(SENDERS) + 1)
    eventually(
        "all names", lambda: sum(key in name for name in quick.names("sample-letter")) == NUMBER
    )


def stopped(processes: list[psutil.Process]) -> list[psutil.Process]:
    for process in processes:
        process.suspend()
    return processes


#: How all of them stand: with how many events of it, links and mails each, and how many they are.
APPROVED = """
    SELECT status, events, links, mails, count(*) FROM (
        SELECT s.status,
            (SELECT count(*) FROM signatories_signonevent e
                WHERE e.pgh_obj_id = s.id AND e.status = 'approved') AS events,
            (SELECT count(*) FROM signatories_signonorganisation l
                WHERE l.sign_on_id = s.id AND l.approved) AS links,
            (SELECT count(*) FROM campaign_outgoingmail m
                WHERE m.kind = 'sign_on.listed' AND m.letter_id = s.letter_id
                AND m."references"->'sign_on' = to_jsonb(s.id)) AS mails
        FROM signatories_signon s WHERE s.listed_name LIKE %s
    ) AS each GROUP BY 1, 2, 3, 4
"""
UNSENT = """
    SELECT 1 FROM campaign_outgoingmail m
    JOIN signatories_signon s ON m."references"->'sign_on' = to_jsonb(s.id)
    WHERE s.listed_name LIKE %s AND m.state <> 'sent' LIMIT 1
"""
