"""Who gets a digest: choosing it, and stopping it by the link that each one has."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from campaign.digest.moments import next_after
from campaign.models import Digest
from campaign.models.digest import Wanted
from campaign.tokens import make_token, token_id, token_matches

#: The purpose of the token in the link that stops it.
STOP = "stop-digest"


def may_have(user: User) -> bool:
    """Whether there is anything to tell this account, and it may still come to the desk."""
    return user.is_active and user.is_staff and user.has_perm("campaign.view_letter")


@transaction.atomic
def choose(user: User, *, wanted: Wanted, hour: int, time_zone: str, email: str = "") -> Digest:
    """What this account wants from now on, `hour` in 0 to 23; the first one is yet to come.

    `email` is for an account that has no address, and is not written over one.
    """
    if email and not user.email:
        User.objects.filter(pk=user.pk, email="").update(email=email)
        user.refresh_from_db(fields=["email"])
    next_at = None
    if wanted != Wanted.NONE:
        next_at = next_after(timezone.now(), hour=hour, zone=time_zone)
    digest, _ = Digest.objects.update_or_create(
        user=user,
        defaults={"wanted": wanted, "hour": hour, "time_zone": time_zone, "next_at": next_at},
    )
    return digest


def stop(digest: Digest) -> None:
    """No digest any more. The links in those that were sent go on saying so."""
    Digest.objects.filter(pk=digest.pk).update(wanted=Wanted.NONE, next_at=None)


def stop_token(digest: Digest) -> str:
    return make_token(STOP, digest.pk, digest.epoch)


def digest_of(token: str) -> Digest | None:
    """Whose digest this link stops; None for a token that is malformed or forged."""
    pk = token_id(token)
    digest = Digest.objects.filter(pk=pk).first() if pk is not None else None
    if digest is None or not token_matches(token, STOP, digest.pk, digest.epoch):
        return None
    return digest
