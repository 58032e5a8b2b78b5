"""Who may see and do what: one row for each route, with the answer to a GET and to an empty POST.

A new URL needs a row here: say what each of the roles is answered. The columns are those of
tests.roles.ROLES: nobody, viewer, moderator, editor, administrator. `{…}` is of World.values().
"""

from dataclasses import dataclass

#: Answers in the order of the roles. Nobody in particular is led to the page to sign in.
STAFF = "302 200 200 200 200"
MODERATORS = "302 403 200 403 200"
EDITORS = "302 403 403 200 200"
ADMINISTRATORS = "302 403 403 403 200"
DESK = "302 403 200 200 200"
NO_STAFF = "302 403 403 403 403"
#: The move is made, or refused with a message; then it leads back.
MODERATORS_ON = "302 403 302 403 302"
EDITORS_ON = "302 403 403 302 302"
#: What was not typed is asked for.
MODERATORS_TYPE = "302 403 422 403 422"
ADMINISTRATORS_ON = "302 403 403 403 302"
NOT_THERE = "302 404 404 404 404"
NOT_POSTED = "302 405 405 405 405"
ON = "302 302 302 302 302"
#: To everybody the same.
NO_PAGE, PAGE, FORM, METHOD = "404 " * 5, "200 " * 5, "422 " * 5, "405 " * 5


@dataclass(frozen=True)
class Row:
    route: str
    example: str
    get: str
    post: str
    #: Whose own page it is, by a link in a mail: World.planted's key, and what of it is shown.
    own: str = ""


def _of(model: str, pk: str, *, see: str, change: str, delete: str, add: str) -> list[Row]:
    """The pages that Django's admin has for each model."""
    at, one = f"admin/{model}/", f"admin/{model}/<path:object_id>/"
    example = f"{at}{{{pk}}}/"
    return [
        Row(at, at, see, see),
        Row(f"{at}add/", f"{at}add/", add, add),
        Row(f"{one}history/", f"{example}history/", see, see),
        Row(f"{one}delete/", f"{example}delete/", delete, delete),
        Row(f"{one}change/", f"{example}change/", see, change),
        Row(one, example, ON, ON),
    ]


LETTER, SIGN_ON = "admin/campaign/letter/", "admin/signatories/signon/"
IMPORT = "admin/signatories/import/"

