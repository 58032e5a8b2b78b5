"""Whatever is sent, the site answers in its own words, and keeps what it promised.

Never a 5xx, always one of the documented statuses; nothing that was typed is lost when the form
comes back; what is thanked for is in the database, and nothing else is.
"""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st

from campaign.letters import make_unlisted
from campaign.models import Letter, OutgoingMail
from campaign.names import clean_name
from campaign.tokens import make_token
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Status
from signatories.services.asking import confirmation_token
from tests.checks import typed
from tests.checks.matrix import MATRIX
from tests.checks.routes import address
from tests.checks.undone import undone
from tests.checks.world import World, make_world
from tests.roles import client_of
from tests.signatories.privacy.planted import plant
from tests.signatories.test_views import FORM

pytestmark = pytest.mark.django_db

FIELDS = [*FORM, "other"]
#: Those whose widget holds any text, so that nothing may be lost.
TYPED = ["organisation", "contact_name", "contact_title", "email", "website"]
#: docs/interfaces.md; 400 for what cannot be read, 403 from another site, 413 for too much.
REFUSED = {400, 403, 404, 405, 413}
SIGN = {302, 409, 422, 429} | REFUSED
TOKEN = {200, 301, 302, 409, 410, 422, 429} | REFUSED
ANY = {200, 301, 302, 409, 410, 415, 422, 429} | REFUSED


def browser() -> Client:
    return Client(raise_request_exception=False)


def sent(method: str, path: str, body: bytes = b"", kind: str = "", **headers: str) -> Any:
    return browser().generic(method, path, body, content_type=kind, headers=headers)


def post_form(path: str, fields: dict[str, str], client: Client | None = None) -> Any:
    return (client or browser()).generic(
        "POST", path, typed.encoded(fields), content_type="application/x-www-form-urlencoded"
    )


forms = st.dictionaries(st.sampled_from(FIELDS), typed.text, max_size=len(FIELDS)).flatmap(
    # A form that is right but for a few fields reaches further than one that is all wrong.
    lambda wrong: st.sampled_from([wrong, {**FORM, **wrong}])
)


@typed.fuzz
@given(fields=forms)
def test_the_form_takes_what_is_right_and_loses_nothing_of_what_is_not(
    letter: Letter, fields: dict[str, str]
) -> None:
    with undone():
        response = post_form("/letters/ours/sign/", fields)
        assert response.status_code in SIGN
        read = QueryDict(typed.encoded(fields))
        if response.status_code == 422:
            page = unescape(response.content.decode())
            for name in TYPED:
                assert unescape(read.get(name, "")) in page, name
        thanked = response.status_code == 302
        assert SignOn.objects.count() == Contact.objects.count() == thanked
        assert OutgoingMail.objects.count() == thanked
        if thanked:
            assert SignOn.objects.get().listed_name == clean_name(read["organisation"])
            assert SignOn.objects.get().status == Status.UNCONFIRMED


@typed.fuzz
@given(method=typed.methods, body=typed.bodies, kind=typed.content_types)
def test_the_forms_address_takes_any_body_and_method(
    letter: Letter, method: str, body: bytes, kind: str
) -> None:
    with undone():
        for path in ("/letters/ours/sign/", f"{letter.unlisted_path}sign/"):
            assert sent(method, path, body, kind).status_code in SIGN
        assert SignOn.objects.count() == 0


@typed.fuzz
@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["origin", "sec-fetch-site", "host", "referer", "accept-language", "cookie",
             "x-forwarded-for", "x-forwarded-host", "x-http-method-override", "accept-encoding"]
        ),
        st.one_of(
            st.sampled_from(["null", "http://[", "evil.example", "cross-site", "127.0.0.1:8000"]),
            st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
        ),
    )
)  # fmt: skip
def test_headers_can_say_anything(letter: Letter, headers: dict[str, str]) -> None:
    with undone():
        response = browser().post("/letters/ours/sign/", FORM, headers=headers)
        assert response.status_code in SIGN
        if headers.get("origin", "null") not in {"null", "http://127.0.0.1:8000"}:
            host = headers.get("host", "testserver")
            if headers["origin"] != f"http://{host}":
                assert not SignOn.objects.exists()


