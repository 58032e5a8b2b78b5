"""Who changes several mails waits until nobody claims, or passes over what is being claimed."""

import threading

import pytest
from django.db import connection, transaction

from campaign.mail.claim import LOCK
from campaign.mail.queue import requeue, send_despite_suppression
from campaign.models import Letter, OutgoingMail
from signatories.services import moderation
from tests.campaign.mail.servers import ask


def nobody_else_claims() -> bool:
    """Whether this transaction holds the lock under which mails are claimed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND objid = %s AND pid = pg_backend_pid()",
            [LOCK],
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize("change", [requeue, send_despite_suppression])
def test_nobody_claims_while_staff_send_mails_again(change: object) -> None:
    assert not nobody_else_claims()
    change(OutgoingMail.objects.all())  # type: ignore[operator]
    assert nobody_else_claims()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [requeue, send_despite_suppression])
def test_outside_a_transaction_it_is_one(change: object) -> None:
    change(OutgoingMail.objects.all())  # type: ignore[operator]
    assert not nobody_else_claims()


@pytest.mark.django_db(transaction=True)
def test_rejecting_never_waits_for_a_mail_that_is_being_claimed(letter: Letter) -> None:
    sign_on = ask(letter)
    rejected = threading.Event()

    def reject() -> None:
        moderation.reject(sign_on=sign_on, reason="Made up.", tell=False)
        rejected.set()
        connection.close()

    with transaction.atomic():
        list(OutgoingMail.objects.select_for_update())
        thread = threading.Thread(target=reject)
        thread.start()
        assert rejected.wait(30)
    thread.join()
