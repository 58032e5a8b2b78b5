"""All rules of the purge, in the order in which they are asked."""

from collections import Counter
from datetime import datetime

from django.contrib.sessions.models import Session

from signatories.privacy.aged import AGED
from signatories.privacy.import_rules import NOT_IMPORTED, OLD_IMPORTS
from signatories.privacy.invitation_rules import INVITED
from signatories.privacy.mail_rules import ERASED_MAILS, KEPT_MAILS, OLD_MAILS
from signatories.privacy.rule import BATCH, Purged, Rule
from signatories.privacy.sign_on_rules import (
    AFTER_LETTER,
    FILES_OF_NOBODY,
    NEVER_CONFIRMED,
    NEVER_LISTED,
)


def _ended_sessions(now: datetime) -> Purged:
    ended = Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:BATCH]
    pks = list(ended)
    Session.objects.filter(pk__in=pks).delete()
    return Counter({None: len(pks)})


SESSIONS = Rule("ended sessions", "Sessions of staff: when they end", _ended_sessions)
RULES = [
    NEVER_CONFIRMED,
    AFTER_LETTER,
    NEVER_LISTED,
    FILES_OF_NOBODY,
    INVITED,
    *[aged.rule() for aged in AGED],
    ERASED_MAILS,
    OLD_MAILS,
    SESSIONS,
    KEPT_MAILS,
    NOT_IMPORTED,
    OLD_IMPORTS,
]
