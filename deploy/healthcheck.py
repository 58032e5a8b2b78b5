"""Ends with 0 while the web process answers. For the image, which has no curl."""

import os
import urllib.request
from urllib.parse import urlsplit

# Django answers to its own name only.
own_name = urlsplit(os.environ["PUBLIC_URL"]).netloc
request = urllib.request.Request("http://127.0.0.1:8000/health/live", headers={"Host": own_name})
urllib.request.urlopen(request, timeout=3)  # noqa: S310
