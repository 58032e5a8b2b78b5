"""All pages, and the webhooks that campaign.urls adds while EMAIL_URL names a provider."""

from campaign import urls
from campaign.mail.webhooks import webhooks_of
from campaign.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*urls.urlpatterns, *webhooks_of("postmark")]
