"""People: the accounts of staff, their roles, and the links by which they choose a password."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django_otp import device_classes
from django_otp.plugins.otp_totp.models import TOTPDevice

from campaign.admin.moves import Move, MovesAdmin, OfferedMove
from campaign.admin.people_moves import MOVES
from campaign.admin.people_trail import trail_of_person
from campaign.admin.typed import ModelForm
from campaign.people import accounts, links
from campaign.people.accounts import PersonError

if TYPE_CHECKING:
    _ModelMultipleChoiceField = ModelMultipleChoiceField[Group]
else:
    _ModelMultipleChoiceField = ModelMultipleChoiceField


def register() -> None:
    """Once every app has registered its own: accounts are shown by us, and keys by nobody."""
    for model in (User, Group, *device_classes()):
        admin.site.unregister(model)
    admin.site.register(User, PersonAdmin)


class RolesField(_ModelMultipleChoiceField):
    """Roles as boxes to tick, each with what it is for."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        says = PersonAdmin.role_says.get(obj.name)
        return format_html("<strong>{}</strong>: {}", obj.name, says) if says else obj.name


class RoleFilter(admin.SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        roles = Group.objects.order_by("pk").values_list("pk", "name")
        return [("administrator", "Administrator"), *((str(pk), name) for pk, name in roles)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        value = self.value() or ""
        if value == "administrator":
            return queryset.filter(is_superuser=True)
        return queryset.filter(groups=int(value)) if value.isdecimal() else queryset


class PersonForm(ModelForm[User]):
    groups = RolesField(queryset=Group.objects.order_by("pk"), required=False, label="Roles")

    #: Who changes it.
    by: User

    class Meta:
        model = User
        fields = [
            "username", "first_name", "last_name", "email", "groups", "is_superuser", "is_active",
            "user_permissions",
        ]  # fmt: skip
        labels = {
            "username": "User name",
            "email": "E-mail address",
            "is_superuser": "Administrator",
            "is_active": "May sign in",
        }
        help_texts = {
            "username": "To sign in with. Letters, digits and @ . + - _ only.",
            "email": "Optional. Nothing is sent to it.",
            "is_superuser": "May do everything, and change other people's accounts.",
            "is_active": "Without it the account is kept, and all its sessions end at once.",
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk is None:
            if not self.errors and not cleaned.get("groups") and not cleaned.get("is_superuser"):
                self.add_error("groups", "Choose a role, or make this person an administrator.")
            return cleaned
        try:
            accounts.check(
                account=self.instance,
                by=self.by,
                administrator=bool(cleaned.get("is_superuser")),
                active=bool(cleaned.get("is_active")),
            )
        except PersonError as refusal:
            self.add_error(None, str(refusal))
        return cleaned


class PersonAdmin(MovesAdmin[User]):
    """For administrators alone: whoever could change accounts could make themselves one."""

    form = PersonForm
    moves = MOVES
    refusals = (PersonError,)
    #: What each role is for, by its name; the other package knows.
    role_says: dict[str, str] = {}

    list_display = [
        "user_name", "full_name", "roles", "administrator", "may_sign_in", "second_factor",
        "last_signed_in",
    ]  # fmt: skip
    list_filter = [RoleFilter, "is_active"]
    search_fields = ["username", "first_name", "last_name", "email"]
    ordering = ["username"]
    list_per_page = 50
    show_full_result_count = False
    actions = None
    filter_horizontal = ["user_permissions"]
    change_form_template = "admin/auth/user/change_form.html"
    change_list_template = "admin/auth/user/change_list.html"

    # Who may

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request) and (obj is None or obj.pk != request.user.pk)

    def _may(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Not by the hash of a password."""
        if lookup.startswith("password"):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    # The list

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "People", **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        device = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        found = super().get_queryset(request).prefetch_related("groups")
        return found.annotate(has_second_factor=Exists(device))

    @admin.display(description="User name", ordering="username")
    def user_name(self, person: User) -> str:
        return person.get_username()

    @admin.display(description="Administrator", boolean=True, ordering="is_superuser")
    def administrator(self, person: User) -> bool:
        return person.is_superuser

    @admin.display(description="May sign in", boolean=True, ordering="is_active")
    def may_sign_in(self, person: User) -> bool:
        return person.is_active and person.is_staff

    @admin.display(description="Last signed in", ordering="last_login", empty_value="never")
    def last_signed_in(self, person: User) -> datetime | None:
        return person.last_login

    @admin.display(description="Name", ordering="last_name", empty_value="—")
    def full_name(self, person: User) -> str | None:
        return person.get_full_name() or None

    @admin.display(description="Roles", empty_value="—")
    def roles(self, person: User) -> str | None:
        return ", ".join(group.name for group in person.groups.all()) or None

    @admin.display(description="Second factor", boolean=True, ordering="has_second_factor")
    def second_factor(self, person: Any) -> bool:
        return bool(person.has_second_factor)

    # One person

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        who = (None, {"fields": ["username", "first_name", "last_name", "email"]})
        if obj is None:
            return [who, ("What they may do", {"fields": ["groups", "is_superuser"]})]
        may = ["groups", "is_superuser", "is_active"]
        sets = [who, ("What they may do", {"fields": may})]
        if obj.user_permissions.exists():
            single = {"fields": ["user_permissions"], "classes": ["collapse"]}
            sets.append(("Single rights, beside those of a role", single))
        return sets

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> type[PersonForm]:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.by = request.user
        return form  # type: ignore[no-any-return]

    def get_urls(self) -> list[URLPattern]:
        link = path(
            "<int:pk>/link/", self.admin_site.admin_view(self.link_view), name="auth_user_link"
        )
        return [link, *super().get_urls()]

    def offered_moves(self, request: HttpRequest, obj: User) -> list[OfferedMove]:
        own = obj.pk == request.user.pk
        moves = [] if own else super().offered_moves(request, obj)
        if obj.is_active and obj.is_staff and not own:
            button = (
                "Make a link for a new password"
                if obj.has_usable_password()
                else "Make a link to choose a password"
            )
            url = reverse("admin:auth_user_link", args=[obj.pk])
            moves.insert(0, OfferedMove("link", button, url, form=None, cautious=False))
        return moves

    def make_move(self, request: HttpRequest, obj: User, move: Move[User]) -> None:
        if obj.pk == request.user.pk:
            messages.warning(request, "For yourself, see “Your account”.")
        else:
            super().make_move(request, obj, move)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        person = self.get_object(request, unquote(object_id)) if object_id else None
        context = dict(extra_context or {})
        context["show_save_and_add_another"] = False
        if person is not None and self._may(request):
            context.update(
                title=person.get_username(),
                subtitle=None,
                own=person.pk == request.user.pk,
                moves=self.offered_moves(request, person),
                trail=trail_of_person(person),
            )
        elif object_id is None:
            context["title"] = "Add a person"
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            accounts.change(obj)
        else:
            accounts.add(obj)

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The link, on this page only: in a message it would be kept in a session."""
        return self._show_link(request, obj)

    def link_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST makes a link and shows it once."""
        if not self._may(request):
            raise PermissionDenied
        person = self.get_object(request, str(pk))
        if person is None:
            raise Http404
        may = any(move.url == request.path for move in self.offered_moves(request, person))
        if request.method != "POST" or not may:
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))
        return self._show_link(request, person)

    def _show_link(self, request: HttpRequest, person: User) -> HttpResponse:
        link, until = links.make(account=person)
        context = {
            **self.admin_site.each_context(request),
            "title": f"A link for {person.get_username()}",
            "opts": self.opts,
            "person": person,
            "link": link,
            "until": until,
        }
        return TemplateResponse(request, "admin/auth/user/link.html", context)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        assert isinstance(request.user, User)  # noqa: S101 - the admin has checked
        try:
            accounts.delete(account=obj, by=request.user)
        except PersonError as refusal:
            raise PermissionDenied(str(refusal)) from refusal

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What hangs on an account goes with it, or stays without it: no further right needed."""
        shown, counts, _, protected = super().get_deleted_objects(objs, request)
        return shown, counts, set(), protected
