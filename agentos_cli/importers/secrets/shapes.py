"""What secrets look like that nobody registered: the keys of vendors, by their prefix and their length.

The facts (which prefix, which characters, how many) are the vendors' own and those that public scanners agree
on: https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml and https://docs.github.com/en/code-security/secret-scanning.
Lengths here are lower bounds below the real ones, so that a key which was cut or is of the next format is
found too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple


class Span(NamedTuple):
    """A secret in a text: where it is, what it is, and how much that is to be believed where several
    overlap (the least `rank` names it)."""

    start: int
    end: int
    type: str
    rank: int = 0


_START = r"(?:(?<=[\n_.+-])|(?<=\n[nrt]))"
"""Before a key: the beginning of a token, a joint in it, or the letter of an escaped line end."""

_TOKENS: tuple[tuple[str, str], ...] = (
    ("anthropic-key", r"sk-ant-[\w-]{9,}"),
    ("openrouter-key", r"sk-or-[\w-]{10,}"),
    ("openai-key", r"sk-(?:proj|svcacct|admin|None)-[\w-]{8,}|sk-[A-Za-z0-9]{20,}|sess-[A-Za-z0-9]{40,}"),
    ("stripe-key", r"[rsp]k_(?:live|test|prod)_\w{8,}|whsec_[\w+]{12,}"),
    ("groq-key", r"gsk_[A-Za-z0-9]{12,}"),
    ("xai-key", r"xai-[A-Za-z0-9]{12,}"),
    ("google-key", r"AIza[\w-]{20,}|ya29\.[\w.-]{12,}|GOCSPX-[\w-]{12,}"),
    ("github-token", r"gh[pousr]_[A-Za-z0-9]{12,}|github_pat_\w{12,}"),
    ("gitlab-token", r"gl(?:pat|dt|rt|cbt|ptt|oas|soat|ft|imt|agent)-[\w-]{12,}"),
    ("slack-token", r"xox[a-z]-[\w-]{10,}|xapp-\d-[\w-]{10,}|xoxe\.xox[bp]-[\w-]{10,}|xoxe-\d-[\w-]{10,}"),
    ("discord-token", r"[MNO][\w-]{22,27}\.[\w-]{6,7}\.[\w-]{25,}|mfa\.[\w-]{50,}"),
    ("telegram-token", r"AA[\w-]{30,}"),
    ("twilio-key", r"(?:SK|AC)[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("sendgrid-key", r"SG\.[\w-]{12,}\.[\w-]{12,}"),
    ("mailgun-key", r"(?:key|pubkey)-[0-9a-f]{32}(?![0-9a-z])"),
    ("mailchimp-key", r"[0-9a-f]{32}-us\d{1,2}(?!\w)"),
    ("npm-token", r"npm_[A-Za-z0-9]{16,}"),
    ("pypi-token", r"pypi-[\w-]{20,}"),
    ("huggingface-token", r"(?:hf|api_org)_[A-Za-z0-9]{16,}"),
    ("replicate-token", r"r8_[A-Za-z0-9]{16,}"),
    ("aws-key", r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Z0-9])|ABSK[\w+]{40,}"),
    ("notion-key", r"ntn_\w{12,}|secret_[A-Za-z0-9]{24,}"),
    ("linear-key", r"lin_(?:api|oauth|wh)_\w{8,}"),
    ("airtable-token", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{24,}"),
    ("hubspot-token", r"pat-[a-z]{2,4}\d-[\w-]{12,}"),
    ("shopify-token", r"shp(?:at|ca|pa|ss|tka)_[0-9a-fA-F]{12,}"),
    ("square-token", r"sq0[a-z]{3}-[\w-]{12,}|EAAA[\w-]{50,}"),
    ("meta-token", r"EAA[A-Za-z0-9]{60,}"),
    ("dropbox-token", r"sl\.[\w-]{20,}|sl\.u\.[\w-]{20,}"),
    ("brave-key", r"BSA[\w-]{16,}"),
    ("tavily-key", r"tvly-[\w-]{11,}"),
    ("perplexity-key", r"pplx-[A-Za-z0-9]{11,}"),
    ("firecrawl-key", r"fc-[0-9a-f]{24,}"),
    ("elevenlabs-key", r"sk_[0-9a-f]{32,}"),
    ("api-key", r"(?:nvapi|gsk|tgp_v1|lsv2_pt|lsv2_sk|apify_api|re|fw|dckr_pat|nfp|figd|sbp|sb_secret|clh|pul"
                r"|rubygems|glsa|glc|dapi|dop_v1|doo_v1|dor_v1|pscale_tkn|pscale_oauth|pscale_pw|sntryu|sntrys"
                r"|NRAK|NRII|PMAK|xkeysib|HRKU|CFPAT|CCIPAT|ops_eyJ|fo1|fm2|hvs|hvb|dp\.pt|dp\.st|dp\.ct|bkua|tfp)"
                r"[-_.](?=[\w.-]*\d)[\w.-]{16,}|dapi[0-9a-f]{32}|ATATT3[\w=-]{40,}"),
    ("one-password-key", r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"),
    ("age-key", r"AGE-SECRET-KEY-1[A-Z0-9]{20,}|AGE-PLUGIN-[A-Z0-9-]{30,}"),
    ("terraform-token", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{20,}"),
    ("api-key", r"(?:sk|csk|pcsk)[-_](?=[\w-]*\d)[\w-]{20,}"),
    ("jwt", r"ey[JA-Za-z0-9][\w-]{7,}\.ey[\w-]{8,}(?:\.[\w-]*){0,3}|eyJ[\w-]{16,}(?:\.[\w-]*){4}"),
)  # fmt: skip

_WIDER: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    ("//", (
        ("hooks", "webhook", r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<v>[\w/+-]{16,})"),
        ("/webhooks/", "webhook", r"/webhooks/\d{6,}/(?P<v>[\w-]{16,})"),
        ("1//0", "google-key", r"(?P<v>1//0[\w-]{20,})"),
        ("@", "password",
         r"://[^\s/:@\"'`<>\[]{0,80}:(?P<v>[^\s\"'`<>\[]{1,200}?)@(?=[\w\[$.-])(?![^\s/]*@)"),
        ("@", "token", r"://(?P<v>(?=[\w.~%-]*\d)[\w.~%-]{16,})@(?=\w)"),
        ("sig=", "signature", r"[?&;]sig=(?P<v>[\w%+/=-]{16,})"),
    )),
    ("PRIVATE KEY", (
        ("BEGIN", "private-key",
         r"(?P<v>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
         r"(?:[^-]|-(?!----))*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?)"),
        ("END", "private-key",
         r"(?P<v>[A-Za-z0-9+/=\s\\]{24,})-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"),
    )),
    ("-u", (
        (" -u", "password", r" -u[ =]?[\"']?[^\s:\"']{1,80}:(?P<v>(?!\d+\b)[^\s\"':/]{3,})"),
        ("--user", "password", r"--user[ =][\"']?[^\s:\"']{1,80}:(?P<v>(?!\d+\b)[^\s\"':/]{3,})"),
    )),
    ("~", (("Q~", "azure-secret", r"(?P<v>[\w.~]{3}\dQ~[\w.~-]{31,34})"),)),
)  # fmt: skip
"""What a text has if any of the shapes after it is there, and of each what it has to have besides."""

_BEGINNINGS = (
    r"[\n_.+-][nrt]?(?:[csr]{0,2}k[-_]|pcsk_|pk_|sess-|whsec_|gsk_|xai-|AIza|ya29|GOCSPX|gh[pousr]_|github_pat_"
    r"|gl[a-z]{2,5}-|xox|xapp-|[MNO][\w-]{22,27}\.|mfa\.|AA|SK|AC|SG\.|key-|pubkey-|npm_|pypi-|hf_|api_org_|r8_"
    r"|A[KSB]IA|ACCA|A3|ABSK|ntn_|secret_|lin_|pat|shp|sq0|EAA|sl\.|BSA|tvly-|pplx-|fc-|AGE-|ey"
    r"|nvapi|tgp_|lsv2|apify|re_|fw_|dckr_|nfp_|figd|sb[p_]|clh_|pul-|rubygems|gls|glc|dapi|do[por]_|pscale_"
    r"|sntry|NR|PMAK|xkeysib|HRKU|CFPAT|CCIPAT|ops_|fo1|fm2|hv[sb]|dp\.|bkua|tfp|ATATT3)|-us\d|\.atlasv1"
)
"""What every one of them begins with: quick, so that the shapes are tried only where there may be one."""


def may_hold(joined: str) -> bool:
    """Whether among tokens there may be any that `of_tokens` finds: quick."""
    return _beginnings().search(joined) is not None


def of_tokens(joined: str) -> Iterator[Span]:
    """The vendors' keys among tokens, each on a line of its own and with a line end before the first."""
    for found in _all_tokens().finditer(joined):
        yield Span(found.start(), found.end(), _TOKENS[int((found.lastgroup or "t0")[1:])][0])


def may_be_wider(text: str) -> bool:
    """Whether there may be anything that `wider` finds: quick."""
    return "//" in text or "PRIVATE KEY" in text or "-u" in text or "~" in text


def wider(text: str) -> Iterator[Span]:
    """Secrets that are more than one token: key blocks, addresses with a password in them."""
    for needle, shapes in _WIDER:
        if needle in text:
            for second, kind, shape in shapes:
                if second in text:
                    yield from (Span(*found.span("v"), kind) for found in _compiled(shape).finditer(text))


@cache
def _beginnings() -> re.Pattern[str]:
    return re.compile(_BEGINNINGS, re.ASCII)


@cache
def _all_tokens() -> re.Pattern[str]:
    inside = "|".join(f"(?P<t{number}>{shape})" for number, (_, shape) in enumerate(_TOKENS))
    return re.compile(f"{_START}(?:{inside})", re.ASCII)


@cache
def _compiled(shape: str) -> re.Pattern[str]:
    return re.compile(shape, re.ASCII)
