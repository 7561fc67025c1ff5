"""URLs of login servers and orgs, from what users write in `domain` and `instance_url`."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from target_zuora360_cleanup.errors import InputError


def login_url(domain: str | None, instance_url: str | None, *, is_sandbox: bool | None) -> str:
    """The server to log in at, without a trailing slash.

    Args:
        domain: `login`, `test`, a My Domain with or without `.salesforce.com`, or a URL.
        instance_url: The org's URL, which can grant tokens too; used where `domain` isn't set.
        is_sandbox: What the ecosystem's taps call the choice between `test` and `login`.

    Raises:
        InputError: `domain` and `is_sandbox` contradict each other, or a URL isn't https.
    """
    _check_sandbox(domain, is_sandbox)
    if not domain and instance_url:
        return org_url(instance_url)
    name = domain or ("test" if is_sandbox else "login")
    if "://" in name:
        return org_url(name, "domain")
    host = name.rstrip("/")
    known = host.endswith((".salesforce.com", ".force.com", ".salesforce.mil"))
    return f"https://{host if known else host + '.salesforce.com'}"


def _check_sandbox(domain: str | None, is_sandbox: bool | None) -> None:  # noqa: FBT001 - a setting
    host = (domain or "").split("://")[-1].rstrip("/").removesuffix(".salesforce.com")
    looks = {"test": True, "login": False}.get(host)
    if looks is None and f".{host}.".find(".sandbox.") > 0:
        looks = True
    if looks is None or is_sandbox is None or looks == is_sandbox:
        return
    raise InputError(
        f"domain is '{domain}' but is_sandbox is {str(is_sandbox).lower()}: they contradict each "
        "other; remove one of them."
    )


def org_url(text: str, setting: str = "instance_url") -> str:
    """An org's URL: scheme and host only. Plain http is for a loopback address only.

    Raises:
        InputError: It is no URL, or it would send credentials unencrypted over a network.
    """
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port
    except ValueError:
        raise InputError(_no_url(text, setting)) from None
    if "@" in parts.netloc:
        raise InputError(
            f"{setting}: a URL must not hold a user name or password; there are settings for them."
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise InputError(_no_url(text, setting))
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise InputError(
            f"{setting}: '{text}' would send credentials unencrypted; use https. Plain http is "
            "accepted for a loopback address only."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _no_url(text: str, setting: str) -> str:
    return f"{setting}: '{text}' is no URL such as https://example.my.salesforce.com."


def scheme_of(url: str) -> str:
    """`http` or `https`."""
    return urlsplit(url).scheme


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
