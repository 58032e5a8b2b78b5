"""One's own account: sessions, and the second factor."""

from typing import Any

import django_otp
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaign.admin.counted import counted
from campaign.models import SignInAttempt
from campaign.people import accounts, second_factor, signing_in
from campaign.people.forms import WRONG_CODE, CodeForm, too_many
from campaign.people.second_factor import WrongCodeError
from campaign.people.sessions import account_of
from campaign.people.signing_in import TooManyError
from campaign.views.sign_in import next_page

#: The newest sign-ins that are shown.
MOST = 10


@require_GET
def account(request: HttpRequest) -> HttpResponse:
    return _account(request)


@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End all other sessions of the account; this one goes on."""
    me = account_of(request)
    ended = accounts.sign_out_everywhere(account=me, but=request.session.session_key)
    messages.success(request, f"Signed out: {counted(ended, 'other session')}. This one goes on.")
    return HttpResponseRedirect(reverse("admin:account"))


@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes, for a code, and show them once."""
    me = account_of(request)
    if not second_factor.has(me):
        return HttpResponseRedirect(reverse("admin:account"))
    form, refused = _checked(request, me, "codes")
    if refused:
        return _account(request, refused=refused, codes_form=form)
    return _codes(request, second_factor.new_codes(account=me), reverse("admin:account"))


@require_POST
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """Do without a second factor, for a code, where none is required."""
    me = account_of(request)
    if not second_factor.has(me) or settings.REQUIRE_SECOND_FACTOR:
        return HttpResponseRedirect(reverse("admin:account"))
    form, refused = _checked(request, me, "off")
    if refused:
        return _account(request, refused=refused, off_form=form)
    second_factor.remove(account=me, but=request.session.session_key)
    request.session.pop(django_otp.DEVICE_ID_SESSION_KEY, None)
    messages.success(request, "Your second factor is off: the password alone signs you in.")
    return HttpResponseRedirect(reverse("admin:account"))


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Set up an app, or another in its place; the password alone is enough for the first one only.

    GET shows the key, which is derived and not kept; POST keeps it when the app shows its code.
    """
    if not admin.AdminSite.has_permission(admin.site, request):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    me, onward = account_of(request), next_page(request)
    has_one = second_factor.has(me)
    if has_one and not request.session.get(django_otp.DEVICE_ID_SESSION_KEY):
        return redirect_to_login(request.get_full_path(), reverse("admin:sign-in-code"))
    key = second_factor.offered_key(me, request.session.session_key)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            device, codes = second_factor.set_up(
                account=me, key=key, code=form.cleaned_data["code"],
                but=request.session.session_key,
            )  # fmt: skip
        except WrongCodeError:
            form.add_error("code", WRONG_CODE)
        else:
            django_otp.login(request, device)
            request.session.cycle_key()
            return _codes(request, codes, onward)
    if form.errors:
        form.fields["code"].widget.attrs["autofocus"] = True  # it is at the bottom of the page
    address = second_factor.address(me, key)
    context = {
        **admin.site.each_context(request),
        "title": "Set up your second factor" if not has_one else "Set up another app",
        "form": form,
        "next": onward,
        "qr": second_factor.drawn(address),
        "address": address,
        "key": second_factor.typed_key(key),
        "required": settings.REQUIRE_SECOND_FACTOR and not has_one,
    }
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, "admin/people/set_up.html", context, status=status)


def _checked(request: HttpRequest, me: User, which: str) -> tuple[CodeForm, int]:
    """A form with a code, and the status with which it is refused; 0 where the code is right."""
    form = CodeForm(request.POST, auto_id=f"id_{which}_%s")
    if not form.is_valid():
        return form, 422
    try:
        if signing_in.check_code(request, account=me, code=form.cleaned_data["code"]):
            return form, 0
    except TooManyError as many:
        form.add_error("code", too_many(many.seconds))
        return form, 429
    form.add_error("code", WRONG_CODE)
    return form, 422


def _account(request: HttpRequest, *, refused: int = 0, **forms: CodeForm) -> HttpResponse:
    me = account_of(request)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Your account",
        "roles": me.groups.order_by("name"),
        "has_second_factor": second_factor.has(me),
        "codes_left": second_factor.codes_left(me),
        "required": settings.REQUIRE_SECOND_FACTOR,
        "attempts": SignInAttempt.objects.filter(account=me)[:MOST],
        "codes_form": CodeForm(auto_id="id_codes_%s"),
        "off_form": CodeForm(auto_id="id_off_%s"),
        **forms,
    }
    return TemplateResponse(request, "admin/people/account.html", context, status=refused or 200)


def _codes(request: HttpRequest, codes: list[str], onward: str) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Your recovery codes",
        "codes": codes,
        "next": onward,
    }
    return TemplateResponse(request, "admin/people/codes.html", context)


def urls(site: AdminSite) -> list[URLPattern]:
    """Of the site whose pages need all that is required, but for setting up what is missing."""
    return [
        path("account/", site.admin_view(account), name="account"),
        path(
            "account/sign-out-everywhere/",
            site.admin_view(sign_out_everywhere),
            name="sign-out-everywhere",
        ),
        path("account/recovery-codes/", site.admin_view(recovery_codes), name="recovery-codes"),
        path(
            "account/second-factor-off/",
            site.admin_view(second_factor_off),
            name="second-factor-off",
        ),
        path("second-factor/", set_up, name="second-factor"),
    ]
