"""Whom we believe when we ask another service by https."""

import ssl
from functools import cache

import httpx2


@cache
def trusted() -> ssl.SSLContext:
    """The certificate authorities that every request asks; read once, since reading them takes 40 ms."""
    return httpx2.create_ssl_context()
