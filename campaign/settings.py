"""Django settings. What an operator may change is read in `campaign.env`, nowhere else."""

import hmac
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
import structlog

from campaign.embedded.paths import postgres_socket_dir, socket_dir
from campaign.env import ConfigurationError, read

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    ENVIRONMENT = read(BASE_DIR)
except ConfigurationError as error:
    sys.exit(f"Undersigned cannot start: {error}")

DATA_DIR = ENVIRONMENT.data_dir
EDITIONS_DIR = ENVIRONMENT.editions_dir
PRIVATE_DIR = ENVIRONMENT.private_dir
PUBLIC_URL = ENVIRONMENT.public_url
CADDY_NETWORKS = ENVIRONMENT.caddy_networks
RATE_LIMITS = ENVIRONMENT.rate_limits
TOKEN_KEY = ENVIRONMENT.token_key

#: Signs what a proof of work is asked for (django-altcha reads it by this name).
ALTCHA_HMAC_KEY = hmac.new(TOKEN_KEY.encode(), b"proof of work", "sha256").hexdigest()

SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = [ENVIRONMENT.public_host]
if ENVIRONMENT.loopback:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "campaign",
    "signatories",
    "crispy_forms",
    "pghistory",
    "pgtrigger",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "campaign.views.health.health_middleware",
    "campaign.clients.claims_middleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # These four leave no cookie and make no query on public pages: nothing there touches them.
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "campaign.audit.staff_middleware",
]
STAFF_PREFIX = "/admin/"

ROOT_URLCONF = "campaign.urls"
#: What the web process calls before it takes requests: each fills what the first would wait for.
WARM_UP = ["campaign.names.warm_up", "signatories.countries.country_choices"]
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
# Behind a pooler in transaction mode neither prepared statements nor server-side cursors hold.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", None)
if ENVIRONMENT.database_pool and not ENVIRONMENT.behind_pooler:
    # The web process: threads come and go, and a connection that ends with its thread is only
    # closed when Python gets round to it.
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": ENVIRONMENT.database_pool,
        "timeout": 5,
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
    "tidy": "signatories.editions.tidy.run",
    "limits": "campaign.limits.tidy.run",
}
#: Mail kinds to the function that renders one: `(mail) -> RenderedMail`.
MAIL_KINDS = {
    "sign_on.confirm": "signatories.mails.confirm",
    "sign_on.listed": "signatories.mails.listed",
    "sign_on.rejected": "signatories.mails.rejected",
    "sign_on.withdrawn": "signatories.mails.withdrawn",
}

#: How long a worker may hold the mails that it sends before another takes them over. A mail has
#: less than half of it to be sent, so that it is never in two hands.
MAIL_CLAIM = timedelta(minutes=2)

#: Without EMAIL_URL mails stay on this machine, one file each, readable at /dev/mail/.
MAIL_DIR = DATA_DIR / "mail"
KEEP_MAIL_HERE = not ENVIRONMENT.email_url
if KEEP_MAIL_HERE:
    EMAIL_BACKEND = "campaign.mail.keep.KeepBackend"
else:
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
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.https
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = STAFF_PREFIX
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if ENVIRONMENT.https:
    # Caddy ends TLS and says so; it removes what a client claims.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

PGHISTORY_APPEND_ONLY = True

# Events go to standard error, so that a command's answer stands alone on standard output.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
    ],
    logger_factory=structlog.WriteLoggerFactory(sys.stderr),
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own logger names request paths, which may hold tokens.
        # What fails is logged by campaign.views.errors, without the path.
        "django.request": {"level": "CRITICAL"},
        "django": {"handlers": [], "level": "WARNING"},
        "celery": {"level": "WARNING"},
        # It tells of each proof that somebody made up, with a traceback.
        "django_altcha": {"level": "CRITICAL"},
    },
}
