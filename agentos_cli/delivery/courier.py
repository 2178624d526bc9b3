"""Brings what waits to every channel, side by side: one that is slow or broken holds up no other."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from agentos_cli.bus.relay import Relay
from agentos_cli.clock import Clock
from agentos_cli.delivery.messages import Writer
from agentos_cli.errors import AgentosError, CredentialProblem
from agentos_cli.events import Consumer, Delivery, Event
from agentos_cli.notifiers.message import Message, Target
from agentos_cli.store.lease import this_process
from agentos_cli.store.store import Store
from agentos_cli.telemetry import notice
from agentos_cli.vault import Vault

Send = Callable[[Message, Target], str | None]
"""One way out: gives the receiver's receipt, if there is one. Raises AgentosErrors."""
Stopped = Callable[[], bool]
SENT = "sent"
"""What stands in the record where the receiver said nothing of itself."""
LEASE = 180.0
"""Seconds for which a delivery is ours: every way out gives up much earlier."""


@dataclass(frozen=True, slots=True)
class Courier:
    """Delivers to the channels of one tenant. `way` gives the way out to a channel, `held` until when
    an event is to be kept back at an instant."""

    store: Store
    vault: Vault
    clock: Clock
    writer: Writer
    way: Callable[[Consumer], Send]
    held: Callable[[Event, datetime], datetime | None]

    def deliver(
        self, until: datetime, only: Collection[str] | None = None, stopped: Stopped = lambda: False
    ) -> int:
        """Deliver what is due to all channels, or to `only` these; begin nothing new after `until`, or once
        `stopped`. How many arrived. Claims that ran out and holds that are over are ended first."""
        with self.store.outbox() as outbox:
            outbox.sweep(self.clock())
            channels = [c for c in outbox.consumers() if c.is_channel and (only is None or c.name in only)]
        if not channels:
            return 0

        def over() -> bool:
            return stopped() or self.clock() >= until

        with ThreadPoolExecutor(max_workers=len(channels)) as pool:
            return sum(pool.map(lambda channel: self._serve(channel, over), channels))

    def send(self, channel: Consumer, message: Message) -> str:
        """Send one message now; gives what the receiver answered. Raises AgentosErrors."""
        return self.way(channel)(message, self.target(channel)) or SENT

    def target(self, channel: Consumer) -> Target:
        """Where a channel leads, with its secret, which is looked up for each message and kept nowhere."""
        if channel.credential is None:
            return Target(channel.options)
        try:
            return Target(channel.options, self.vault.resolve(channel.credential))
        except CredentialProblem as problem:
            fix = f"agentos notify add {channel.name} --kind {channel.kind} again"
            raise CredentialProblem(problem.what, fix=fix) from None

    def _serve(self, channel: Consumer, over: Stopped) -> int:
        """What waits for one channel, one after the other. Raises nothing: the others go on."""
        arrived: list[str] = []

        def handle(delivery: Delivery) -> str:
            receipt = self.send(channel, self.writer.message(delivery.event, delivery.key))
            arrived.append(delivery.key)
            return receipt

        try:
            with self.store.outbox() as outbox:
                relay = Relay(
                    outbox, channel, handle, self.clock, this_process(), lease=LEASE,
                    held_until=lambda event: self.held(event, self.clock()),
                )  # fmt: skip
                while not over() and relay.once():
                    pass
        except AgentosError as problem:
            notice(f"{channel.name} is left for the next time: {problem.what}")
        return len(arrived)
