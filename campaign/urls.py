from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from campaign import public_urls
from campaign.public_urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns: list[URLPattern | URLResolver] = [
    path(settings.STAFF_PREFIX.removeprefix("/"), admin.site.urls),
    *public_urls.urlpatterns,
]
