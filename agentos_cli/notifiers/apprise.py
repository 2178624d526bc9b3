"""Everything that apprise knows, by its own addresses. Comes with `agentos-cli[apprise]`.

apprise says only whether it went well. When it did not, nobody can know whether the message arrived (a
timeout after sending looks like a wrong password), so that is Unconfirmed and is not repeated; `again=yes`
says that a repetition does no harm. It opens its own connections: no guard against private addresses, proxies
and redirects as it likes. Its address holds passwords, and is never shown.
Source: https://github.com/caronc/apprise/wiki/Development_API
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from agentos_cli.errors import CredentialProblem, Fatal, Temporary, Unconfirmed
from agentos_cli.events import Priority
from agentos_cli.http.sending import Sending
from agentos_cli.notifiers.fitting import cut, one_line, sound
from agentos_cli.notifiers.message import Message, Target
from agentos_cli.notifiers.web import secret_of

if TYPE_CHECKING:
    from apprise import Apprise

SECONDS = 60.0
TEXT, SUBJECT = 20_000, 200


def send(message: Message, target: Target) -> str | None:
    """apprise gives no receipt."""
    address = secret_of(target, "the apprise address")
    try:
        import apprise
    except ImportError:
        raise Fatal("apprise is not installed", fix="pipx inject agentos-cli apprise") from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines may quote the address
    service = apprise.Apprise()
    if not service.add(address):
        raise CredentialProblem("apprise does not understand the address")
    sending = Sending("apprise")
    if not sending.run(lambda: _notify(service, message, sending), SECONDS):
        raise _failed(again=target.options.get("again") == "yes")
    return None


def _notify(service: Apprise, message: Message, sending: Sending) -> bool:
    from apprise import NotifyFormat, NotifyType

    kinds = {Priority.HIGH: NotifyType.WARNING, Priority.CRITICAL: NotifyType.FAILURE}
    sending.begin()
    try:
        return bool(
            service.notify(
                body=cut(sound(message.text), TEXT, message),
                title=one_line(message.subject, SUBJECT),
                notify_type=kinds.get(message.priority, NotifyType.INFO),
                body_format=NotifyFormat.TEXT,
            )
        )
    except Exception as problem:  # a hundred plug-ins: what they raise may quote the address
        raise sending.broken(type(problem).__name__) from None


def _failed(*, again: bool) -> Temporary | Unconfirmed:
    if again:
        return Temporary("apprise could not deliver it, and does not say why")
    return Unconfirmed(
        "apprise could not deliver it, and does not say why; it may have arrived",
        fix="see whether it is there before sending it again",
    )
