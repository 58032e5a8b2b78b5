"""Links mailed between the backup and the loss: they open nothing in the restored site."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from campaign.models import Letter
from campaign.tokens import make_token
from signatories.backup.make import make
from signatories.services import moderation
from signatories.services.asking import MANAGE, confirmation_token
from tests.signatories.backup.elsewhere import Elsewhere, confirmed
from tests.signatories.test_signing import sign

pytestmark = pytest.mark.django_db(transaction=True)

#: Signs there under the id that the lost sign-on had, and follows the lost one's links.
FOLLOW = """
import json, sys
from django.db import connection
from django.test import Client
from campaign.models import Letter
from signatories.models import SignOn
from signatories.services.shown import shown_of
from tests.signatories.test_signing import confirm, sign
lost, links, done = json.loads({told!r})
with connection.cursor() as cursor:
    cursor.execute("SELECT setval('signatories_signon_id_seq', %s)", [lost - 1])
sign_on = sign(Letter.objects.get(slug="ours"), "Innocent Others")
assert sign_on.pk == lost
if done:
    confirm(sign_on)
client = Client(headers={{"host": "127.0.0.1"}})
shown = shown_of(sign_on, sign_on.contacts.get())
form = {{"text": "1", "shown": shown, "action": "withdraw", "sure": "on"}}
found = [client.get(link).status_code for link in links]
found += [client.post(link, form).status_code for link in links]
print(json.dumps([found, SignOn.objects.get(pk=lost).status]))
"""


def run_there(elsewhere: Elsewhere, script: str) -> Any:
    result = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", script],
        cwd=settings.BASE_DIR,
        env={**elsewhere.environment, "DATA_DIR": str(settings.DATA_DIR)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("done", [False, True], ids=["unconfirmed", "confirmed"])
def test_who_lost_a_sign_on_cannot_open_the_one_that_has_its_id_now(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere, *, done: bool
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    lost = sign(signed, "Lost Body")
    links = [
        f"/sign-ons/confirm/{confirmation_token(lost)}/",
        f"/sign-ons/confirm/{confirmation_token(lost)}/renew/",
        f"/sign-ons/manage/{make_token(MANAGE, lost.pk, lost.epoch)}/",
    ]
    result = elsewhere.restore(tmp_path / "a.age", key[0])
    assert result.returncode == 0, result.stderr + result.stdout
    # The ids themselves go on elsewhere; but a second restore of the same file begins there again.
    told = json.dumps([lost.pk, links, done])
    answers, status = run_there(elsewhere, FOLLOW.format(told=told))
    # A GET of what only takes a POST is refused as such.
    assert answers == [404, 405, 404, 404, 404, 404]
    assert status == ("pending" if done else "unconfirmed")


def test_ids_go_on_far_above_those_that_were_given_out_in_the_gap(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    last = confirmed(signed, "Late Comers")
    moderation.approve(sign_on=last)
    assert elsewhere.restore(tmp_path / "a.age", key[0]).returncode == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences "
            "WHERE schemaname = 'public' AND data_type = 'bigint'::regtype"
        )
        here = dict(cursor.fetchall())
    assert {"signatories_signon_id_seq", "signatories_contact_id_seq"} <= set(here)
    for sequence, given_out in here.items():
        [(following,)] = elsewhere.query(f"SELECT nextval('{sequence}')")
        assert following > given_out + 1_000_000, sequence
