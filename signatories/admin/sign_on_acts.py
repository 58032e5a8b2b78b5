"""What staff do on the page of one sign-on, beyond its moves; and where they come to then.

Whatever is decided there brings the next one that waits: `onward`.
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from campaign.admin.moves import MovesAdmin
from signatories.admin.evidence import Upload, evidence_file
from signatories.admin.sign_on_forms import ChosenForm, QuestionForm
from signatories.admin.sign_on_page import AFTER, next_waiting
from signatories.models import Organisation, SignOn
from signatories.models.sign_on import Status
from signatories.services import linking, merging, questions
from signatories.services.evidence import add_evidence
from signatories.services.evidence_files import keep
from signatories.services.moving import Refused

#: After these the next one comes.
DECISIONS = {"approve", "reject"}


class SignOnActs(MovesAdmin[SignOn]):
    """For the admin of sign-ons."""

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, "signatories_signon"
        return [
            path("<int:pk>/question/", view(self.question_view), name=f"{name}_question"),
            path("<int:pk>/merge/", view(self.merge_view), name=f"{name}_merge"),
            path("<int:pk>/evidence/<int:evidence>/", view(evidence_file), name=f"{name}_evidence"),
            *super().get_urls(),
        ]

    # Where it leads

    def stay(self, sign_on: SignOn) -> HttpResponse:
        return HttpResponseRedirect(self._page(sign_on))

    def onward(self, sign_on: SignOn) -> HttpResponse:
        """The next that waits on the letter, with a way back to this; else this one again."""
        following = next_waiting(sign_on)
        if following is None:
            return self.stay(sign_on)
        query = urlencode({AFTER: sign_on.pk})
        return HttpResponseRedirect(f"{self._page(following)}?{query}")

    def back_from_move(self, request: HttpRequest, obj: SignOn) -> HttpResponse:
        """To the list if it came from there; after a decision to the next one; else it stays."""
        match = request.resolver_match
        name = match.kwargs.get("name") if match else None
        decided = name in DECISIONS or "_approve" in request.POST
        if request.GET.get("back") == "list" or not decided or obj.status == Status.PENDING:
            return super().back_from_move(request, obj)
        return self.onward(obj)

    def _page(self, sign_on: SignOn) -> str:
        return reverse("admin:signatories_signon_change", args=[sign_on.pk])

    # What is done

    def question_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET shows the question's form by itself; POST mails it and brings the next one."""
        needed = ("signatories.add_question", "signatories.view_contact")
        sign_on = self._allowed(request, pk, *needed)
        form = QuestionForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            assert isinstance(request.user, User)  # noqa: S101 - the admin has checked
            try:
                questions.ask_question(
                    sign_on=sign_on, text=form.cleaned_data["text"], asked_by=request.user
                )
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(
                    request,
                    f"The contact of “{sign_on.listed_name}” is asked by mail. It goes on waiting.",
                )
                return self.onward(sign_on)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Ask the contact of “{sign_on.listed_name}”",
            "opts": SignOn._meta,
            "sign_on": sign_on,
            "form": form,
        }
        template = "admin/signatories/signon/question.html"
        return TemplateResponse(request, template, context, status=422 if form.errors else 200)

    def merge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Merge it into the sign-on that the button names, by POST."""
        sign_on = self._allowed(request, pk, "signatories.change_contact")
        if request.method != "POST":
            return self.stay(sign_on)
        form = ChosenForm(request.POST)
        into = self.get_object(request, str(form.cleaned_data["pk"])) if form.is_valid() else None
        if into is None:
            messages.error(request, "Please choose the sign-on that it is merged into.")
            return self.stay(sign_on)
        try:
            merging.merge(sign_on=sign_on, into=into)
        except Refused as refusal:
            messages.warning(request, str(refusal))
            return self.stay(sign_on)
        messages.success(
            request,
            f"“{sign_on.listed_name}” is merged into “{into.listed_name}”: its contact and "
            "evidence are there now.",
        )
        return self.onward(sign_on)

    def make_link(self, request: HttpRequest, sign_on: SignOn) -> None:
        """To the organisation that a button names, or to that of its name; a message says which."""
        if not request.user.has_perm("signatories.add_signonorganisation"):
            raise PermissionDenied
        try:
            if "_link_new" in request.POST:
                organisation = linking.link_to_its_name(sign_on=sign_on)
            else:
                form = ChosenForm({"pk": request.POST["_link"]})
                pk = form.cleaned_data["pk"] if form.is_valid() else 0
                found = Organisation.objects.filter(pk=pk).first()
                if found is None:
                    raise Refused("This organisation is no longer in the registry.")
                organisation = found
                linking.link(sign_on=sign_on, organisation=organisation)
        except Refused as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, f"“{sign_on}” is linked to “{organisation}”.")

    def add_evidence(self, request: HttpRequest, sign_on: SignOn, formset: Any) -> None:
        assert isinstance(request.user, User)  # noqa: S101 - the admin has checked
        for form in formset.extra_forms:
            if not form.has_changed():
                continue
            data = form.cleaned_data
            upload: Upload | None = data["upload"]
            add_evidence(
                sign_on=sign_on,
                kind=data["kind"],
                note=data["note"],
                added_by=request.user,
                file=keep(upload.content) if upload else None,
            )

    def _allowed(self, request: HttpRequest, pk: int, *rights: str) -> SignOn:
        """Raises Http404, PermissionDenied."""
        sign_on = self.get_object(request, str(pk))
        if sign_on is None:
            raise Http404
        if not self.has_change_permission(request, sign_on) or not request.user.has_perms(rights):
            raise PermissionDenied
        return sign_on
