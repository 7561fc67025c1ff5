"""URLs of login servers and orgs, from what users write in `domain` and `instance_url`."""

from __future__ import annotations

import re
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
    looks = looks_like_sandbox(domain or "")
    if looks is None or is_sandbox is None or looks == is_sandbox:
        return
    raise InputError(
        f"domain is '{domain}' but is_sandbox is {str(is_sandbox).lower()}: they contradict each "
        "other; remove one of them."
    )


def looks_like_sandbox(domain: str) -> bool | None:
    """Whether a domain is a sandbox's (true), the production login (false), or may be either.

    A name with two hyphens in a row is a sandbox's, `MyDomain--SandboxName`, with or without an
    instance or `sandbox` in it; My Domain names hold no such pair ("My Domain URL Formats").
    Instances that begin with `cs` are sandboxes ("Salesforce Instance Names").
    """
    host = host_of(domain)
    names = host.removesuffix(".com").removesuffix(".mil").split(".")
    names = names[:-1] if names[-1:] == ["salesforce"] else names
    if names == ["login"]:
        return False
    is_my_domain = "my" in names[1:] or "lightning" in names[1:]
    is_named = is_my_domain and ("--" in names[0] or "sandbox" in names[1:])
    is_instance = len(names) == 1 and bool(re.fullmatch(r"cs\d+", names[0]))
    return True if names == ["test"] or is_named or is_instance else None


def host_of(url: str) -> str:
    """The host in a URL, which may lack its scheme; blank where there is none."""
    try:
        return (urlsplit(url if "://" in url else f"//{url}").hostname or "").lower()
    except ValueError:
        return ""


def audience_of(url: str, *, is_sandbox: bool | None) -> str:
    """The login server that a JWT is meant for, also where the request goes to a My Domain.

    ("OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration": `aud`.) Scratch orgs log in where
    sandboxes do.
    """
    scratch = ".scratch." in host_of(url)
    test = is_sandbox or looks_like_sandbox(url) or scratch
    return f"https://{'test' if test else 'login'}.salesforce.com"


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
    if parts.scheme == "http" and not is_loopback(parts.hostname):
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


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