MATRIX = [
    Row("admin/", "admin/", STAFF, STAFF),
    Row("admin/login/", "admin/login/", "200 302 302 302 302", PAGE),
    Row("admin/logout/", "admin/logout/", NOT_POSTED, STAFF),
    Row("admin/password_change/", "admin/password_change/", STAFF, STAFF),
    Row("admin/password_change/done/", "admin/password_change/done/", STAFF, NOT_POSTED),
    # Of nothing; with the name of a field it answers those who may see what the field names.
    Row("admin/autocomplete/", "admin/autocomplete/", NO_STAFF, NOT_POSTED),
    Row("admin/jsi18n/", "admin/jsi18n/", STAFF, NOT_POSTED),
    Row("admin/r/<path:content_type_id>/<path:object_id>/", "admin/r/1/1/", NOT_THERE, NOT_THERE),
    Row("admin/^(?P<app_label>campaign|signatories|auth)/$", "admin/signatories/", STAFF, STAFF),
    Row("admin/(?P<url>.*)$", "admin/nowhere/", NOT_THERE, NOT_THERE),
    *_of("campaign/letter", "letter", see=STAFF, change=EDITORS, delete=NO_STAFF, add=EDITORS),
    Row(f"{LETTER}from-file/", f"{LETTER}from-file/", EDITORS, EDITORS),
    Row(f"{LETTER}<int:pk>/preview/", f"{LETTER}{{letter}}/preview/", STAFF, STAFF),
    Row(f"{LETTER}<int:pk>/preview.pdf", f"{LETTER}{{letter}}/preview.pdf", STAFF, STAFF),
    Row(
        f"{LETTER}<int:pk>/move/<slug:name>/", f"{LETTER}{{letter}}/move/close/",
        EDITORS_ON, EDITORS_ON,
    ),
    Row(
        f"{LETTER}<int:pk>/signatories.<slug:file_format>", f"{LETTER}{{letter}}/signatories.csv",
        STAFF, NOT_POSTED,
    ),
    Row(f"{LETTER}panel/", f"{LETTER}panel/", DESK, NOT_POSTED),
    Row(f"{LETTER}<int:pk>/panel/", f"{LETTER}{{letter}}/panel/", DESK, NOT_POSTED),
    *_of(
        "campaign/scheduledbackup", "backup",
        see=ADMINISTRATORS, change=NO_STAFF, delete=NO_STAFF, add=NO_STAFF,
    ),
    *_of(
        "campaign/outgoingmail", "mail",
        see=MODERATORS, change=ADMINISTRATORS_ON, delete=NO_STAFF, add=NO_STAFF,
    ),
    *_of(
        "campaign/publication", "publication",
        see=EDITORS, change=ADMINISTRATORS_ON, delete=NO_STAFF, add=NO_STAFF,
    ),
    *_of(
        "signatories/organisation", "organisation",
        see=STAFF, change=MODERATORS, delete=ADMINISTRATORS, add=MODERATORS,
    ),
    Row(
        "admin/signatories/organisation/export/organisations.<slug:file_format>",
        "admin/signatories/organisation/export/organisations.csv", STAFF, NOT_POSTED,
    ),
    *_of(
        "signatories/contactexport", "taken",
        see=ADMINISTRATORS, change=NO_STAFF, delete=NO_STAFF, add=NO_STAFF,
    ),
    Row(IMPORT, IMPORT, MODERATORS, MODERATORS),
    Row(f"{IMPORT}add/", f"{IMPORT}add/", MODERATORS, MODERATORS_TYPE),
    Row(f"{IMPORT}<path:object_id>/history/", f"{IMPORT}{{import}}/history/",
        MODERATORS, MODERATORS),
    Row(f"{IMPORT}<path:object_id>/delete/", f"{IMPORT}{{import}}/delete/", NO_STAFF, NO_STAFF),
    Row(f"{IMPORT}<path:object_id>/change/", f"{IMPORT}{{import}}/change/",
        MODERATORS, MODERATORS_TYPE),
    Row(f"{IMPORT}<path:object_id>/", f"{IMPORT}{{import}}/", ON, ON),
    Row(f"{IMPORT}<int:pk>/undo/", f"{IMPORT}{{imported}}/undo/", MODERATORS, MODERATORS_ON),
    *_of(
        "signatories/purgerecord", "purge",
        see=ADMINISTRATORS, change=NO_STAFF, delete=NO_STAFF, add=NO_STAFF,
    ),
    *_of(
        "signatories/signon", "pending",
        see=STAFF, change=MODERATORS, delete=NO_STAFF, add=MODERATORS,
    ),
    Row(
        f"{SIGN_ON}<int:pk>/ask/<slug:name>/", f"{SIGN_ON}{{pending}}/ask/reject/",
        MODERATORS, "302 403 422 403 422",
    ),
    Row(
        f"{SIGN_ON}<int:pk>/move/<slug:name>/", f"{SIGN_ON}{{pending}}/move/approve/",
        MODERATORS_ON, MODERATORS_ON,
    ),
    Row(f"{SIGN_ON}export/", f"{SIGN_ON}export/", STAFF, NOT_POSTED),
    Row(
        f"{SIGN_ON}export/queue.<slug:file_format>", f"{SIGN_ON}export/queue.csv",
        MODERATORS, NOT_POSTED,
    ),
    # Taken by POST, with the format.
    Row(
        f"{SIGN_ON}export/contacts/", f"{SIGN_ON}export/contacts/", MODERATORS_ON, MODERATORS_ON,
    ),
    Row(f"{SIGN_ON}personal-data/", f"{SIGN_ON}personal-data/", ADMINISTRATORS, ADMINISTRATORS),
    *_of(
        "auth/group", "group",
        see=ADMINISTRATORS, change=ADMINISTRATORS, delete=ADMINISTRATORS, add=ADMINISTRATORS,
    ),
    *_of(
        "auth/user", "user",
        see=ADMINISTRATORS, change=ADMINISTRATORS, delete=ADMINISTRATORS, add=ADMINISTRATORS,
    ),
    Row(
        "admin/auth/user/<id>/password/", "admin/auth/user/{user}/password/",
        ADMINISTRATORS, ADMINISTRATORS,
    ),
    # The pages themselves are files; Django answers the POST.
    Row("letters/<slug:slug>/sign/", "letters/{slug}/sign/", NO_PAGE, FORM),
    Row("unlisted/<slug:key>/sign/", "unlisted/{key}/sign/", ON, FORM),
    Row("unlisted/<slug:key>/", "unlisted/{key}/", ON, METHOD),
    Row("unlisted/<slug:key>/<path:rest>", "unlisted/{key}/letter.pdf", ON, METHOD),
    Row(
        "sign-ons/confirm/<str:token>/", "sign-ons/confirm/{confirm}/", PAGE, FORM,
        own="unconfirmed",
    ),
    Row(
        "sign-ons/confirm/<str:token>/renew/", "sign-ons/confirm/{confirm}/renew/", METHOD, ON,
        own="unconfirmed",
    ),
    Row("sign-ons/manage/<str:token>/", "sign-ons/manage/{manage}/", PAGE, PAGE, own="pending"),
    # Answered before any route is looked for.
    Row("health/live", "health/live", PAGE, PAGE),
    Row("health/ready", "health/ready", PAGE, PAGE),
]  # fmt: skip
#: Rows of what is no route of Django's.
MIDDLEWARE = {"health/live", "health/ready"}
