"""Django settings. What an operator may change is read in `campaign.env`, nowhere else."""

import hmac
import sys
from datetime import timedelta
from pathlib import Path
from typing import TextIO, cast
from urllib.parse import unquote, urlsplit

import dj_database_url
import structlog

from campaign.database import BoundedConnection
from campaign.embedded.paths import postgres_socket_dir, socket_dir
from campaign.env import read
from campaign.env_values import ConfigurationError
from campaign.headers import HSTS_SECONDS
from campaign.redaction import add_traceback, keep_secret, redact_event
from campaign.stderr import Stderr

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    ENVIRONMENT = read(BASE_DIR)
except ConfigurationError as error:
    sys.exit(f"Undersigned cannot start: {error}")

DATA_DIR = ENVIRONMENT.data_dir
EDITIONS_DIR = ENVIRONMENT.editions_dir
PRIVATE_DIR = ENVIRONMENT.private_dir
PUBLIC_URL = ENVIRONMENT.public_url
ADMIN_NETWORKS = ENVIRONMENT.admin_networks
CADDY_NETWORKS = ENVIRONMENT.caddy_networks
RATE_LIMITS = ENVIRONMENT.rate_limits
REQUIRE_SECOND_FACTOR = ENVIRONMENT.require_second_factor
TOKEN_KEY = ENVIRONMENT.token_key
BACKUP_TO = ENVIRONMENT.backup_to
BACKUP_PASSPHRASE_FILE = ENVIRONMENT.backup_passphrase_file
BACKUP_DIR = ENVIRONMENT.backup_dir
SECURITY_CONTACT = ENVIRONMENT.security_contact

#: Signs what a proof of work is asked for (django-altcha reads it by this name).
ALTCHA_HMAC_KEY = hmac.new(TOKEN_KEY.encode(), b"proof of work", "sha256").hexdigest()

SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = ENVIRONMENT.hosts

INSTALLED_APPS = [
    "campaign",
    "signatories",
    "crispy_forms",
    "pghistory",
    "pgtrigger",
    "campaign.desk.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
]

MIDDLEWARE = [
    "campaign.answers.headers_middleware",
    "campaign.views.health.health_middleware",
    "campaign.clients.claims_middleware",
    "campaign.staff.door_middleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "campaign.staff.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "campaign.staff.AuthenticationMiddleware",
    "campaign.staff.MessageMiddleware",
    "campaign.audit.staff_middleware",
]
STAFF_PREFIX = f"/{ENVIRONMENT.admin_path}/"

ROOT_URLCONF = "campaign.urls"
#: What the web process calls before it takes requests: each fills what the first would wait for.
WARM_UP = [
    "campaign.names.warm_up",
    "signatories.countries.country_choices",
    "signatories.matching.words.places",
]
WSGI_APPLICATION = "campaign.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "forms"
CRISPY_TEMPLATE_PACK = "forms"

# Embedded PostgreSQL listens on a socket in DATA_DIR only; `manage.py up` starts it.
_database_url = ENVIRONMENT.database_url
DATABASES = {
    "default": dj_database_url.parse(_database_url)
    if _database_url
    else {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "undersigned",
        "USER": "undersigned",
        "HOST": str(postgres_socket_dir(DATA_DIR)),
    }
}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
# A server that vanishes from the network is noticed in half a minute, not in the system's hours.
for _name, _value in {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
}.items():
    DATABASES["default"]["OPTIONS"].setdefault(_name, _value)
# Behind a pooler in transaction mode neither prepared statements nor server-side cursors hold.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", None)
if ENVIRONMENT.database_pool and not ENVIRONMENT.behind_pooler:
    # The web process: threads come and go, and a connection that ends with its thread is only
    # closed when Python gets round to it.
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": ENVIRONMENT.database_pool,
        "timeout": 3,
        # The pool's own pauses grow to minutes; given up early, the next request tries anew.
        "reconnect_timeout": 3,
        "connection_class": BoundedConnection,
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0 if ENVIRONMENT.behind_pooler else 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

#: A Redis-protocol server for hints. Losing it loses nothing.
REDIS_URL = ENVIRONMENT.redis_url or f"unix://{socket_dir(DATA_DIR) / 'valkey.sock'}"

