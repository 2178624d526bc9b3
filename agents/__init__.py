"""The pure half of agentos: a snapshot of the company goes in, reports and a briefing come out.

Standard library only. Nothing here reads a clock, a file, the network or a random number: `now`,
ids and data are handed in. `agentos_cli` imports this package; this package imports nothing of it.

Read in this order: `nouns` (what a company is made of), `snapshot` (what is known at one instant),
`report` (what an agent answers), any agent (`finance` is a good first), then `ceo`.

Every agent is a room with the same furniture: its `__init__` is its card (name, what it reads, how its
report is put together), `definitions` what each of its metrics means, in words, `metrics` what it shows,
`figures` how each of them is worked out for any instant, `findings` what it raises and proposes; beside
them stand the books that only this agent keeps.
"""
