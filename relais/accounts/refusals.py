"""What only accounts refuse; each carries the sentence that its several uses share."""

from relais.foundation.refusals import AlreadyDecided, NotAcceptable

ON_YOURSELF = "C’est votre propre compte : demandez à quelqu’un d’autre de l’administration."


class NoLongerAsked(AlreadyDecided):
    """The request was answered, or is too old, or no longer means anything."""

    def __init__(self):
        super().__init__("Cette demande n’attend plus de réponse : rechargez la page.")


class NobodyToAccept(NotAcceptable):
    """Of those who could accept a right, one asks and the other would have it."""

    def __init__(self, organisation):
        super().__init__(
            "Rien n’a changé : un droit s’ajoute à deux, et personne d’autre que vous, ou que la personne à qui vous le donnez, n’est là pour l’accepter. "
            f"Invitez une personne de plus à l’administration de {organisation}, faites approuver son compte par quelqu’un d’autre que vous, puis recommencez."
        )


class TwoAdministratorsNeeded(NotAcceptable):
    """Fewer than two would be left to look after the organisation that runs the site: nobody could approve anybody any more."""

    def __init__(self, organisation):
        super().__init__(
            f"Il faut toujours au moins deux personnes à l’administration de {organisation}, qui fait tourner ce site. "
            "Invitez d’abord quelqu’un d’autre, faites approuver son compte, puis recommencez."
        )