#: The kinds of work that workers and the sweep share: dotted path of `run(*, overdue) -> int`.
WORK_KINDS = {
    "mail": "campaign.mail.deliver.run",
    "calendar": "signatories.calendar.run",
    "publish": "signatories.editions.publisher.run",
    "pointers": "signatories.editions.pointers.run",
    "tidy": "signatories.editions.tidy.run",
    "backup": "signatories.backup.schedule.run",
    "clock": "campaign.clock.run",
    "purge": "signatories.privacy.purge.run",
    "imports": "signatories.imports.work.run",
    "limits": "campaign.limits.tidy.run",
    "bulk": "signatories.services.bulk_work.run",
    "statistics": "signatories.services.statistics.run",
    "digest": "campaign.digest.schedule.run",
    "keys": "signatories.services.keying.run",
}
#: Where one can go from every page of the desk: lists of campaign.places.Place.
DESK_PLACES = ["campaign.places.PLACES", "signatories.admin.places.PLACES"]
#: What a letter's card on the front page of the desk shows beside how the letter itself stands:
#: `(user, letters) -> {letter id: campaign.admin.cards.Part}`.
DESK_CARDS = ["signatories.admin.cards.parts"]
#: How long a worker may hold the mails that it sends before another takes them over. A mail has
#: less than half of it to be sent, so that it is never in two hands.
MAIL_CLAIM = timedelta(minutes=2)
#: How long a mail rests that the server had as a whole, and did not answer: RFC 5321 section
#: 4.5.3.2.6 asks to wait for the answer as long, which no claim is.
MAIL_SILENCE = timedelta(minutes=10)
#: How long a publisher may be silent before another takes over: longer than any step of a build,
#: after each of which it renews its lease.
PUBLISH_LEASE = timedelta(seconds=60)
#: How often the sweep compares what readers see with what they should.
POINTERS_EVERY = timedelta(seconds=15)
#: Sign-ons that a bulk action sees to in one transaction. Each asks for one edition.
BULK_BATCH = 250
#: Reads what mails are about, by the first word of their kind: `(mails) -> {mail id: whatever its
#: renderer takes, or Gone}`.
MAIL_ABOUT = {
    "sign_on": "signatories.mails.about",
    "invitation": "signatories.invitation_mails.about_invitations",
    "letter": "signatories.sample_mails.about",
    "desk": "campaign.digest.mails.about",
}
#: Mail kinds to the function that renders one: `(about) -> RenderedMail`.
MAIL_KINDS = {
    "sign_on.confirm": "signatories.mails.confirm",
    "sign_on.listed": "signatories.mails.listed",
    "sign_on.question": "signatories.mails.question",
    "sign_on.rejected": "signatories.mails.rejected",
    "sign_on.withdrawn": "signatories.mails.withdrawn",
    "desk.digest": "campaign.digest.mails.digest",
    "sign_on.reaffirm": "signatories.mails.reaffirm",
    "letter.test": "signatories.sample_mails.sample",
    "invitation.invite": "signatories.invitation_mails.invite",
    "invitation.reminder": "signatories.invitation_mails.reminder",
    "invitation.passed_on": "signatories.invitation_mails.passed_on",
}
#: What staff read in place of a kind.
MAIL_NAMES = {
    "sign_on.confirm": "Please confirm",
    "sign_on.listed": "Now listed",
    "sign_on.question": "A question",
    "sign_on.rejected": "Not accepted",
    "sign_on.withdrawn": "Withdrawn",
    "desk.digest": "Digest for staff",
    "sign_on.reaffirm": "Do you still sign?",
    "letter.test": "Test, to a member of staff",
    "invitation.invite": "Invitation",
    "invitation.reminder": "Invitation, a reminder",
    "invitation.passed_on": "Invitation, passed on to a colleague",
}
#: Kinds that anybody can cause by typing an address. They are capped by address, and several to
#: one address go out in one mail: `(abouts) -> RenderedMail`.
MAIL_JOINS = {
    "sign_on.confirm": "signatories.mails.confirm_several",
    "invitation.passed_on": "signatories.invitation_mails.passed_on_several",
}

#: Asks the signatories of a letter, in the transaction that fixes a substantive Text: `(text)`.
ASK_SIGNATORIES = "signatories.services.reaffirming.ask_all"

#: Without EMAIL_URL mails stay on this machine, one file each, readable at /dev/mail/.
MAIL_DIR = DATA_DIR / "mail"
KEEP_MAIL_HERE = not ENVIRONMENT.email_url
if KEEP_MAIL_HERE:
    EMAIL_BACKEND = "campaign.mail.keep.KeepBackend"
