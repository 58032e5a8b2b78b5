"""A member of staff at the desk of a running site."""

import http.cookiejar
import re
import urllib.parse
import urllib.request

from tests.site import Site

PASSWORD = "a password of the tests only"


class Desk:
    """A member of staff's browser, without the pictures."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies)
        )
        site.manage("createsuperuser", "--noinput", DJANGO_SUPERUSER_PASSWORD=PASSWORD, **ADMIN)
        self.post("/admin/login/", username="staff", password=PASSWORD, next="/admin/")

    def get(self, path: str) -> str:
        with self._opener.open(self._site.url + path, timeout=30) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **data: str) -> str:
        """Post the form that the page at `path` has; returns the page that this leads to."""
        return self.send(path, self.token(path), **data)

    def token(self, path: str) -> str:
        """That of the form on the page."""
        page = self.get(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        return token[1]

    def send(self, path: str, token: str, **data: str) -> str:
        request = urllib.request.Request(
            self._site.url + path,
            urllib.parse.urlencode({"csrfmiddlewaretoken": token, **data}).encode(),
            {"Origin": self._site.url},
        )
        with self._opener.open(request, timeout=30) as answer:
            return str(answer.read().decode())


ADMIN = {"DJANGO_SUPERUSER_USERNAME": "staff", "DJANGO_SUPERUSER_EMAIL": "staff@example.org"}
