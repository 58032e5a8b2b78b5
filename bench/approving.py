"""How long a thousand pending sign-ons take from one click to the public page.

On a whole site: web, worker, scheduler, Caddy. Staff post the list's own form, "all that match",
approve; measured until signatories.json has every name, with the editions that were built and the
mails that were queued. Meanwhile others sign: the slowest of their posts is told.

Reference in the same run: bare psycopg, one UPDATE of the state for each of the same rows and one
commit, rolled back.

    .venv/bin/python -m bench.approving [SIGN_ONS]
"""

import sys
import threading
import time

from bench.site import running_site
from tests.desk import Desk
from tests.site import Site

LETTER = "/letters/sample-letter/"
LIST = "/admin/signatories/signon/"
TARGET = 5.0  # seconds
MOST_EDITIONS = 5
PATIENCE = 120.0  # seconds
PACE = 0.05  # seconds between two who sign meanwhile


def make_pending(number: int) -> set[str]:
    """So many who have confirmed, each with its contact; no mail is queued for them."""
    from django.utils import timezone

    from campaign.models import Letter
    from campaign.tokens import address_key
    from signatories.models import Contact, SignOn
    from signatories.models.sign_on import Status
    from signatories.services.naming import named

    letter = Letter.objects.get(slug="sample-letter")
    assert letter.current_text
    wording = letter.current_text.wording_in(letter.language)
    sign_ons = SignOn.objects.bulk_create(
        SignOn(
            letter=letter,
            wording=wording,
            group_id=letter.default_group_id,
            **named(f"Waiting Body {place:05d}"),
            status=Status.PENDING,
            language=letter.language,
            email_key=address_key(f"ada@waiting{place}.example"),
            confirmed_at=timezone.now(),
        )
        for place in range(number)
    )
    Contact.objects.bulk_create(
        Contact(sign_on=sign_on, name="Ada", title="Director", email=f"ada@waiting{place}.example")
        for place, sign_on in enumerate(sign_ons)
    )
    return {sign_on.listed_name for sign_on in sign_ons}


def reference(site: Site) -> float:
    """Seconds."""
    ids = [pk for (pk,) in site.query(
        "SELECT id FROM signatories_signon WHERE status = 'pending' ORDER BY id"
    )]  # fmt: skip
    with site.connect() as connection:
        started = time.perf_counter()
        for pk in ids:
            connection.execute(
                "UPDATE signatories_signon SET status = 'approved', approved_at = now() "
                "WHERE id = %s",
                [pk],
            )
        connection.rollback()
        return time.perf_counter() - started


class Signers(threading.Thread):
    """Go on signing while staff approve; `slowest` is in seconds, `refused` are other answers."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site, self.over = site, threading.Event()
        self.signed, self.slowest, self.refused = 0, 0.0, 0

    def run(self) -> None:
        while not self.over.wait(PACE):
            data = {
                "organisation": f"Signing Meanwhile {self.signed}",
                "contact_name": "Ada Lovelace",
                "contact_title": "Director",
                "email": f"ada@meanwhile{self.signed}.example",
                "authorised": "on",
                "text": "1",
            }
            started = time.perf_counter()
            answer = self._site.post(f"{LETTER}sign/", data)
            self.slowest = max(self.slowest, time.perf_counter() - started)
            self.refused += answer != 302
            self.signed += 1


def editions(site: Site) -> int:
    ((count,),) = site.query(
        "SELECT count(*) FROM signatories_edition e JOIN campaign_letter l ON l.id = e.letter_id "
        "WHERE l.slug = 'sample-letter'"
    )
    return int(count)


def seconds_of(site: Site, what: str, sql: str, started: float) -> None:
    ((moment,),) = site.query(sql)
    print(f"  {what:28} {moment.timestamp() - started:5.2f} s" if moment else f"  {what} never")


def main(number: int = 1000) -> int:
    with running_site() as site:
        names = make_pending(number)
        base = reference(site)
        print(f"reference, {number} bare updates in one transaction: {base:.2f} s")
        desk = Desk(site)
        before, signers = editions(site), Signers(site)
        signers.start()
        token = desk.token(LIST)
        wall, started = time.time(), time.perf_counter()
        desk.send(LIST, token, action="approve", select_across="1", index="0")
        answered = time.perf_counter() - started
        while not names <= set(site.names("sample-letter")):
            if time.perf_counter() - started > PATIENCE:
                print("they never became public")
                return 1
            time.sleep(0.05)
        public = time.perf_counter() - started
        signers.over.set()
        signers.join()
        built = editions(site) - before
        print(f"{number} approved by one action, public after {public:.2f} s "
              f"(ratio {public / base:.1f}), in {built} editions")  # fmt: skip
        print(f"  {'the page of the action':28} {answered:5.2f} s")
        seconds_of(site, "the first of them", FIRST, wall)
        seconds_of(site, "the last of them", LAST, wall)
        print(
            f"  meanwhile {signers.signed} signed, {signers.refused} refused, the slowest post "
            f"took {signers.slowest * 1000:.0f} ms"
        )
        ((mails,),) = site.query(MAILS)
        good = public <= TARGET and built <= MOST_EDITIONS and not signers.refused
        good = good and mails == number
        print(f"  {mails} mails queued; {'as promised' if good else 'NOT AS PROMISED'}")
        return 0 if good else 1


#: Its batch began then: a transaction has one time.
FIRST = "SELECT min(approved_at) FROM signatories_signon WHERE listed_name LIKE 'Waiting%%'"
LAST = "SELECT ended_at FROM signatories_bulk"
MAILS = "SELECT count(*) FROM campaign_outgoingmail WHERE kind = 'sign_on.listed'"


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