@typed.fuzz
@given(method=typed.methods, path=typed.paths, query=typed.in_url, slash=st.booleans())
def test_no_address_breaks_the_site(
    letter: Letter, method: str, path: str, query: str, slash: bool
) -> None:
    ends = ["", "letters/", "unlisted/", "sign-ons/confirm/", "sign-ons/manage/", "health/",
            "letters/ours/", f"unlisted/{letter.unlisted_key}/", "dev/mail/", "admin/"]  # fmt: skip
    for before in ends:
        url = f"/{before}{path}{'/' if slash else ''}?{query}"
        assert sent(method, url).status_code in ANY, url


@typed.fuzz
@given(
    token=typed.in_url,
    fields=st.dictionaries(st.sampled_from(["text", "action", "sure"]), typed.text),
)
def test_a_token_can_be_anything_and_opens_nothing(
    letter: Letter, token: str, fields: dict[str, str]
) -> None:
    with undone():
        for path in ("confirm/{}/", "confirm/{}/renew/", "manage/{}/"):
            url = f"/sign-ons/{path.format(token)}"
            for answer in (sent("GET", url), post_form(url, fields)):
                assert answer.status_code in {301, 302, 403, 404, 405}


@typed.fuzz
@given(
    status=st.sampled_from(Status.values),
    fields=st.dictionaries(st.sampled_from(["text", "shown", "action", "sure", "x"]), typed.text),
    method=typed.methods,
    body=typed.bodies,
    kind=typed.content_types,
)
def test_the_right_token_with_anything_in_the_form(
    letter: Letter, status: str, fields: dict[str, str], method: str, body: bytes, kind: str
) -> None:
    with undone():
        sign_on = plant(letter, Status(status)).sign_on
        links = [
            f"/sign-ons/confirm/{confirmation_token(sign_on)}/",
            f"/sign-ons/manage/{make_token('manage', sign_on.pk, sign_on.epoch)}/",
        ]
        for link in links:
            assert post_form(link, fields).status_code in TOKEN
            assert sent(method, link, body, kind).status_code in TOKEN
        sign_on.refresh_from_db()
        assert sign_on.status == status  # nothing but what our own pages send moves it


@typed.fuzz
@given(key=typed.in_url, rest=typed.paths)
def test_unlisted_addresses_are_not_guessed(letter: Letter, key: str, rest: str) -> None:
    with undone():
        make_unlisted(letter)
        for url in (f"/unlisted/{key}/{rest}", f"/unlisted/{key}/sign/", f"/letters/ours/{rest}"):
            assert sent("GET", url).status_code in {301, 404, 405}, url


@typed.fuzz
@given(method=typed.methods, body=typed.bodies, kind=typed.content_types)
def test_health_answers_to_anything(method: str, body: bytes, kind: str) -> None:
    for path in ("/health/live", "/health/ready"):
        assert sent(method, path, body, kind).status_code in {200, 405}


@typed.fuzz
@given(name=typed.in_url, method=typed.methods)
def test_the_mailbox_of_a_trial_opens_its_own_files_only(
    tmp_path_factory: pytest.TempPathFactory, name: str, method: str
) -> None:
    from django.test import RequestFactory

    from campaign.views.mailbox import mailbox_mail

    directory: Path = tmp_path_factory.getbasetemp() / "mailbox"
    directory.mkdir(exist_ok=True)
    (directory.parent / "1.eml").write_text("Subject: outside\n\nsecret")
    from urllib.parse import unquote

    from django.http import Http404

    with override_settings(MAIL_DIR=directory):
        try:
            response = mailbox_mail(RequestFactory().generic(method, "/"), name=unquote(name))
        except Http404:
            return
        assert response.status_code == 405


@typed.fuzz
@given(
    fields=st.dictionaries(st.sampled_from(["username", "password", "next", "code"]), typed.text),
    token=typed.in_url,
)
def test_signing_in_takes_anything_and_lets_nobody_in(
    letter: Letter, fields: dict[str, str], token: str
) -> None:
    for path in ("admin/login/", "admin/login/code/", f"admin/password-link/{token}/"):
        client = browser()
        answer = post_form(address(path), fields, client)
        assert answer.status_code in {302, 400, 404, 410, 422}, path
        if answer.status_code == 302:  # there is no password yet
            assert answer["Location"].startswith(address("admin/login/"))
        assert client.get(address("admin/")).status_code == 302


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def names_in(page: str) -> list[str]:
    return sorted(set(re.findall(r'<(?:input|select|textarea)[^>]*\sname="([^"]+)"', page)))


