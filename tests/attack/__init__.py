"""What an outsider, an ex who knows too much, or somebody of the house who goes too far would try, tried on production settings.

`python -m tests.attack` prints a line for each kind; `ATTACK_CASES` says how many made-up inputs the largest ones get, `ATTACK_SEED` draws others.
"""
