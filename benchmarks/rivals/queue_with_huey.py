"""The same events through huey on SQLite. Runs in an environment of its own.

python queue_with_huey.py FILE COUNT BATCH JOURNAL      prints seconds by step, as JSON

`fsync=True` is synchronous=FULL; its own choice of a JOURNAL is `wal`. It takes a task out of the table
before doing it, so what makes it known to be done is its result, which is kept. It has no batches.
"""

import json
import sys
import time

from huey import SqliteHuey


def main(file: str, count: str, batch: str, journal: str) -> None:
    huey = SqliteHuey("bench", filename=file, fsync=True, journal_mode=journal, store_none=True)

    @huey.task()
    def deliver(number: int, about: str) -> None:
        return None

    seconds = {}
    began = time.perf_counter()
    for number in range(int(count)):
        deliver(number, f"customer:{number % 50}")
    seconds["announce one by one"] = time.perf_counter() - began
    began, done = time.perf_counter(), 0
    while (task := huey.dequeue()) is not None:
        huey.execute(task)
        done += 1
    seconds["deliver one by one"] = time.perf_counter() - began
    assert done == int(count) == huey.result_count(), (done, huey.result_count())
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
