"""Everything that is known, in forms that other programs read: tables and a journal. One file per form."""
