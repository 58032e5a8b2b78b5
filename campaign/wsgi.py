"""The WSGI application that granian serves behind Caddy."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils.module_loading import import_string

from campaign.embedded.identity import die_with_supervised_parent
from campaign.redaction import redact_tracebacks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")
# Only here are there threads that come and go; see docs/decisions/0007-a-pool-in-web-only.md.
os.environ.setdefault("DATABASE_POOL", "8")
die_with_supervised_parent()
redact_tracebacks()
application = get_wsgi_application()

# Whoever signs first after a start waits for nothing that could have been loaded before.
get_resolver().url_patterns  # noqa: B018 - imports all views
for _path in settings.WARM_UP:
    import_string(_path)()
