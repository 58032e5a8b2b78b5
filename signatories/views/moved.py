"""Unlisted addresses of letters that are public now lead to the public page."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from campaign.models import Letter


@require_safe
def letter_elsewhere(request: HttpRequest, key: str, rest: str = "") -> HttpResponse:
    letter = Letter.objects.public().filter(unlisted_key=key).first()
    if letter is None:
        raise Http404
    return HttpResponseRedirect(letter.path + rest)