elif ENVIRONMENT.mail_provider:
    EMAIL_BACKEND = ENVIRONMENT.mail_provider.backend
    ANYMAIL = {
        **ENVIRONMENT.mail_provider.settings,
        "WEBHOOK_SECRET": ENVIRONMENT.webhook_secret,
        "REQUESTS_TIMEOUT": (10, 20),
    }
else:
    EMAIL_BACKEND = "campaign.mail.smtp.EmailBackend"
    _mail = urlsplit(ENVIRONMENT.email_url)
    EMAIL_HOST = _mail.hostname or ""
    EMAIL_PORT = _mail.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[_mail.scheme]
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_USE_TLS = _mail.scheme == "smtp+tls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = ENVIRONMENT.mail_from
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LANGUAGE_CODE = "en-gb"
#: Moments at the desk say that they are in UTC.
FORMAT_MODULE_PATH = ["campaign.formats"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    # Names with digests, so that an edition refers to its style for ever.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
#: Seconds for which a link that sets a password holds: campaign/people/links.py.
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60
#: What stands above the code in the app on a telephone.
OTP_TOTP_ISSUER = f"Undersigned {ENVIRONMENT.public_host}"
# campaign/limits/sign_in.py counts wrong codes. django-otp's own pause doubles without an end, and
# would be everybody's who has the password, the owner's as well.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
# Two cookies, and only at the desk. By https their names hold browsers to what is set here: from
# this host only, by https only, for every path (draft-ietf-httpbis-rfc6265bis, 4.1.3.2).
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (
    ("__Host-session", "__Host-csrf") if ENVIRONMENT.https else ("session", "csrf")
)
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/" if ENVIRONMENT.https else STAFF_PREFIX
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Not Strict: who comes from a link in a mail would seem signed out, and be given another CSRF
# cookie, which breaks the forms that are open in other tabs.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Signed out when the browser is closed, or after half a day without a request: campaign/staff.py.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 12 * 60 * 60
#: Whoever is at the desk every day signs in anew so long after signing in.
SESSION_LONGEST = timedelta(days=7)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
# The rest of what answers carry stands in campaign/headers.py.
X_FRAME_OPTIONS = "DENY"
if ENVIRONMENT.https:
    SECURE_HSTS_SECONDS = HSTS_SECONDS
    # Caddy ends TLS, or knows the proxy that did, and says so; it removes what a client claims.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = [
    # Whether HSTS is for all subdomains and for browsers' own lists is for the domain's owner.
    "security.W005",
    "security.W021",
    # Caddy leads from http to https, or the proxy in front of it does: files never come here.
    "security.W008",
]

# Caddy refuses first: 100 kB for a form, 6 MB at the desk, where a file of evidence has 5 MB at
# most. No upload touches the disk on its way: what of it is kept goes into the private store.
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 6_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 5

PGHISTORY_APPEND_ONLY = True

keep_secret([SECRET_KEY, TOKEN_KEY, ENVIRONMENT.database_url, ENVIRONMENT.redis_url])
keep_secret([ENVIRONMENT.email_url, ENVIRONMENT.backup_database_url])
keep_secret([ENVIRONMENT.webhook_secret.partition(":")[2]])
if ENVIRONMENT.mail_provider:
    keep_secret(ENVIRONMENT.mail_provider.secrets)
DEFAULT_EXCEPTION_REPORTER_FILTER = "campaign.views.reports.ReportFilter"

# Events go to standard error, so that a command's answer stands alone on standard output.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_traceback,
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        redact_event,
    ],
    logger_factory=structlog.WriteLoggerFactory(cast(TextIO, Stderr())),
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "campaign.redaction.Formatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own logger names request paths, which may hold tokens.
        # What fails is logged by campaign.views.errors, without the path.
        "django.request": {"level": "CRITICAL"},
        "django": {"handlers": [], "level": "WARNING"},
        "celery": {"level": "WARNING"},
        # It logs what it cannot read, people included.
        "flufl.bounce": {"level": "CRITICAL", "handlers": [], "propagate": False},
        # It brings a handler of its own.
        "_granian": {"handlers": ["console"], "propagate": False},
        # It tells of each proof that somebody made up, with a traceback.
        "django_altcha": {"level": "CRITICAL"},
    },
}
