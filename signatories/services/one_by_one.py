"""A verb for one sign-on, made of many in one transaction: what is refused leaves no trace."""

from collections.abc import Callable, Collection, Iterable

import structlog
from django.db import InterfaceError, OperationalError, transaction

from signatories.models import SignOn
from signatories.services.moving import Refused

log = structlog.get_logger(__name__)

#: Why which sign-ons were refused, in words for staff, by their ids.
Refusals = dict[int, str]
GONE = "It is gone: it was deleted meanwhile."
BROKEN = "An error kept it from being done; it was logged. Please tell whoever runs this site."


def locked(sign_ons: Collection[int]) -> list[SignOn]:
    """Those that are there, with their letters, in one order; who changes the same waits."""
    rows = SignOn.objects.select_related("letter").select_for_update(of=("self",))
    return list(rows.filter(pk__in=sign_ons).order_by("pk"))


def gone(asked: Collection[int], there: Iterable[SignOn]) -> Refusals:
    """Of the ids that were asked for, those that are not there any more."""
    return dict.fromkeys(set(asked) - {one.pk for one in there}, GONE)


def one_by_one(sign_ons: Iterable[SignOn], verb: Callable[[SignOn], None]) -> Refusals:
    """Run the verb on each, inside a transaction of the caller's.

    Raises what says that the database is away, or has chosen this transaction to end a deadlock.
    """
    refused: Refusals = {}
    for sign_on in sign_ons:
        try:
            with transaction.atomic():
                verb(sign_on)
        except Refused as refusal:
            refused[sign_on.pk] = str(refusal)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # One that nobody foresaw must not keep all the others waiting for ever.
            log.exception("sign_on.verb_failed", sign_on=sign_on.pk)
            refused[sign_on.pk] = BROKEN
    return refused
