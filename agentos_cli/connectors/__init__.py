"""One room per vendor: vendor JSON comes in here, and leaves as the business's own nouns.

`agentos_cli.contract` says what a connector is; `catalogue` lists them; `fanout`, `paging` and `reading`
are what they share.
"""
