"""Links that carry a publication's fingerprint as `?rm=…`, so that the post can be recognised when it is read back."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

MARK = "rm"


def is_web_address(url: str) -> bool:
    """Whether it is an absolute http(s) address without credentials in it."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def marked(url: str, fingerprint: str) -> str:
    """`url` with the fingerprint in its query and without a fragment (Weibo reads `#…#` as a topic)."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != MARK]
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", urlencode([*query, (MARK, fingerprint)]), ""))


def shows_mark(text: str, fingerprint: str) -> bool:
    """Whether the fingerprint stands in the text as the value of `rm`."""
    return f"{MARK}={fingerprint}" in text
