"""One file per vendor: vendor JSON comes in here, and leaves as the business's own nouns.

`contract` says what a connector is, `catalogue` lists them, `fanout` runs the parts of one side by side.
"""
