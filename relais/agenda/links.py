"""The links of the agenda: each is declared where it is made."""

from . import feed

DECLARED = (feed.FEED,)
