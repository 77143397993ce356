"""The pages that are judged: who looks at which address, and what it answers."""

JOB, STORY = "/metiers/educateur-specialise-educatrice-specialisee", "/temoignages/etre-au-coeur-de-leur-histoire"
# Address → the status it answers with. « {name.key} » is filled from states.py.
PUBLIC = {
    "/": 200,
    "/?page=2": 200,
    "/suivis": 200,
    "/gouts": 200,
    "/aide": 200,
    "/metiers/": 200,
    "/metiers/?q=xyzzy": 200,
    JOB: 200,
    f"{JOB}?commune=Montargis": 200,
    f"{JOB}?commune=Saint-Nulle-Part": 200,
    "/metiers/aide-a-domicile": 200,
    "/structures/": 200,
    "/structures/?commune=Saint-Denis": 200,
    "/structures/{structure.id}": 200,
    "/offres/{catalogue.offer}": 200,
    "/offres/{catalogue.offer}/signaler": 200,
    "/formations/{catalogue.training}": 200,
    "/recherche": 200,
    "/recherche?q=éducateur&lieu=Montargis": 200,
    "/recherche?q=xyzzyx": 200,
    "/temoignages/": 200,
    "/temoignages/?avec=enfants": 200,
    STORY: 200,
    f"{STORY}/question": 200,
    **{
        f"/questions/{{asked.{name}}}": 200
        for name in ("waiting", "alarming", "shown", "refused", "private", "removed", "erased")
    },
    "/questions/repondre/{asked.answering}": 200,
    "/questions/repondre/{asked.answering}?fait=1": 200,
    "/questions/repondre/inconnu": 404,
    "/signaler/question/{asked.shown_id}": 200,
    "/signaler/temoignage/etre-au-coeur-de-leur-histoire": 200,
    "/signaler/suivi/{asked.notice}": 200,
    "/signaler/suivi/{asked.decided}": 200,
    "/parler": 200,
    "/parler/reprendre": 200,
    "/promesse": 200,
    "/mentions-legales": 200,
    "/confidentialite": 200,
    "/accessibilite": 200,
    "/composants": 200,
    "/demo": 200,
    "/demo/courrier": 200,
    "/nulle-part": 404,
    "/r/ZZZZZ": 404,
    "/parler/guide": 200,
    "/parler/guide?c=me.md&metier=aide": 200,
    "/parler/guide?c=vi.k3.q3.x1&lieu=Montargis": 200,
    "/parler/efface": 200,
    "/parler/l/ce-lien-est-fini": 404,
    "/parler/question/{asked.private}": 200,
    "/orientation/ce-lien-n-existe-pas": 404,
    "{sent.link}": 200,
    "{accepted.link}": 200,
    "{accepted.follow}": 200,
    "{refused.link}": 200,
    "{withdrawn.link}": 200,
    "{expired.link}": 404,
    "{stopped.link}": 404,
    "{joint.link}": 200,
    **{f"{{{name}.follow}}": 200 for name in ("slots", "booked", "missed")},
    "{missed.told}": 200,
    "{closed-long-ago.news}": 200,
    "/nouvelles/inconnu": 404,
    "/ne-plus-recevoir/{mail.on}": 200,
    "/ne-plus-recevoir/{mail.off}": 200,
    "/ne-plus-recevoir/inconnu": 404,
    "{invitation.link}": 200,
    "/pro/invitation/inconnue": None,
    "/compte/login/": 200,
    "/compte/signup/": None,
    "/compte/password/reset/": 200,
    "/compte/password/reset/done/": 200,
    "/compte/password/reset/key/1-inconnu/": 200,
    "/compte/password/reset/key/done/": 200,
    "/compte/confirm-email/": 200,
    "/compte/confirm-email/inconnu/": 200,
    "/compte/inactive/": 200,
}
# What the young person of states.py sees: (whose browser, address).
TALK = [
    *(
        (state, "/parler")
        for state in ("waiting", "late", "answered", "closed", "proposed", "sent", "accepted", "alarming", "unaged")
    ),
    *(("young", f"/parler/{page}") for page in ("age", "nouvelles")),
    *(
        (state, f"/parler/accord/{{{state}.handover}}")
        for state in ("proposed", "sent", "accepted", "refused", "withdrawn", "stopped", "declined")
    ),
    *(("waiting", f"/parler/{page}") for page in ("rappel", "situation", "mes-donnees", "supprimer", "nouvelles")),
    *((state, f"/parler/accord/{{{state}.handover}}/recu") for state in ("sent", "accepted")),
    ("joint", "/parler/a-trois/{joint.handover}"),
    *((state, f"/parler/rendez-vous/{{{state}.proposal}}") for state in ("slots", "booked", "missed")),
    *((state, f"/parler/seance/{{{state}.session}}") for state in ("session-asked", "seated", "queued")),
    ("late", "/parler/rappel"),
]
BAD_PERIOD = "/pro/entonnoir/?du=2026-05-02&au=2026-05-01"
# A page of another role answers as if it were not there.
NOT_THEIRS = {("Sarah", "/pro/entonnoir/"), ("Inès", "/pro/conversations/")}
STAFF = [
    *(
        ("Sarah", address)
        for address in (
            "/pro/",
            "/pro/conversations/",
            "/pro/agenda/",
            "/pro/conversations/?voir=miennes",
            "/pro/conversations/?voir=terminees",
            "/pro/conversations/?voir=equipes",
            "/pro/conversations/cote-a-cote?c={answered.id}&c={waiting.id}",
            "/pro/conversations/cote-a-cote",
            "/pro/conversations/mentions",
            "/pro/conversations/chercher",
            "/pro/conversations/{answered.id}/passer",
            "/pro/conversations/{answered.id}/autre-ligne",
            "/pro/reponses/",
            "/pro/reponses/nouvelle",
            "/pro/reponses/{line.reply}/",
            "/pro/absences/",
            *(f"/pro/conversations/{{{state}.id}}/" for state in ("waiting", "late", "answered", "closed")),
            *(f"/pro/conversations/{{{state}.id}}/" for state in ("callback", "sent", "accepted", "refused")),
            *(f"/pro/conversations/{{{state}.id}}/suivi" for state in ("joint", "booked", "missed")),
            "/pro/conversations/{booked.id}/rendez-vous?relais={booked.handover}",
            "/pro/structures/{structure.id}/accueil",
            "/pro/conversations/{answered.id}/rendez-vous",
            "/pro/conversations/{answered.id}/seance",
            "/pro/seances/",
            "/pro/seances/nouvelle",
            "/pro/seances/{session.id}/",
            "/pro/seances/{session.id}/modifier",
            "/pro/conversations/{unaged.id}/relais",
            "/pro/conversations/{young.id}/relais",
            "/pro/conversations/{answered.id}/relais",
            "/pro/conversations/{answered.id}/relais?commune=Saint-Nulle-Part",
            "/pro/structures/",
            "/pro/structures/{structure.id}/",
            "/pro/moderation/",
            *(
                f"/pro/moderation/?voir={tab}"
                for tab in ("signalements", "publiees", "repondues", "ecartees", "reseaux")
            ),
            *(
                f"/pro/moderation/questions/{{asked.{name}_id}}"
                for name in ("waiting", "alarming", "shown", "refused", "erased")
            ),
            *(
                f"/pro/moderation/questions/{{asked.{name}_id}}"
                for name in ("comment", "comment_alarming", "comment_answered")
            ),
            *(f"/pro/moderation/signalements/{{asked.{name}_id}}" for name in ("notice", "decided")),
            "/compte/2fa/",
            "/compte/2fa/totp/deactivate/",
            "/compte/2fa/recovery-codes/generate/",
            "/compte/2fa/webauthn/",
            "/compte/2fa/webauthn/add/",
            "/compte/2fa/reauthenticate/",
            "/compte/logout/",
            "/pro/entonnoir/",
        )
    ),
    *(("Hélène", address) for address in ("/pro/conversations/", "/pro/conversations/{answered.id}/")),
    *(
        ("Hélène", address)
        for address in (
            "/pro/ligne/",
            "/pro/visio/",
            "/pro/visio/{line.organisation}/",
            "/pro/lieux/",
            "/pro/lieux/nouveau",
            "/pro/lieux/{line.place}/",
            "/pro/lignes/",
            "/pro/ligne/nouvelle",
            "/pro/ligne/equipes/",
            "/pro/ligne/equipes/nouvelle",
            "/pro/ligne/equipes/{line.team}/",
            "/pro/ligne/{line.id}/ouverture",
            "/pro/ligne/{line.id}/reglages",
            "/pro/ligne/charge/{people.mediator}",
            # Asks why before it opens.
            "/pro/conversations/{sent.id}/",
        )
    ),
    *(("Sarah", address) for address in ("/pro/conversations/{alarming.id}/", "/pro/danger/")),
    *(("Sarah", f"/pro/danger/alertes/{{together.{name}}}/") for name in ("unread", "said")),
    *(("Hélène", f"/pro/danger/{{{name}.id}}/") for name in ("danger_open", "danger_read", "danger_decided")),
    *(
        ("Hélène", address)
        for address in ("/pro/conversations/{answered.id}/confier", "/pro/danger/", "/pro/equipe/benevoles/")
    ),
    ("Léo", "/pro/conversations/"),
    *(
        ("Hélène", address)
        for address in (
            "/pro/",
            "/pro/aller",
            "/pro/entonnoir/",
            "/pro/equipe/",
            "/pro/envois/",
            "/pro/entrees/",
            "/pro/entrees/{aside.id}/",
            "/pro/refus/",
        )
    ),
    *((name, "/pro/") for name in ("Julie", "Nadia", "Paul")),
    # Opened above by who holds it: it leads elsewhere otherwise.
    ("Sarah", "/pro/conversations/{answered.id}/reunir"),
    ("Hélène", "/pro/conservation/"),
    ("Hélène", "/pro/danger/{danger_decided.id}/information-preoccupante"),
    *(
        ("Hélène", address)
        for address in (
            "/pro/catalogue/",
            "/pro/catalogue/{catalogue.run}/",
            "/pro/signalements/",
            "/pro/structures/importer",
        )
    ),
    *(
        ("Hélène", f"/pro/structures/importer/{{table.{name}}}{page}")
        for name, page in (("brought", "/colonnes"), ("rehearsed", ""), ("useless", ""))
    ),
    ("Hélène", "/pro/structures/importer/{table.rehearsed}?voir=mises-de-cote"),
    *(
        ("Inès", address)
        for address in (
            "/pro/entonnoir/",
            BAD_PERIOD,
            "/pro/entonnoir/first-delay/?contact=K7QM3",
            "/pro/entonnoir/outcome/",
            "/pro/contacts/",
            "/pro/contacts/nouveau/",
            "/pro/contacts/importer",
            "/pro/contacts/importer/{table.listed}/colonnes",
            "/pro/contacts/importer/{table.tried}",
            "/pro/contacts/importer/{table.tried}?voir=mises-de-cote",
            "/pro/contacts/importer/{table.vain}",
            "/pro/contacts/K7QM3/",
            "/pro/conversations/",
        )
    ),
    *(
        ("Inès", f"/pro/studio/{address}")
        for address in (
            "",
            "?voir=publies",
            "?voir=retires",
            "nouvelle",
            "ce-que-je-n-avais-pas-prevu",
            "ce-que-je-n-avais-pas-prevu/modifier",
            "tu-fais-quoi-toute-la-journee",
            "le-premier-jour",
            "le-premier-jour/accords",
            "le-premier-jour/modifier",
            "deux-bols-de-cafe",
            "le-premier-jour/video",
            "deux-bols-de-cafe/video",
            "ce-que-je-n-avais-pas-prevu/video",
        )
    ),
    *(("Paul", address) for address in ("/pro/entonnoir/", "/pro/contacts/", "/pro/contacts/K7QM3/")),
    *(
        ("Nadia", address)
        for address in (
            "/pro/site/",
            "/pro/site/{named.id}/",
            "/pro/site/{named.id}/fermer",
            "/pro/reseaux/",
            "/pro/reseaux/installation/",
            "/pro/reseaux/installation/email/",
            "/pro/reseaux/{named.organisation}/",
            "/pro/reseaux/{named.organisation}/sms/",
            "/pro/reseaux/{named.organisation}/discord/",
            "/pro/reseaux/{named.organisation}/youtube/",
            "/pro/equipe/",
            "/pro/equipe/{people.mediator}/",
            "/pro/appareils/",
            "/pro/ici",
            "/pro/structures/",
            "/pro/entonnoir/",
        )
    ),
    *(
        ("Nadia", address)
        for address in ("/pro/programme/", "/pro/programme/import-formations-lheo/", "/pro/programme/backup/")
    ),
    *(
        ("Julie", address)
        for address in (
            "/pro/orientations/",
            "/pro/orientations/{sent.handover}/",
            "/pro/orientations/{accepted.handover}/",
            "/pro/orientations/{joint.handover}/",
            "/pro/orientations/{booked.handover}/",
            "/pro/structures/{structure.id}/accueil",
        )
    ),
]
