"""Signing in at the desk: with a password, a code after it, or by a link with a new password."""

from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from campaign.admin.counted import counted
from campaign.models import Outcome
from campaign.people import links, second_factor, sessions, signing_in
from campaign.people.forms import WRONG_CODE, WRONG_PASSWORD, CodeForm, SignInForm, too_many
from campaign.people.signing_in import TooManyError

_get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@sensitive_post_parameters()
@_get_or_post
def sign_in(request: HttpRequest) -> HttpResponse:
    """The first step. Who has done it already is led to what is still to be done."""
    onward = next_page(request)
    if request.method != "POST":
        if admin.site.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if isinstance(request.user, User) and request.user.is_active and request.user.is_staff:
            return _to_second_factor(request.user, onward)
        return _page(request, "admin/login.html", "Sign in", SignInForm(), onward)
    form = SignInForm(request.POST)
    status, wait = 422, 0
    if form.is_valid():
        try:
            account = signing_in.check_password(request, **form.cleaned_data)
        except TooManyError as many:
            status, wait = 429, many.seconds
            form.add_error(None, too_many(wait))
        else:
            if account is not None:
                return _go_on(request, account, onward)
            form.add_error(None, WRONG_PASSWORD)
    return _page(request, "admin/login.html", "Sign in", form, onward, status=status, wait=wait)


@never_cache
@sensitive_post_parameters()
@_get_or_post
def code(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the app, or a recovery code."""
    onward = next_page(request)
    account = sessions.waiting_for_code(request)
    if account is None or not second_factor.has(account):
        if request.method == "POST" and not admin.site.has_permission(request):
            messages.warning(request, "That took too long. Please sign in again.")
        return HttpResponseRedirect(_with_next(reverse("admin:login"), onward))
    form = CodeForm(request.POST if request.method == "POST" else None)
    form.fields["code"].widget.attrs["autofocus"] = True
    status, wait = 200 if request.method != "POST" else 422, 0
    if form.is_valid():
        try:
            device = signing_in.check_code(request, account=account, **form.cleaned_data)
        except TooManyError as many:
            status, wait = 429, many.seconds
            form.add_error("code", too_many(wait))
        else:
            if device is not None:
                sessions.begin(request, account, device)
                signing_in.note(request, Outcome.SIGNED_IN, account)
                _tell_of_codes(request, account, device.persistent_id)
                return HttpResponseRedirect(onward)
            form.add_error("code", WRONG_CODE)
    return _page(
        request, "admin/people/code.html", "One step left", form, onward, status=status, wait=wait
    )


@never_cache
@sensitive_post_parameters()
@_get_or_post
def password_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks for a password; POST sets it and goes on as after signing in with it."""
    account = links.whose(token)
    if account is None:
        return _page(request, "admin/people/link_ended.html", "This link has ended", status=410)
    form = SetPasswordForm(account, request.POST if request.method == "POST" else None)
    for field in form.fields.values():
        field.widget.attrs["autocomplete"] = "new-password"
    if form.is_valid():
        if not links.set_password(
            account=account, token=token, password=form.cleaned_data["new_password1"]
        ):
            return HttpResponseRedirect(request.path)
        signing_in.note(request, Outcome.LINK, account)
        return _go_on(request, account, reverse("admin:index"))
    return _page(
        request, "admin/people/password_link.html", "Choose your password", form,
        status=422 if request.method == "POST" else 200, account=account,
    )  # fmt: skip


def next_page(request: HttpRequest) -> str:
    """Where somebody wanted to go, if that is here; otherwise the front page of the desk."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    here = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if here else reverse("admin:index")


def _go_on(request: HttpRequest, account: User, onward: str) -> HttpResponse:
    """After the right password: to the code where there is one, otherwise in."""
    if second_factor.has(account):
        sessions.ask_for_code(request, account)
        signing_in.note(request, Outcome.ASKED, account)
        return _to_second_factor(account, onward)
    sessions.begin(request, account)
    signing_in.note(request, Outcome.SIGNED_IN, account)
    return HttpResponseRedirect(onward)


def _to_second_factor(account: User, onward: str) -> HttpResponse:
    step = "admin:sign-in-code" if second_factor.has(account) else "admin:second-factor"
    return HttpResponseRedirect(_with_next(reverse(step), onward))


def _with_next(url: str, onward: str) -> str:
    return url if onward == reverse("admin:index") else f"{url}?{urlencode({'next': onward})}"


def _tell_of_codes(request: HttpRequest, account: User, device: str) -> None:
    if device.startswith("otp_static."):
        left = second_factor.codes_left(account)
        messages.warning(
            request,
            f"That recovery code is used up; {counted(left, 'other')} left. Make new ones, or "
            "set up another app, under “Your account”.",
        )


def _page(
    request: HttpRequest,
    template: str,
    title: str,
    form: Form | None = None,
    onward: str = "",
    *,
    status: int = 200,
    wait: int = 0,
    account: User | None = None,
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": title,
        "form": form,
        "next": onward,
        "account": account,
    }
    response = TemplateResponse(request, template, context, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


URLS: list[URLPattern] = [
    path("login/code/", code, name="sign-in-code"),
    path("password-link/<str:token>/", password_link, name="password-link"),
]
