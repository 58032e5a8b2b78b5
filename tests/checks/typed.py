"""What people, programs and attackers send, for hypothesis to draw from."""

from urllib.parse import quote, quote_from_bytes

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

#: The same examples in every run, so that a failure is one for everybody; a few seconds each.
#: A longer hunt: set `derandomize=False, max_examples=5000` here, which prints what it found.
fuzz = settings(
    derandomize=True,
    max_examples=25,
    deadline=None,
    # Without shrinking, a failure is told within seconds; the seed is fixed, so shrink it by hand.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

#: What broke forms and databases elsewhere.
NASTY = [
    "", " ", "\0", "a\0b", "\ud800", "\udfff", "\u202eabc", "\ufeff", "\ufffe", "\U0010ffff",
    "ﷺ" * 40,
    "a" * 5000, "é" * 301, "'; DROP TABLE x; --", "%s %(x)s {0} {x}", "{{ 7*7 }} {% load x %}",
    "<script>alert(1)</script>", "\r\nBcc: x@evil.example", "../../etc/passwd", "=1+1", "NaN", "-1",
    "9" * 40, "1e309", "٣", "on", "true", "null", "undefined", "ada@example.org", "http://[", "//",
    "javascript:alert(1)", "https://example.org/\u2028", "xn--a", "a@b", "ada@[127.0.0.1]", "GB",
    "🏳️‍🌈",
]  # fmt: skip
text = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=400),
    st.text(alphabet=st.characters(), max_size=40),
)
#: As a URL or form may hold it: any bytes, well-formed UTF-8 or not.
in_url = st.one_of(
    text.map(lambda typed: quote(typed.encode("utf-8", "surrogatepass"), safe="")),
    st.binary(max_size=60).map(lambda sent: quote_from_bytes(sent, safe="")),
)
segments = st.one_of(
    in_url, st.sampled_from(["..", ".", "%2e%2e", "%2f", "x", "1", "sign", ";a=b"])
)
paths = st.lists(segments, min_size=0, max_size=4).map(lambda parts: "/".join(parts))
methods = st.sampled_from(
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW"]
)
content_types = st.sampled_from(
    [
        "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16",
        "application/x-www-form-urlencoded; charset=nonsense", "multipart/form-data",
        "multipart/form-data; boundary=x", "multipart/form-data; boundary=\x01",
        "multipart/form-data; boundary=" + "y" * 300, "application/json", "text/plain",
        "application/octet-stream", "", "nonsense", "text/html; charset=utf-7",
    ]
)  # fmt: skip
part = st.tuples(text, st.binary(max_size=80)).map(
    lambda pair: (
        b'--x\r\nContent-Disposition: form-data; name="'
        + pair[0].encode("utf-8", "surrogatepass")[:80]
        + b'"\r\n\r\n'
        + pair[1]
        + b"\r\n"
    )
)
bodies = st.one_of(
    st.binary(max_size=400),
    st.dictionaries(in_url, in_url, max_size=6).map(
        lambda fields: "&".join(f"{k}={v}" for k, v in fields.items()).encode()
    ),
    st.lists(part, max_size=4).map(lambda parts: b"".join(parts) + b"--x--\r\n"),
    st.lists(part, max_size=4).map(lambda parts: b"".join(parts)),  # cut off
    st.sampled_from(
        [b'--x\r\nContent-Disposition: form-data; name="f"; filename="\0"\r\n\r\n\0\r\n--x--']
    ),
)


def encoded(fields: dict[str, str]) -> bytes:
    """A form as a browser would send it, lone surrogates and all."""
    pairs = [
        f"{quote(name)}={quote(value.encode('utf-8', 'surrogatepass'), safe='')}"
        for name, value in fields.items()
    ]
    return "&".join(pairs).encode()
