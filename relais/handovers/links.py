"""The links of partners and of news: each is declared where it is made."""

from . import common, follow_ups

DECLARED = (follow_ups.NEWS, common.ANSWER, common.FOLLOW)
