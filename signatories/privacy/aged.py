"""What goes by age alone: keyed hashes above all."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import CharField, Q

from campaign.people import attempts
from signatories.privacy.mail_rules import SETTLED
from signatories.privacy.rule import BATCH, MONTH, Purged, Rule

#: An address that bounced or complained is left alone for so long; then it may be tried again.
LEFT_ALONE = timedelta(days=180)
#: A mail that was held for weeks counts for the cap, and may bounce, once it has gone out.
LAST_TRIED = ("not_before", "sent_at")


@dataclass(frozen=True)
class Aged:
    """Goes by age alone: the column is emptied; without `column`, the row is deleted."""

    model: str
    column: str = ""
    since: str = "created_at"
    after: timedelta = MONTH
    only: Q | None = None
    #: Moments of which each has to be as old, where there is one.
    later: tuple[str, ...] = ()

    def batch(self, now: datetime) -> Purged:
        model: Any = apps.get_model(self.model)
        due = model.objects.filter(**{f"{self.since}__lt": now - self.after})
        if self.only is not None:
            due = due.filter(self.only)
        for moment in self.later:
            old = Q(**{f"{moment}__lt": now - self.after}) | Q(**{f"{moment}__isnull": True})
            due = due.filter(old)
        if self.column:
            due = due.exclude(**{self.column: self._empty(model)})
        # The oldest first, as they stand in the index of what is still to be forgotten.
        locked = due.select_for_update(of=("self",), skip_locked=True).order_by(self.since)[:BATCH]
        pks = list(locked.values_list("pk", flat=True))
        batch = model.objects.filter(pk__in=pks)
        if self.column:
            batch.update(**{self.column: self._empty(model)})
        else:
            batch.delete()
        return Counter({None: len(pks)})

    def _empty(self, model: Any) -> Any:
        """As the column would be without a value: "" or an empty list."""
        field = model._meta.get_field(self.column)
        return "" if isinstance(field, CharField) else field.get_default()

    def rule(self) -> Rule:
        what = f"{self.column} of {self.model}" if self.column else self.model
        name = f"aged {self.model.split('.')[1]} {self.column}".strip().lower()
        since = ", ".join((self.since, *self.later))
        return Rule(name[:40], f"{what}: {self.after.days} days after {since}", self.batch)


#: One line for each further hash of an address, or table of them; and what bulk actions leave.
AGED = [
    Aged("campaign.OutgoingMail", "recipient_key", only=SETTLED, later=LAST_TRIED),
    Aged("campaign.OutgoingMail", "address_key", only=SETTLED, later=LAST_TRIED),
    Aged("campaign.Suppression", since="since", after=LEFT_ALONE),
    Aged("campaign.Counted", since="ends"),
    # By then no clock is so wrong that it would send a day's digest again.
    Aged("campaign.DigestDay"),
    Aged("campaign.SignInAttempt", since="at", after=attempts.KEPT),
    Aged("signatories.SignOn", "client_key"),
    Aged("signatories.SignOn", "range_key"),
    Aged("signatories.Refusal", since="hour"),
    Aged("signatories.Bulk", "reason", only=~Q(state="running")),
    Aged("signatories.BulkItem", since="bulk__created_at", only=~Q(bulk__state="running")),
]
