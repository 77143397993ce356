"""The links of the answer line: each is declared where it is made."""

from .thread import links

DECLARED = (links.CONVERSATION,)
