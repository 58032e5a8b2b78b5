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
MODERATORS_FORM = "302 403 422 403 422"
MODERATORS_ON = "302 403 302 403 302"
EDITORS_ON = "302 403 403 302 302"
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


def _of(
    model: str,
    pk: str,
    *,
    see: str,
    change: str,
    delete: str,
    add: str,
    added: str = "",
    wrong: str = "200",
) -> list[Row]:
    """The pages that Django's admin has for each model; `added` answers an empty form to add one,
    `wrong` what cannot be saved.
    """
    at, one = f"admin/{model}/", f"admin/{model}/<path:object_id>/"
    example = f"{at}{{{pk}}}/"
    return [
        Row(at, at, see, see),
        Row(f"{at}add/", f"{at}add/", add, added or add.replace("200", wrong)),
        Row(f"{one}history/", f"{example}history/", see, see),
        Row(f"{one}delete/", f"{example}delete/", delete, delete),
        Row(f"{one}change/", f"{example}change/", see, change.replace("200", wrong)),
        Row(one, example, ON, ON),
    ]


LETTER, SIGN_ON = "admin/campaign/letter/", "admin/signatories/signon/"
ORGANISATION = "admin/signatories/organisation/"
IMPORT = "admin/signatories/import/"

MATRIX = [
    Row("admin/", "admin/", STAFF, STAFF),
    Row("admin/login/", "admin/login/", "200 302 302 302 302", FORM),
    Row("admin/login/code/", "admin/login/code/", ON, ON),
    Row(
        "admin/password-link/<str:token>/", "admin/password-link/{link}/", PAGE, FORM,
    ),
    Row("admin/account/", "admin/account/", STAFF, NOT_POSTED),
    Row("admin/account/sign-out-everywhere/", "admin/account/sign-out-everywhere/", NOT_POSTED, ON),
    Row("admin/account/recovery-codes/", "admin/account/recovery-codes/", NOT_POSTED, ON),
    Row("admin/account/second-factor-off/", "admin/account/second-factor-off/", NOT_POSTED, ON),
    Row("admin/second-factor/", "admin/second-factor/", STAFF, "302 422 422 422 422"),
    Row("admin/logout/", "admin/logout/", NOT_POSTED, STAFF),
    Row("admin/password_change/", "admin/password_change/", STAFF, STAFF),
    Row("admin/password_change/done/", "admin/password_change/done/", STAFF, NOT_POSTED),
    Row("admin/digest/", "admin/digest/", STAFF, "302 422 422 422 422"),
    # Of nothing; with the name of a field it answers those who may see what the field names.
    Row("admin/autocomplete/", "admin/autocomplete/", NO_STAFF, NOT_POSTED),
    Row("admin/jsi18n/", "admin/jsi18n/", STAFF, NOT_POSTED),
    Row("admin/r/<path:content_type_id>/<path:object_id>/", "admin/r/1/1/", NOT_THERE, NOT_THERE),
    Row("admin/^(?P<app_label>campaign|signatories|auth)/$", "admin/signatories/", STAFF, STAFF),
    Row("admin/(?P<url>.*)$", "admin/nowhere/", NOT_THERE, NOT_THERE),
    *_of(
        "campaign/letter", "letter",
        see=STAFF, change=EDITORS, delete=NO_STAFF, add=EDITORS, wrong="422",
    ),
    Row(f"{LETTER}from-file/", f"{LETTER}from-file/", EDITORS, EDITORS),
    Row(f"{LETTER}<int:pk>/preview/", f"{LETTER}{{letter}}/preview/", STAFF, STAFF),
    Row(f"{LETTER}<int:pk>/preview.pdf", f"{LETTER}{{letter}}/preview.pdf", STAFF, STAFF),
    Row(f"{LETTER}typed/", f"{LETTER}typed/", NOT_POSTED, EDITORS),
    Row(f"{LETTER}<int:pk>/typed/", f"{LETTER}{{letter}}/typed/", NOT_POSTED, EDITORS),
    Row(f"{LETTER}<int:pk>/texts/", f"{LETTER}{{letter}}/texts/", STAFF, STAFF),
    Row(f"{LETTER}<int:pk>/texts/<int:number>/", f"{LETTER}{{letter}}/texts/1/", STAFF, STAFF),
    Row(f"{LETTER}<int:pk>/lists/", f"{LETTER}{{letter}}/lists/", STAFF, STAFF),
    Row(
        f"{LETTER}<int:pk>/silent/", f"{LETTER}{{letter}}/silent/",
        STAFF, "302 403 302 403 302",
    ),
    # These accounts have no address yet, and are asked for it.
    Row(
        f"{LETTER}<int:pk>/test-mails/", f"{LETTER}{{letter}}/test-mails/",
        EDITORS, "302 403 403 422 422",
    ),
    Row(
        f"{LETTER}<int:pk>/move/<slug:name>/", f"{LETTER}{{letter}}/move/close/",
        EDITORS_ON, EDITORS_ON,
    ),
    Row(
        f"{LETTER}<int:pk>/signatories.<slug:file_format>", f"{LETTER}{{letter}}/signatories.csv",
        STAFF, NOT_POSTED,
    ),
    Row(f"{LETTER}panel/", f"{LETTER}panel/", DESK, NOT_POSTED),
    Row(f"{LETTER}invite/", f"{LETTER}invite/", MODERATORS, "302 403 422 403 422"),
    Row(
        f"{LETTER}<int:pk>/invitations/", f"{LETTER}{{letter}}/invitations/",
        STAFF, NOT_POSTED,
    ),
    Row(
        f"{LETTER}<int:pk>/invitations/remind/", f"{LETTER}{{letter}}/invitations/remind/",
        NOT_POSTED, MODERATORS_ON,
    ),
    Row(
        f"{LETTER}<int:pk>/invitations/<int:invitation>/",
        f"{LETTER}{{letter}}/invitations/{{invitation}}/", STAFF, MODERATORS_ON,
    ),
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
        see=STAFF, change=MODERATORS, delete=ADMINISTRATORS_ON, add=MODERATORS,
    ),
    Row(
        f"{ORGANISATION}<int:pk>/merge/", f"{ORGANISATION}{{organisation}}/merge/",
        MODERATORS, MODERATORS,
    ),
    Row(
        f"{ORGANISATION}<int:pk>/merge/<int:other>/",
        f"{ORGANISATION}{{organisation}}/merge/{{other_organisation}}/",
        MODERATORS, MODERATORS_ON,
    ),
    Row(
        f"{ORGANISATION}<int:pk>/take-apart/", f"{ORGANISATION}{{organisation}}/take-apart/",
        MODERATORS_ON, MODERATORS_ON,
    ),
    Row(
        f"{ORGANISATION}<int:pk>/listed-names/", f"{ORGANISATION}{{organisation}}/listed-names/",
        MODERATORS, "302 403 422 403 422",
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
    Row(f"{IMPORT}add/", f"{IMPORT}add/", MODERATORS, MODERATORS_FORM),
    Row(f"{IMPORT}<path:object_id>/history/", f"{IMPORT}{{import}}/history/",
        MODERATORS, MODERATORS),
    Row(f"{IMPORT}<path:object_id>/delete/", f"{IMPORT}{{import}}/delete/", NO_STAFF, NO_STAFF),
    Row(f"{IMPORT}<path:object_id>/change/", f"{IMPORT}{{import}}/change/",
        MODERATORS, MODERATORS_FORM),
    Row(f"{IMPORT}<path:object_id>/", f"{IMPORT}{{import}}/", ON, ON),
    Row(f"{IMPORT}<int:pk>/undo/", f"{IMPORT}{{imported}}/undo/", MODERATORS, MODERATORS_ON),
    *_of(
        "signatories/purgerecord", "purge",
        see=ADMINISTRATORS, change=NO_STAFF, delete=NO_STAFF, add=NO_STAFF,
    ),
    *_of(
        "signatories/signon", "pending",
        see=STAFF, change=MODERATORS, delete=NO_STAFF, add=MODERATORS, added=MODERATORS_FORM,
    ),
    Row(
        f"{SIGN_ON}<int:pk>/question/", f"{SIGN_ON}{{pending}}/question/",
        MODERATORS, MODERATORS_FORM,
    ),
    Row(
        f"{SIGN_ON}<int:pk>/merge/", f"{SIGN_ON}{{pending}}/merge/",
        MODERATORS_ON, MODERATORS_ON,
    ),
    Row(
        f"{SIGN_ON}<int:pk>/evidence/<int:evidence>/",
        f"{SIGN_ON}{{pending}}/evidence/{{evidence}}/",
        MODERATORS, NOT_POSTED,
    ),
    Row(
        f"{SIGN_ON}<int:pk>/ask/<slug:name>/", f"{SIGN_ON}{{pending}}/ask/reject/",
        MODERATORS, MODERATORS_FORM,
    ),
    Row(
        f"{SIGN_ON}<int:pk>/move/<slug:name>/", f"{SIGN_ON}{{pending}}/move/approve/",
        MODERATORS_ON, MODERATORS_ON,
    ),
    *_of(
        "signatories/bulk", "bulk",
        see=MODERATORS, change=MODERATORS_ON, delete=NO_STAFF, add=NO_STAFF,
    ),
    Row(
        "admin/signatories/bulk/<int:pk>/move/<slug:name>/",
        "admin/signatories/bulk/{bulk}/move/stop/", MODERATORS_ON, MODERATORS_ON,
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
        "campaign/signinattempt", "attempt",
        see=ADMINISTRATORS, change=NO_STAFF, delete=NO_STAFF, add=NO_STAFF,
    ),
    *_of(
        "auth/user", "user",
        see=ADMINISTRATORS, change=ADMINISTRATORS, delete=ADMINISTRATORS, add=ADMINISTRATORS,
    ),
    Row(
        "admin/auth/user/<int:pk>/link/", "admin/auth/user/{user}/link/",
        ADMINISTRATORS_ON, ADMINISTRATORS,
    ),
    Row(
        "admin/auth/user/<int:pk>/move/<slug:name>/", "admin/auth/user/{user}/move/sign-out/",
        ADMINISTRATORS_ON, ADMINISTRATORS_ON,
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
    Row("digest/stop/<str:token>/", "digest/stop/{digest}/", PAGE, PAGE),
    Row("invitations/<str:token>/", "invitations/{invite}/", PAGE, FORM, own="invited"),
    # Answered before any route is looked for.
    Row("health/live", "health/live", PAGE, PAGE),
    Row("health/ready", "health/ready", PAGE, PAGE),
]  # fmt: skip
#: Rows of what is no route of Django's.
MIDDLEWARE = {"health/live", "health/ready"}
