"""What /confidentialite says, beside what the code does: purposes with their ground in law, who receives what, and for how long.

Durations are those of the broom (foundation.retention), read from its rules. A test holds purposes against the rules,
readers against the roles that open a conversation, and carriers against the channels by which something leaves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from relais.accounts.models import Role
from relais.channels import accounts, networks
from relais.coaching.rights import ending
from relais.foundation import retention


class Ground(Enum):
    """Of article 6-1 of the RGPD: its letter, and in the words of the page."""

    CONSENT = ("a", "Ton accord", "Tu dis oui, et tu peux retirer ton oui quand tu veux.")
    LAW = ("c", "Une obligation de la loi", "La loi oblige l’équipe à le faire.")
    MISSION = (
        "e",
        "Une mission d’intérêt public",
        "Informer, orienter et aider les gens, c’est la mission de l’organisme qui tient ce site.",
    )

    def __init__(self, letter: str, words: str, meaning: str):
        self.letter, self.words, self.meaning = letter, words, meaning


@dataclass(frozen=True)
class Purpose:
    """`kept`: what is kept for it; `rules`: slugs of the retention rules that end it; `stays`: keys of what no rule erases."""

    when: str
    kept: str
    why: str
    ground: Ground
    rules: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()

    @property
    def lasts(self) -> list[tuple[str, object]]:
        """(what, how long): a timedelta, or words where no rule erases."""
        ends = [(rule.what, rule.keep) for rule in retention.rules() if rule.slug in self.rules]
        return ends + [(one.what.capitalize(), one.until) for one in retention.stays() if one.what in self.stays]


PURPOSES = (
    Purpose(
        "Tu écris, par le site, par e-mail, par SMS ou par Discord",
        "Pseudo, commune et tranche d’âge si tu les donnes, messages, dates et heures, code de l’affiche ou de la vidéo, l’adresse ou le numéro par "
        "lequel tu écris, empreintes du cookie et du code de reprise. Aussi les notes et les brouillons de l’équipe.",
        "te répondre, te retrouver, t’orienter. Un programme cherche des mots de danger pour qu’une personne lise plus vite ; il ne décide de rien.",
        Ground.MISSION,
        ("conversations", "inbound", "set-aside", "unseen", "drafts", "presences", "links", "letters"),
    ),
    Purpose(
        "Tu prends une place à une séance à plusieurs, ou sur sa liste d’attente",
        "À quelle séance, si tu y as une place, et si tu es venu ou venue. L’équipe y voit ton pseudo.",
        "te garder une place, te prévenir si quelque chose change, et savoir qui vient.",
        Ground.MISSION,
        ("group-sessions",),
    ),
    Purpose(
        "Tu demandes qu’on te rappelle",
        "Le numéro ou l’e-mail que tu laisses pour ça.",
        "te rappeler, à ta demande.",
        Ground.MISSION,
        ("callbacks",),
    ),
    Purpose(
        "Tu dis oui à une mise en lien avec une structure (à partir de 15 ans)",
        "Le résumé que tu as lu, le prénom et le contact si tu les donnes, la date de ton oui, ce que vous vous écrivez à trois, puis la réponse de "
        "la structure et ce que ça a donné.",
        "que cette structure puisse t’aider.",
        Ground.CONSENT,
        ("conversations",),
    ),
    Purpose(
        "Tu laisses une adresse pour un rappel de rendez-vous, ou tu veux bien qu’on te demande des nouvelles (à partir de 15 ans)",
        "L’adresse ou le numéro. Effacé dès que le rappel est parti ou que tu as répondu.",
        "te prévenir, et savoir si ce qu’on fait sert.",
        Ground.CONSENT,
        ("conversations",),
    ),
    Purpose(
        "Quelqu’un est en danger",
        "Un dossier à part : les faits, ce qui est décidé, par qui, à qui c’est transmis.",
        "protéger la personne. Un enfant en danger, la loi oblige à le signaler ; on n’a pas besoin d’accord pour ça.",
        Ground.LAW,
        ("danger", "danger-left", "alarm-networks", "alarm-groups"),
    ),
    Purpose(
        "Tu poses une question sous une vidéo, ici ou sur un réseau",
        "Ton pseudo ici, et ta question. Sur un réseau, ta question sans ton nom. Publiée, elle reste ; sinon elle s’efface.",
        "te répondre, et que d’autres profitent de la réponse.",
        Ground.MISSION,
        ("questions", "comments"),
    ),
    Purpose(
        "Tu signales un contenu",
        "Ton e-mail si tu le donnes, et ce que tu signales.",
        "examiner le signalement et te répondre, comme la loi le demande (règlement UE 2022/2065).",
        Ground.LAW,
        ("notices",),
    ),
    Purpose(
        "Tu ne veux plus de nos messages (STOP, lien en bas d’une lettre)",
        "Une empreinte de ton numéro ou de ton adresse, et non le numéro ou l’adresse.",
        "ne plus t’en envoyer.",
        Ground.LAW,
        ("opt-outs",),
    ),
    Purpose(
        "Tu témoignes dans une vidéo",
        "La vidéo, les photos, et l’accord signé.",
        "montrer un métier.",
        Ground.CONSENT,
        ("uploads", "clips"),
        ("les témoignages et les accords",),
    ),
    Purpose(
        "On compte ce qui sert",
        "Un journal d’événements : le code de l’affiche, des dates, des cases cochées, un numéro sans nom. Ni message, ni pseudo, ni adresse.",
        "savoir ce qui aide, et le dire à ceux qui paient, en nombres.",
        Ground.MISSION,
        ("reports",),
        ("le journal des événements",),
    ),
    Purpose(
        "Trop de demandes viennent d’un même endroit",
        "Une empreinte de l’adresse internet, qui change chaque jour, et un nombre.",
        "freiner les abus.",
        Ground.MISSION,
        ("rates",),
    ),
    Purpose(
        "Vous travaillez ici",
        "Adresse e-mail, nom, rôle, second facteur, sessions, et la trace de chaque dossier lu. Si vous donnez l’adresse de votre propre agenda : "
        "les heures où il vous dit pris ou prise, et rien de plus.",
        "protéger les personnes accompagnées, et ne pas proposer une heure déjà prise.",
        Ground.MISSION,
        ("sessions", "reading-stops", "runs", "busy"),
        ("le journal des accès", "les comptes des professionnels"),
    ),
)
IMPERSONAL = frozenset(
    {
        "la ligne et ses horaires",
        "le catalogue",
        "les contacts de campagne",
        "les sites",
        "les comptes chez les fournisseurs (SMS, Discord, boîtes e-mail, réseaux)",
        "accounts-asked",
        "les lieux et les salles de rendez-vous",
        "la machine",
        "le programme des tâches",
        "tables",
        "import-rows",
        "les colonnes reconnues",
        "search-changes",
    }
)
"""What serves no purpose above because nothing in it is about a person: what no rule erases, and slugs of rules."""


@dataclass(frozen=True)
class Reader:
    """People who may read something of yours. `roles` open a conversation, or what was agreed from it."""

    who: str
    what: str
    roles: tuple[str, ...] = ()


READERS = (
    Reader(
        "Les personnes qui répondent",
        "Toute ta conversation. Chaque lecture laisse une trace, que tu peux lire.",
        (Role.MEDIATOR,),
    ),
    Reader(
        "Les responsables de l’équipe",
        "Ta conversation, pour remplacer, aider ou vérifier. Chaque lecture laisse une trace ; si tu es mineur, ou si on ne sait pas ton âge, avec une raison.",
        (Role.SUPERVISOR,),
    ),
    Reader(
        "Les responsables et l’administration, pour un message qu’un programme a mis de côté",
        "Ce message, tant qu’il n’est dans aucune conversation : pour qu’aucun ne se perde.",
    ),
    Reader(
        "Un ou une bénévole, si on te confie à cette personne",
        "Ta conversation, sous les yeux d’une personne responsable si tu es mineur.",
        (Role.VOLUNTEER,),
    ),
    Reader(
        "La structure à laquelle tu as dit oui",
        "Ton pseudo, ta commune, et ce que tu as accepté de transmettre. Rien avant ton oui, rien avant 15 ans.",
        (Role.PARTNER,),
    ),
    Reader(
        "Ceux qui protègent, en cas de danger",
        "Secours, police, services du département qui protègent les enfants, procureur : ce qui sert à protéger. "
        "Des personnes le décident et le transmettent, pas un programme.",
    ),
    Reader(
        "Les personnes qui relisent les questions sous les vidéos",
        "Ta question et ton pseudo, avant et après la publication.",
    ),
    Reader(
        "La structure d’astreinte, s’il y en a une",
        "Qu’un message attend une réponse. Pas qui tu es, ni ce que tu écris.",
    ),
    Reader(
        "Tout le monde",
        "Seulement ta question sous une vidéo, avec ton pseudo, quand une personne l’a relue et publiée.",
    ),
)


@dataclass(frozen=True)
class Carrier:
    """A company that carries or keeps something for us. `channel`: of the outbox, '' for the host; `name`: who it is, if said."""

    what: str
    sees: str
    channel: str
    is_used: Callable[[UUID | None], bool]
    setting: str = ""


CARRIERS = (
    Carrier(
        "L’hébergeur du site", "garde la base de données, où tes messages sont chiffrés", "", lambda _: True, "hosting"
    ),
    Carrier(
        "Le fournisseur d’e-mail",
        "voit passer ton adresse, ce que tu écris et nos réponses, si tu écris ou demandes à être joint par e-mail",
        "email",
        lambda _: True,
        "mail_provider",
    ),
    Carrier(
        "Le fournisseur de SMS",
        "voit passer ton numéro, ce que tu écris et nos SMS, si tu écris ou demandes à être joint par SMS",
        "sms",
        lambda organisation: accounts.is_offered("sms", organisation),
        "sms_provider",
    ),
    Carrier(
        "Discord, une entreprise des États-Unis",
        "voit tout ce que tu écris par Discord et ce qu’on y répond, sous ses propres règles",
        "discord",
        lambda organisation: accounts.is_offered("discord", organisation),
    ),
    Carrier(
        "Le serveur de visio que l’équipe a choisi",
        "voit ton pseudo, l’adresse internet d’où tu te connectes, et ce que tu dis et montres, si tu prends un rendez-vous en vidéo",
        "",
        lambda _: True,
    ),
    *(
        Carrier(
            f"{one.title}, un réseau social",
            "voit ce que tu écris sous nos vidéos là-bas et ce qu’on y répond, sous ses propres règles",
            one.name,
            lambda organisation, one=one: accounts.is_offered(one.name, organisation),
        )
        for one in networks.kinds()
    ),
)


def carriers(organisation: UUID | None) -> list[Carrier]:
    """Those that this organisation uses."""
    return [one for one in CARRIERS if one.is_used(organisation)]


def durations() -> dict:
    """Of a conversation: without and with a way to reach the person, and how long before the end they are told."""
    return {"anonymous": ending.ANONYMOUS, "reachable": ending.REACHABLE, "notice": ending.NOTICE}
