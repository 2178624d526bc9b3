"""E-mail by SMTP: HTML with a plain text beside it, over TLS before any password.

The receivers' mail programs know a repetition by its Message-ID, which is made from the key; not all do, so
it is no promise. A server that takes only some of the receivers gets it for those, and the receipt names the
others.
Sources: RFC 5321 4.2 (replies: 4xx later, 5xx never), RFC 5322 3.6.4 (Message-ID), RFC 2919 (List-Id),
         RFC 3834 5 (Auto-Submitted)
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, getaddresses

from agentos_cli import __version__
from agentos_cli.errors import AgentosError, CredentialProblem, CredentialRefused, Fatal, Temporary
from agentos_cli.events import Priority
from agentos_cli.http.sending import Sending
from agentos_cli.notifiers.fitting import one_line, sound, token
from agentos_cli.notifiers.message import Message, Target
from agentos_cli.redaction import redact

SECONDS, EACH = 30.0, 10.0
"""For all of it, and for one reply."""
SUBJECT = 200


def send(message: Message, target: Target) -> str | None:
    """What the server said when it took the mail, often with its id."""
    sending = Sending(target.options["host"])
    return sending.run(lambda: _Talk(message, target, sending).through(), SECONDS)


def mail(message: Message, target: Target) -> EmailMessage:
    """The mail as it is sent; no line of it can be taken for a header."""
    options = target.options
    domain = _addresses(options["from"])[0].rpartition("@")[2]
    made = EmailMessage()
    made["From"] = one_line(options["from"], 400)
    made["To"] = one_line(options["to"], 4000)
    made["Subject"] = one_line(message.subject, SUBJECT) or message.kind
    made["Date"] = format_datetime(message.at)
    made["Message-ID"] = f"<{token(message)}@{domain}>"
    made["List-Id"] = f"agentos <agentos.{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Mailer"] = f"agentos/{__version__}"
    if message.priority.rank >= Priority.HIGH.rank:
        made["Importance"] = "high"
    made.set_content(sound(message.text).strip() + "\n", cte="quoted-printable")
    if message.html:
        made.add_alternative(sound(message.html), subtype="html", cte="quoted-printable")
    return made


class _Talk:
    """One conversation with the server, up to its last word."""

    def __init__(self, message: Message, target: Target, sending: Sending) -> None:
        self._message, self._target, self._sending = message, target, sending
        self._options = target.options

    def through(self) -> str:
        try:
            server = self._open()
            try:
                self._log_in(server)
                return self._hand_over(server)
            finally:
                server.close()
        except smtplib.SMTPResponseException as reply:
            raise self._refused(reply.smtp_code, reply.smtp_error) from None
        except (smtplib.SMTPException, OSError) as problem:
            raise self._sending.broken(_why(problem)) from None

    def _open(self) -> smtplib.SMTP:
        security = self._options.get("security") or "starttls"
        port = int(self._options.get("port") or (465 if security == "tls" else 587))
        host = self._options["host"]
        us = _addresses(self._options["from"])[0].rpartition("@")[2]  # not this machine's name
        context = ssl.create_default_context()
        if security == "tls":
            return smtplib.SMTP_SSL(host, port, us, timeout=EACH, context=context)
        server = smtplib.SMTP(host, port, us, timeout=EACH)
        if security == "starttls":
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server

    def _log_in(self, server: smtplib.SMTP) -> None:
        password = (self._target.secret or "").strip()
        if not password:
            return
        if self._options.get("security") == "none":
            raise CredentialProblem("no password is sent without encryption", fix="option security=starttls")
        try:
            server.login(self._options.get("user") or _addresses(self._options["from"])[0], password)
        except smtplib.SMTPNotSupportedError:
            raise Fatal(f"{self._sending.name} knows no way to log in") from None
        except smtplib.SMTPAuthenticationError as reply:
            if reply.smtp_code < 500:
                raise
            raise CredentialRefused(
                f"{self._sending.name} refused the password ({reply.smtp_code})"
            ) from None

    def _hand_over(self, server: smtplib.SMTP) -> str:
        made = mail(self._message, self._target)
        server.ehlo_or_helo_if_needed()
        code, said = server.mail(_addresses(self._options["from"])[0])
        if code != 250:
            raise self._refused(code, said)
        refused = {}
        receivers = _addresses(self._options["to"])
        for each in receivers:
            code, said = server.rcpt(each)
            if code not in (250, 251):
                refused[each] = (code, said)
        if len(refused) == len(receivers):
            raise self._refused(*min(refused.values()))
        self._sending.begin()
        code, said = server.data(made.as_bytes(policy=WIRE))
        if code != 250:
            raise self._refused(code, said)
        server.putcmd("QUIT")  # its answer would change nothing any more
        left_out = "".join(f"; not to {each} ({code})" for each, (code, _) in refused.items())
        return f"{code} {_words(said)}{left_out}"

    def _refused(self, code: int, said: bytes | str) -> AgentosError:
        """The server said so itself, so it has not taken it; anything but a refusal is no answer."""
        if not 400 <= code < 600:
            return self._sending.broken("an answer that is not one of a mail server")
        text = f"{self._sending.name} refused the mail ({code}): {_words(said)}"
        return Temporary(text) if 400 <= code < 500 else Fatal(text)


def _addresses(text: str) -> list[str]:
    return [address for _, address in getaddresses([text])]


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return one_line("".join(sign if sign.isprintable() else " " for sign in redact(text)), 120)


def _why(problem: Exception) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return "its certificate could not be verified"
    if isinstance(problem, ssl.SSLError):
        return "no secure connection (TLS)"
    if isinstance(problem, smtplib.SMTPNotSupportedError):
        return "it offers no encryption (STARTTLS)"
    if isinstance(problem, ConnectionRefusedError):
        return "connection refused"
    if isinstance(problem, TimeoutError):
        return "no answer in time"
    return "the connection was cut"
