"""The same events through procrastinate on PostgreSQL. Runs in an environment of its own.

python queue_with_procrastinate.py ADDRESS COUNT BATCH      prints seconds by step, as JSON

It announces in batches, and delivers none in a batch but several side by side: the best of three such
numbers is what it is given. It asks for no order, which is its quickest way.
"""

import asyncio
import json
import sys
import time

import procrastinate

SIDE_BY_SIDE = (2, 5, 20)


def main(address: str, count: str, batch: str) -> None:
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=address))
    with app.open():
        app.schema_manager.apply_schema()

        @app.task(name="deliver")
        async def deliver(number: int, about: str) -> None:
            return None

        seconds = {}
        jobs = [{"number": number, "about": f"customer:{number % 50}"} for number in range(int(count))]
        began = time.perf_counter()
        for job in jobs:
            deliver.defer(**job)
        seconds["announce one by one"] = time.perf_counter() - began
        seconds["deliver one by one"] = asyncio.run(work(app, address, 1))
        began = time.perf_counter()
        for start in range(0, len(jobs), int(batch)):
            deliver.batch_defer(*jobs[start : start + int(batch)])
        seconds["announce in batches"] = time.perf_counter() - began
        tries = [asyncio.run(work(app, address, SIDE_BY_SIDE[0]))]
        for many in SIDE_BY_SIDE[1:]:
            for start in range(0, len(jobs), int(batch)):
                deliver.batch_defer(*jobs[start : start + int(batch)])
            tries.append(asyncio.run(work(app, address, many)))
        seconds["deliver in batches"] = min(tries)
        done = len(list(app.job_manager.list_jobs(status="succeeded")))
        assert done == int(count) * (2 + len(SIDE_BY_SIDE) - 1), done
    print(json.dumps(seconds))


async def work(app: procrastinate.App, address: str, side_by_side: int) -> float:
    """Seconds for all that is there, without the start of the pool."""
    connector = procrastinate.PsycopgConnector(conninfo=address, min_size=4, max_size=side_by_side + 4)
    async with app.with_connector(connector).open_async() as ready:
        began = time.perf_counter()
        await ready.run_worker_async(
            wait=False, concurrency=side_by_side, listen_notify=False, install_signal_handlers=False
        )
        return time.perf_counter() - began


if __name__ == "__main__":
    main(*sys.argv[1:])
