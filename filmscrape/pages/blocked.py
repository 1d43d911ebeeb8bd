"""Answers that stand in the place of a page: challenges, refusals, gates and nothing at all.

A page that only mentions such things is none of them, so each sign is one that the stand-in needs in order to work, or
its whole title. What a protection adds to *every* page of a site (``/cdn-cgi/challenge-platform/scripts/``, a script of
``_Incapsula_Resource``, ``js.datadome.co``, a reCAPTCHA in a newsletter's form) is no sign.
"""

import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

REFUSED = frozenset({403, 429})
"""Statuses that refuse whoever asks, and not the page."""
BLOCKED = "blocked: "
"""What every reason of this module begins with."""
EMPTY = f"{BLOCKED}an empty page"

_NO_HEADERS: Mapping[str, str] = {}

# Answer headers by which a protection says itself that this is no page: name, value, whose.
_HEADERS = (
    ("cf-mitigated", "challenge", "a challenge of Cloudflare"),
    ("x-amzn-waf-action", "challenge", "a challenge of AWS WAF"),
    ("x-amzn-waf-action", "captcha", "a challenge of AWS WAF"),
)
_TITLE = re.compile(rb"<title[^>]*>\s*([^<]*?)\s*</title>", re.IGNORECASE)
# Whole titles, in lower case.
_TITLES = {
    b"just a moment...": "a challenge of Cloudflare",
    b"attention required! | cloudflare": "a refusal of Cloudflare",
    b"access to this page has been denied": "a challenge of PerimeterX",
    b"access to this page has been denied.": "a challenge of PerimeterX",
    b"sucuri website firewall - access denied": "a refusal of Sucuri",
    b"ddos-guard": "a challenge of DDoS-Guard",
    b"vercel security checkpoint": "a challenge of Vercel",
    b"making sure you're not a bot!": "a challenge of Anubis",
    b"making sure you&#39;re not a bot!": "a challenge of Anubis",
}
# A title that many servers share, and what a page must hold besides to be a refusal of Akamai.
_DENIED = b"access denied"
_AKAMAI = re.compile(rb"edgesuite\.net|Reference(?:\s|&#32;)*(?:#|&#35;)", re.IGNORECASE)
# Signs by what must stand somewhere, then for each what must stand there too, what the page must match, and what it is.
# Every page is looked through for the first: signs that share a word share that search, and longer words cost less.
_SIGNS = tuple(
    (shared, tuple((needle, re.compile(pattern, re.IGNORECASE | re.DOTALL), words) for needle, pattern, words in signs))
    for shared, signs in {
        b"_cf_chl_opt": ((b"_cf_chl_opt", rb"_cf_chl_opt\s*=", "a challenge of Cloudflare"),),
        b"Incapsula": (
            (b"Incapsula incident ID", rb"Incapsula incident ID:\s*\d", "a refusal of Imperva"),
            (b"_Incapsula_Resource", rb"<iframe[^>]+src=.?/_Incapsula_Resource\?", "a challenge of Imperva"),
            (b"_Incapsula_Resource", rb"<body[^>]*>\s*</body>", "a challenge of Imperva"),
        ),
        b"captcha": (
            (b"captcha-delivery.com", rb"\bdd\s*=\s*\{[^}]*captcha-delivery\.com", "a challenge of DataDome"),
            (b"px-captcha", rb"\bid=.?px-captcha\b", "a challenge of PerimeterX"),
            (b"/.well-known/sgcaptcha/", rb"http-equiv=.refresh.[^>]*sgcaptcha", "a challenge of SiteGround"),
        ),
        b"bm-verify=": ((b"bm-verify=", rb"http-equiv=.refresh.[^>]*[?&]bm-verify=", "a challenge of Akamai"),),
        b"window.gokuProps": ((b"window.gokuProps", rb"window\.gokuProps\s*=", "a challenge of AWS WAF"),),
        b"sucuri_cloudproxy_js": ((b"sucuri_cloudproxy_js", rb"<script>\s*var\s", "a challenge of Sucuri"),),
        b"bot-protection": ((b"Imunify360", rb"bot-protection", "a challenge of Imunify360"),),
        b" access to this s": (
            (
                b"Wordfence",
                rb"access to this (?:site|service) has been (?:temporarily )?limited",
                "a refusal of Wordfence",
            ),
        ),
    }.items()
)
_CAPTCHAS = (b"g-recaptcha", b"h-captcha", b"cf-turnstile")
_CAPTCHA = re.compile(rb"class=.[^\"'>]*\b(?:" + b"|".join(_CAPTCHAS) + rb")\b", re.IGNORECASE)
_UNSEEN = re.compile(rb"<(script|style|noscript|head)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
# Bytes. What stands in the place of a page is small, some 20 KB at most, and says what it is at its beginning.
_BEGINNING = 32 * 1024
# Bytes of text. A page whose only purpose is a captcha has a sentence or two; a page of a site has its menus alone
# beyond that.
_MOST_OF_A_CAPTCHA = 1000

# Paths in lower case; two letters before them are a language.
_GATES = (
    (re.compile(r"(?:/\w\w)?(?:/(?:users?|accounts?|auth))?/(?:log|sign)[-_]?in(?=[/.]|\Z)"), "a login page"),
    (re.compile(r"(?:/\w\w)?/my-account(?=/|\Z)"), "a login page"),
    (re.compile(r"/(?:.*/)?wp-login\.php\Z"), "a login page"),
    (re.compile(r"(?:/\w\w)?/(?:cookie-|privacy-)?consent(?=/|\Z)"), "a consent page"),
)
_GATE_HOSTS = (("queue-it.net", "a waiting room"), ("consent.google.com", "a consent page"))


def blocked_reason(body: bytes, headers: Mapping[str, str] = _NO_HEADERS, status: int = 200) -> str | None:
    """Say why an answer is no page although something was sent; ``None`` for any other answer.

    :param body: with its content coding undone.
    :param headers: of the answer, by their names in lower case.
    :param status: of HTTP; an empty body means something in a success only.
    :return: ``blocked: …``, as it stands in ``failed.jsonl``.
    """
    challenge = _by_header(headers) or _by_title(body) or _by_sign(body) or _by_captcha(body)
    if status in REFUSED:
        return f"{BLOCKED}HTTP {status}" + (f", {challenge}" if challenge else "")
    if challenge:
        return BLOCKED + challenge
    return EMPTY if status == 200 and not body.strip() else None


def gate_reason(url: str, location: str) -> str | None:
    """Say what a redirect leads to, where it leads whoever asks away from the page; ``None`` for any other.

    :param url: address that redirects.
    :param location: address that it names, as it stands in the answer.
    :return: ``blocked: redirects to …``.
    """
    try:
        target = urljoin(url, location.strip())
        parts = urlsplit(target)
        host = parts.hostname or ""
    except ValueError:
        return None
    by_host = (words for name, words in _GATE_HOSTS if host == name or host.endswith("." + name))
    by_path = (words for path, words in _GATES if path.match(parts.path.lower()))
    gate = next(by_host, None) or next(by_path, None)
    return f"{BLOCKED}redirects to {gate}: {target}" if gate else None


def _by_header(headers: Mapping[str, str]) -> str | None:
    return next((words for name, value, words in _HEADERS if (headers.get(name) or "").lower() == value), None)


def _by_title(body: bytes) -> str | None:
    title = _TITLE.search(body, 0, _BEGINNING)
    if title is None:
        return None
    said = title[1].lower()
    if said == _DENIED and _AKAMAI.search(body, title.end(), _BEGINNING):
        return "a refusal of Akamai"
    return _TITLES.get(said)


def _by_sign(body: bytes) -> str | None:
    beginning = body[:_BEGINNING]
    signs = (sign for shared, signs in _SIGNS if shared in beginning for sign in signs)
    return next((words for needle, sign, words in signs if needle in beginning and sign.search(beginning)), None)


def _by_captcha(body: bytes) -> str | None:
    """A page that holds a captcha and next to no text."""
    if len(body) > _BEGINNING or not any(name in body for name in _CAPTCHAS) or not _CAPTCHA.search(body):
        return None
    text = b" ".join(_UNSEEN.sub(b" ", body).split())
    return "a captcha" if len(text) < _MOST_OF_A_CAPTCHA else None