def values_in(page: str) -> dict[str, str]:
    """What hidden fields and management forms hold, without which a formset is not read."""
    pairs = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', page)
    return {name: unescape(value) for name, value in pairs if name != "csrfmiddlewaretoken"}


#: Forms of the admin where staff type; the matrix knows the rest.
ADMIN_FORMS = [
    "admin/campaign/letter/add/", "admin/campaign/letter/{draft}/change/",
    "admin/campaign/letter/{letter}/change/", "admin/campaign/letter/from-file/",
    "admin/signatories/signon/add/", "admin/signatories/signon/{pending}/change/",
    "admin/signatories/signon/{approved}/change/", "admin/signatories/organisation/add/",
    "admin/signatories/organisation/{organisation}/change/",
    "admin/signatories/signon/{pending}/ask/reject/", "admin/signatories/signon/personal-data/",
    "admin/auth/user/add/", "admin/auth/user/{user}/change/", "admin/second-factor/",
    "admin/password-link/{link}/",
]  # fmt: skip


@typed.fuzz
@given(data=st.data())
def test_the_admins_forms_take_anything_from_those_who_may(world: World, data: Any) -> None:
    values = world_values(world)
    path = address(data.draw(st.sampled_from(ADMIN_FORMS)).format(**values))
    client = client_of("administrator")
    client.raise_request_exception = False
    with undone():
        page = client.get(path).content.decode()
        names = data.draw(st.lists(st.sampled_from(names_in(page)), max_size=6, unique=True))
        fields = values_in(page) | {name: data.draw(typed.text) for name in names}
        response = post_form(path, fields, client)
        assert response.status_code in {200, 302, 400, 403, 422}, path


@typed.fuzz
@given(data=st.data())
def test_moves_and_lists_of_the_admin_take_anything(world: World, data: Any) -> None:
    values = world_values(world)
    client = client_of("administrator")
    client.raise_request_exception = False
    moves = ["signon/{pending}/move/{}/", "signon/{approved}/move/{}/", "signon/{pending}/ask/{}/"]
    names = ["approve", "hold", "reconsider", "list-again", "still-signs", "ask-again", "withdraw",
             "reject", "x"]  # fmt: skip
    with undone():
        move = data.draw(st.sampled_from(moves)).replace("{}", data.draw(st.sampled_from(names)))
        fields = {
            name: data.draw(typed.text) for name in ("kind", "reason", "choice", "tell", "evidence")
        }
        path = address(f"admin/signatories/{move}".format(**values))
        assert post_form(path, fields, client).status_code in {302, 404, 422}, path
        lists = [row.example for row in MATRIX if row.route.endswith(("signon/", "letter/"))]
        lists += ["admin/campaign/outgoingmail/", "admin/signatories/organisation/"]
        path = address(data.draw(st.sampled_from(lists)))
        keys = ["q", "p", "o", "e", "all", "letter", "group", "status__exact", "source", "state",
                "kind__exact", "_facets", "_popup", "_to_field", "_changelist_filters",
                "id"]  # fmt: skip
        key, value = data.draw(st.sampled_from(keys)), data.draw(typed.in_url)
        assert client.get(f"{path}?{key}={value}").status_code in {200, 302, 400}, (path, key)
        fields = {name: data.draw(typed.text) for name in ("action", "_selected_action", "index")}
        assert post_form(path, fields, client).status_code in {200, 302, 400, 403, 422}, path


_values: dict[int, dict[str, str]] = {}


def world_values(world: World) -> dict[str, str]:
    """Once for each world: they make an account."""
    return _values.setdefault(id(world), world.values())


def test_no_filter_of_a_list_breaks(world: World) -> None:
    client = client_of("administrator")
    client.raise_request_exception = False
    filters = {
        "admin/signatories/signon/": ["q", "p", "letter", "group", "status__exact", "source"],
        "admin/campaign/letter/": ["q", "state__exact", "id"],
        "admin/campaign/outgoingmail/": ["state", "kind__exact", "o"],
        "admin/signatories/purgerecord/": ["rule"],
    }
    broken = []
    for path, keys in filters.items():
        for key in keys:
            for value in ("%00", "9" * 30):
                status = client.get(f"{address(path)}?{key}={value}").status_code
                if status not in {200, 302, 400, 404, 405}:
                    broken.append((status, path, key, value))
    assert broken == []
