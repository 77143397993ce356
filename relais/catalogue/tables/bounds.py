"""How much of a table is taken. Nothing here knows Django: the confined process reads it too."""

FILE = 5_000_000
"""Bytes of a file."""
ROWS, COLUMNS = 20_000, 100
"""Rows under the header, and columns."""
ABOVE = 15
"""Rows in which the header is looked for: titles stand above it."""
CELL = 32_767
"""Signs of one cell: what a spreadsheet holds at most."""
TEXT = 20_000_000
"""Signs of a whole table: a small file may unpack to much more."""
PART = 150_000_000
"""Bytes of what is packed in a spreadsheet file, once unpacked."""
PATH = "/pro/structures/importer"
"""Where a file is sent: the one page that takes so many bytes."""
REQUEST = FILE + 500_000
"""Bytes of such a request: a file a little too big is still told so by the form."""
