"""What each kind is called on screen: the team and moderators read these words, the young person none of them."""

DANGERS = {
    "suicide": "idées de suicide",
    "self-harm": "automutilation",
    "violence": "violences",
    "sexual-violence": "violences sexuelles",
    "abuse-at-home": "danger à la maison",
    "no-shelter": "sans abri",
    "harassment": "harcèlement",
    "coercion": "contrainte, prostitution",
    "eating": "trouble alimentaire",
    "medical": "urgence médicale",
    "threat": "menace",
    "child": "enfant en danger",
}
PERSONAL = {
    "phone": "téléphone",
    "email": "adresse e-mail",
    "handle": "compte de réseau",
    "address": "adresse",
    "name": "nom de famille",
    "school": "établissement scolaire",
    "url": "lien",
    "nir": "numéro de sécurité sociale",
}
