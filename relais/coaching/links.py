"""The links of the answer line: each is declared where it is made."""

from .doors import links
from .handover import baton, follow_ups

DECLARED = (links.CONVERSATION, follow_ups.NEWS, baton.ANSWER, baton.FOLLOW)
