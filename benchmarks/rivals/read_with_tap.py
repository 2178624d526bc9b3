"""The same account read by tap-stripe, its messages counted and dropped. Runs in an environment of its own.

python read_with_tap.py ADDRESS FOLDER      prints seconds and records
"""

import io
import json
import sys
import time
from pathlib import Path

import stripe


def main(address: str, folder: str) -> None:
    stripe.api_base = address
    config = Path(folder) / "config.json"
    config.write_text(
        json.dumps(
            {
                "client_secret": "sk_live_bench",
                "account_id": "acct_1",
                "start_date": "2020-01-01T00:00:00Z",
                "date_window_size": 4000,
            }
        )
    )
    import tap_stripe

    tap_stripe.apply_request_timer_to_client = lambda client: None  # it knows one address only
    catalog = Path(folder) / "catalog.json"
    tap_stripe.Context.config = json.loads(config.read_text())
    found = tap_stripe.discover()
    for stream in found["streams"]:
        chosen = stream["stream"] in ("customers", "subscriptions")
        for each in stream["metadata"]:
            each["metadata"]["selected"] = chosen
    catalog.write_text(json.dumps(found))
    sys.argv[1:] = ["--config", str(config), "--catalog", str(catalog)]
    out, began = Counter(), time.perf_counter()
    sys.stdout = out
    tap_stripe.main()
    sys.stdout = sys.__stdout__
    print(round(time.perf_counter() - began, 3), out.records)


class Counter(io.TextIOBase):
    """Stands where a target would read: counts records and keeps nothing."""

    records = 0

    def write(self, text: str) -> int:
        self.records += '"type": "RECORD"' in text
        return len(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
