"""The links of stories, of those who ask, report and answer below them without an account."""

from relais.foundation import links

from .models import ANSWER, NOTICE, QUESTION
from .questions.moderation import LINK_LASTS

# Receipts: as long as what they tell of is there. Drawn, so that a form sent twice finds its own again.
links.declare(
    links.Purpose(
        QUESTION,
        "/questions/{}",
        "who asked, on the page that follows the form",
        None,
        drawn=lambda link: link.subject,
        young=True,
        hint="Une question effacée avec son témoignage n’a plus de page.",
        ways=(("Voir les témoignages", "/temoignages/"),),
    ),
    "/parler/question/{}",
)
links.declare(
    links.Purpose(
        NOTICE,
        "/signaler/suivi/{}",
        "who reported a text, on the page that follows the form and by e-mail",
        None,
        drawn=lambda link: link.subject,
        young=True,
        ways=(("Voir les témoignages", "/temoignages/"),),
    )
)
# A moderator copies it and hands it over: the program knows no address of the person shown, so that it sends no other.
links.declare(
    links.Purpose(
        ANSWER,
        "/questions/repondre/{}",
        "the person shown, by hand",
        LINK_LASTS,
        drawn=lambda link: f"{link.subject} {link.expires_at.timestamp()}",
        hint="La question n’est peut-être plus en ligne. Demandez un nouveau lien à la personne qui vous l’a envoyé.",
        ways=(("Voir les témoignages", "/temoignages/"),),
    )
)
