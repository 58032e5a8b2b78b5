"""When the clock is set back: what waits for a moment would wait for as much longer.

Claims, leases and pauses are moments in the database. A clock that ran ahead, by a day perhaps,
leaves some that lie a day away once it is right. Leases mend themselves (campaign.lease); here are
the mails.
"""

import time
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from campaign.models import OutgoingMail
from campaign.models.mail import MailState, Withheld
from campaign.turn import Turn

log = structlog.get_logger(__name__)

#: How far the clocks of two machines may be apart.
SKEW = timedelta(seconds=5)
#: No pause between two tries of a mail is longer, and the cap holds none for longer. Another that
#: was never tried may wait for its turn.
LONGEST_WAIT = timedelta(days=1, hours=1)
EVERY = 15.0  # seconds
_turn = Turn()
#: What the clock said in excess of the time that has passed, at the last look; None before it.
_ahead: float | None = None


def run(*, overdue: timedelta) -> int:
    """Bring forward what a clock that was set back has put off; returns how many mails.

    A look costs nothing until the clock jumps, but for two queries in EVERY seconds, which find
    what is left from before this process began.
    """
    global _ahead
    ahead = time.time() - time.monotonic()
    back = timedelta(seconds=max(0.0, (ahead if _ahead is None else _ahead) - ahead))
    _ahead = ahead
    if not _turn.has_come(EVERY, at_once=back > SKEW):
        return 0
    return mend(back=back if back > SKEW else timedelta(0))


def mend(*, back: timedelta = timedelta(0)) -> int:
    """Mend what lies too far ahead; `back` is by how much the clock has just been set back.

    Twice does no harm: a mail that is tried too early is held again by whatever held it.
    """
    now = timezone.now()
    claims = OutgoingMail.objects.filter(
        state=MailState.SENDING, claimed_until__gt=now + 2 * settings.MAIL_CLAIM
    )
    mended = claims.update(claimed_until=now, not_before=Least(Value(now), F("not_before")))
    # What the cap withholds waits for a moment, too.
    waits = Q(state=MailState.QUEUED) | Q(withheld_for=Withheld.CAP)
    waiting = OutgoingMail.objects.filter(waits, not_before__gt=now)
    if back:
        log.warning("clock.set_back", seconds=round(back.total_seconds()))
        # The clock ran on while the mail waited, so this errs on the early side.
        mended += waiting.update(not_before=Greatest(Value(now), F("not_before") - back))
    else:
        tried_or_capped = Q(attempts__gt=0) | Q(withheld_for=Withheld.CAP)
        lost = Q(created_at__gt=now + SKEW) | tried_or_capped & Q(not_before__gt=now + LONGEST_WAIT)
        mended += waiting.filter(lost).update(not_before=now)
    return mended
