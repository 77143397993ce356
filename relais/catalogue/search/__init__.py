"""Search: one box and one place, over everything the catalogue holds.

`text` cuts words, `spelling` forgives them, `jobs` understands which occupation they name or describe, `documents` says what is
indexed of each row, `index` writes the index of this node, `reader` answers from it, `database` answers while there is none.
"""
