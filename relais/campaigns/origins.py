"""What a touch is, told to who answers a person: the desk is below this app and cannot ask for it."""

from relais.coaching.paths import Origin, tells_origin

from .models import Touch


@tells_origin
def of_touch(code: str) -> Origin | None:
    touch = Touch.objects.select_related("story").filter(pk=code).first()
    if touch is None:
        return None
    label = f"{touch.get_kind_display()} : {touch.label}"
    return Origin(label, touch.story.title, touch.story.get_absolute_url()) if touch.story else Origin(label)
