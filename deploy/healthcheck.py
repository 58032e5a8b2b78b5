"""Ends with 0 while the web process answers. For the image, which has no curl."""

import urllib.request

urllib.request.urlopen("http://127.0.0.1:8000/health/live", timeout=3)
