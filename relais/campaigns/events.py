"""What a campaign publishes."""

from relais.foundation.events import Event


class TouchFollowed(Event):
    """A person (not a preview, a prefetch or a known robot) followed a code."""

    name = "touch.followed"
    unsaid = "hundreds of them: how many, the first and the last stand on the page of the touch"
