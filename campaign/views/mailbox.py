"""The development mailbox: mails that were kept on this machine. It exists on loopback only."""

import re
from collections.abc import Mapping
from email.message import EmailMessage
from typing import cast

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaign.mail.keep import kept_mail, kept_mails

LINK = re.compile(r"https?://[^\s<>\"]+")


@require_safe
@never_cache
def mailbox(request: HttpRequest) -> HttpResponse:
    mails = [
        {"name": name, "subject": mail["Subject"], "to": mail["To"], "date": mail["Date"]}
        for name, mail in kept_mails()
    ]
    return _show(request, "campaign/mailbox.html", {"mails": mails})


@require_safe
@never_cache
def mailbox_mail(request: HttpRequest, name: str) -> HttpResponse:
    try:
        mail = cast(EmailMessage, kept_mail(name))
    except FileNotFoundError as error:
        raise Http404 from error
    body = mail.get_body(("plain",))
    text = str(body.get_content()) if body else ""
    shown = ("Subject", "From", "To", "Reply-To", "Date")
    context = {
        "headers": [(key, mail[key]) for key in shown if mail[key]],
        "text": text,
        "links": list(dict.fromkeys(LINK.findall(text))),
    }
    return _show(request, "campaign/mailbox_mail.html", context)


def _show(request: HttpRequest, template: str, context: Mapping[str, object]) -> HttpResponse:
    return render(
        request, template, {**context, "stylesheet": staticfiles_storage.url("css/site.css")}
    )
