"""Beginning a bulk action from the list of sign-ons."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from signatories.admin.chosen import Chosen
from signatories.models.bulk import Verb
from signatories.services import bulks
from signatories.services.moving import Refused


def begin(
    request: HttpRequest, verb: Verb, chosen: Chosen, **parameters: Any
) -> HttpResponse | None:
    """Note it for the workers and go to its page; a refusal becomes a message."""
    by = request.user.pk
    try:
        bulk = bulks.begin(verb=verb, sign_ons=chosen.sign_ons, by=by, **parameters)
    except Refused as refusal:
        messages.warning(request, str(refusal))
        return None
    return HttpResponseRedirect(reverse("admin:signatories_bulk_change", args=[bulk.pk]))
