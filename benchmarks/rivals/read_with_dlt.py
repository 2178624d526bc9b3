"""The same account read by dlt's own REST source into DuckDB. Runs in an environment of its own.

python read_with_dlt.py ADDRESS FOLDER      prints seconds and records
"""

import sys
import time

import dlt
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_source


def main(address: str, folder: str) -> None:
    began = time.perf_counter()
    endpoint = {"params": {"limit": 100}, "data_selector": "data"}
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{address}/v1/",
                "paginator": JSONResponseCursorPaginator(
                    cursor_path="data[-1].id", cursor_param="starting_after", has_more_path="has_more"
                ),
            },
            "resources": [
                {"name": "customers", "primary_key": "id", "endpoint": {"path": "customers", **endpoint}},
                {
                    "name": "subscriptions",
                    "primary_key": "id",
                    "endpoint": {"path": "subscriptions", **endpoint},
                },
            ],
        }
    )
    pipeline = dlt.pipeline(
        "rival",
        pipelines_dir=folder,
        destination=dlt.destinations.duckdb(f"{folder}/rival.duckdb"),
        dataset_name="account",
    )
    pipeline.run(source)
    counts = pipeline.last_trace.last_normalize_info.row_counts
    print(round(time.perf_counter() - began, 3), counts["customers"] + counts["subscriptions"])


if __name__ == "__main__":
    main(*sys.argv[1:])
