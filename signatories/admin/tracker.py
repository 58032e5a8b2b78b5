"""The tracker of a letter's invitations: who has signed, declined, not answered, bounced."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from campaign.admin.counted import counted
from campaign.models import Letter
from campaign.names import name_key
from signatories.admin.invite import may_invite
from signatories.models import Contact, Invitation, SignOnOrganisation
from signatories.services import reminding
from signatories.services.invitations import SIGNED, Standing, counts_of, invitations_of
from signatories.services.moving import Refused

PAGE = 50
TAKEN_BACK = "taken-back"
VIEW, CHANGE = "signatories.view_invitation", "signatories.change_invitation"


class Counted(Paginator):  # type: ignore[type-arg]
    """Pages of a list whose length is known."""

    def __init__(self, rows: Any, known: int | None) -> None:
        super().__init__(rows, PAGE)
        self.known = known

    @cached_property
    def count(self) -> int:
        return super().count if self.known is None else self.known


@require_safe
@never_cache
def tracker(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    letter = get_object_or_404(Letter.objects.titled().select_related("current_text"), pk=pk)
    contacts = request.user.has_perm("signatories.view_contact")
    chosen, typed = request.GET.get("standing", ""), request.GET.get("q", "").strip()
    counts = counts_of(letter)
    found, known = _filtered(letter, chosen, counts)
    if typed:
        found, known = found.filter(pk__in=_holding(letter, typed, contacts=contacts)), None
    rows = found.select_related("organisation", "sign_on", "mail", "invited_by")
    if contacts:
        rows = rows.prefetch_related(Prefetch("contacts", Contact.objects.order_by("pk")))
    page = Counted(rows.order_by("organisation__name_key", "pk"), known).get_page(
        request.GET.get("page")
    )
    shown: list[Any] = list(page.object_list)
    _add_sign_ons(letter, shown)
    query = {key: value for key, value in (("standing", chosen), ("q", typed)) if value}
    may_remind = request.user.has_perm(CHANGE)
    due = reminding.to_remind(letter).order_by().count() if may_remind else 0
    context = {
        **admin.site.each_context(request),
        "title": f"Invitations: {letter}",
        "letter": letter,
        "all": sum(counts.values()),
        "tabs": [(standing.value, standing.label, counts[standing]) for standing in Standing],
        "chosen": chosen,
        "taken_back": TAKEN_BACK,
        "typed": typed,
        "contacts": contacts,
        "page": page,
        "rows": shown,
        "query": urlencode(query),
        "may_invite": may_invite(request) and letter.state == "open",
        "may_remind": may_remind,
        "to_remind": counted(due, "organisation") if due else "",
    }
    return TemplateResponse(request, "admin/signatories/tracker.html", context)


def _filtered(
    letter: Letter, chosen: str, counts: dict[Standing, int]
) -> tuple[QuerySet[Any], int | None]:
    """The invitations of the chosen standing, and how many they are, where that is known."""
    if chosen == TAKEN_BACK:
        return Invitation.objects.filter(letter=letter, taken_back_at__isnull=False), None
    rows = invitations_of(letter)
    if chosen in Standing.values:
        return rows.filter(standing=chosen), counts[Standing(chosen)]
    return rows, sum(counts.values())


def _holding(letter: Letter, typed: str, *, contacts: bool) -> QuerySet[Any]:
    """Ids of the letter's invitations that hold this: in the name of the organisation, and, for
    those who see contacts only, in a contact's name or address.

    Each place is looked through by itself: joined, each row would be compared with each.
    """
    of_letter = Invitation.objects.filter(letter=letter).order_by()
    found: QuerySet[Any] = of_letter.filter(
        organisation__name_key__contains=name_key(typed)
    ).values("pk")
    if not contacts:
        return found
    people = Contact.objects.filter(invitation__letter=letter).order_by()
    named = people.filter(Q(name__icontains=typed) | Q(email__icontains=typed))
    return found.union(named.values("invitation"))


def _add_sign_ons(letter: Letter, rows: list[Any]) -> None:
    """To each row the sign-on by which it has signed, be it by the link or not."""
    links = SignOnOrganisation.objects.filter(
        letter=letter,
        organisation__in=[row.organisation_id for row in rows],
        sign_on__status__in=SIGNED,
    ).select_related("sign_on")
    by_body = {link.organisation_id: link.sign_on for link in links}
    for row in rows:
        row.signed_by = by_body.get(row.organisation_id) or row.sign_on
        row.label = Standing(row.standing).label if hasattr(row, "standing") else "Taken back"


@require_POST
@never_cache
def remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Mails those who have not answered, once more."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    letter = get_object_or_404(Letter, pk=pk)
    try:
        reminded = reminding.remind(letter=letter)
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"{counted(reminded.count, 'organisation')} reminded.")
        if reminded.suppressed:
            messages.warning(
                request,
                f"{counted(reminded.suppressed, 'organisation')} left alone: mail to the address "
                "bounced for good, or was complained of.",
            )
    return HttpResponseRedirect(reverse("admin:letter-invitations", args=[letter.pk]))


URLS: list[URLPattern] = [
    path("<int:pk>/invitations/", admin.site.admin_view(tracker), name="letter-invitations"),
    path("<int:pk>/invitations/remind/", admin.site.admin_view(remind), name="letter-remind"),
]
