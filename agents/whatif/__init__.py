"""What if: a closed set of changes, made to a snapshot, and what every agent makes of it then.

`changes` are what can be asked, `finding` turns names into records, `applying` makes the changed snapshot,
`projecting` goes on from it month by month, `comparing` puts both companies side by side.
"""
