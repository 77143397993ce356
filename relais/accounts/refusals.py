"""Why a use case about accounts says no. The text is a sentence for the screen."""


class Refused(Exception):
    """A use case said no."""


class AlreadyKnown(Refused):
    """There is an account at this address."""


class NotOnYourself(Refused):
    """Nobody changes their own rights."""

    def __init__(self):
        super().__init__("C’est votre propre compte : demandez à quelqu’un d’autre de l’administration.")


class SecondPersonNeeded(Refused):
    """Whoever invites does not approve, whoever asks does not confirm."""


class NoLongerAsked(Refused):
    """The request was answered, or is too old, or no longer means anything."""

    def __init__(self):
        super().__init__("Cette demande n’attend plus de réponse : rechargez la page.")


class WorksElsewhere(Refused):
    """Somebody who also works where the actor administers nothing."""


class TwoAdministratorsNeeded(Refused):
    """Fewer than two would be left to look after the organisation that runs the site: nobody could approve anybody any more."""

    def __init__(self, organisation):
        super().__init__(
            f"Il faut toujours au moins deux personnes à l’administration de {organisation}, qui fait tourner ce site. "
            "Invitez d’abord quelqu’un d’autre, faites approuver son compte, puis recommencez."
        )


class InvitationUnusable(Refused):
    """Unknown, used, expired or withdrawn: the visitor is told the same for all."""

    def __init__(self):
        super().__init__("Cette invitation ne sert plus. Demandez-en une nouvelle à la personne qui vous a invité.")


class AdministratorsExist(Refused):
    """The command on the server is only for a site that nobody can administer yet."""
