"""As-of knows what was learned by then and nothing more, whatever is learned later and in what order."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentos_cli.store.store import Store
from agents.money import Money
from agents.nouns import Invoice
from tests.store.samples import NOW, invoice

HOUR = timedelta(hours=1)
TENANTS = (f"t{number}" for number in itertools.count())

Sync = dict[str, int]
"""What one sync brought: the totals of invoices by id, in cents."""

syncs = st.lists(
    st.dictionaries(st.sampled_from(["in_1", "in_2", "in_3"]), st.integers(0, 3), max_size=3),
    min_size=1,
    max_size=5,
)


def known(store: Store, hour: int) -> Sync:
    """What the store says it knew at an hour."""
    found = store.read(NOW + hour * HOUR, [Invoice]).records[Invoice]
    return {record.id: record.total.amount for record in found if isinstance(record, Invoice)}


@given(story=syncs)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_past_hour_reads_as_it_was_while_more_is_learned(store_url: str, story: list[Sync]) -> None:
    store = Store(store_url, next(TENANTS))
    for hour, sync in enumerate(story):
        with store.unit_of_work() as work:
            brought = [replace(invoice(name), total=Money(cents, "EUR")) for name, cents in sync.items()]
            work.records.replace("stripe", Invoice, brought, NOW + hour * HOUR)
            work.commit()
        assert [known(store, past) for past in range(hour + 1)] == story[: hour + 1]
    assert known(store, -1) == {}
    assert known(store, len(story) + 1) == story[-1]
