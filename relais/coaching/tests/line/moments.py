"""Helpers of tests about several lines."""

from datetime import timedelta

from relais.coaching.models import Conversation


def minutes(number):
    return timedelta(minutes=number)


def again(conversation):
    return Conversation.objects.select_related("line", "journey").get(pk=conversation.pk)
