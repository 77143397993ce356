"""What the program itself tells a sender about their message. Sentences only: nothing of what they sent is echoed."""

from .models import Inbound

SHORTENED = (
    "Ton message était très long : seul son début est arrivé jusqu’à nous. Envoie la suite dans un autre message."
)
ATTACHMENTS = (
    "Les fichiers joints ne passent pas par ici : nous ne les avons ni ouverts ni gardés. Raconte-nous avec tes mots."
)
PROGRAM = "Un fichier joint était un programme : il n’a été ni ouvert ni gardé. Si ce n’est pas toi qui l’as envoyé, change ton mot de passe."
FLOOD = "Tu as envoyé beaucoup de messages en peu de temps. Ils sont tous arrivés, et une personne va les lire."


def told(inbound: Inbound) -> str:
    """What to tell the sender, or '' when nothing may or needs to be said."""
    if inbound.quiet:
        return ""
    programs = any(one.get("program") for one in inbound.attachments)
    sentences = [
        (inbound.flood, FLOOD),
        (inbound.shortened, SHORTENED),
        (programs, PROGRAM),
        (inbound.attachments and not programs, ATTACHMENTS),
    ]
    return "\n".join(text for wanted, text in sentences if wanted)
