"""Upstreams on loopback that speak the real wire format, with their faults."""

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def offer(number, rome="J1501", commune="64445", **changes):
    """One offer as « Offres d'emploi 2 » sends it."""
    return {
        "id": f"{number:04d}ABC",
        "intitule": "Aide-soignant de nuit (H/F)",
        "description": "Vous aidez.\r\nVous écoutez.",
        "dateCreation": "2026-10-03T08:15:42.000Z",
        "dateActualisation": "2026-10-05T10:00:00+02:00",
        "lieuTravail": {
            "libelle": "64 - PAU",
            "latitude": 43.29,
            "longitude": -0.37,
            "codePostal": "64000",
            "commune": commune,
        },
        "romeCode": rome,
        "romeLibelle": "Aide-soignant / Aide-soignante",
        "appellationlibelle": "Aide-soignant",
        "entreprise": {"nom": "Résidence"},
        "typeContrat": "CDI",
        "typeContratLibelle": "CDI",
        "natureContrat": "Contrat travail",
        "experienceExige": "D",
        "formations": [{"niveauLibelle": "CAP, BEP et équivalents", "exigence": "E"}],
        "competences": [{"code": "1", "libelle": "Écouter"}],
        "salaire": {"libelle": "Mensuel de 1900.00 Euros", "complement1": "Mutuelle"},
        "dureeTravailLibelleConverti": "Temps plein",
        "alternance": False,
        "nombrePostes": 2,
        "origineOffre": {"origine": "1", "urlOrigine": f"https://candidat.francetravail.fr/{number}"},
    } | changes


class FranceTravail:
    """Token, search with ranges and its limit, and a list of faults, used once each: {"status", "headers", "body", "cut"}."""

    def __init__(self, offers, reach=3150):
        self.offers, self.reach = offers, reach
        self.faults, self.calls, self.tokens = [], [], 0
        self.dead_tokens = set()

    def answer(self, handler):
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if handler.command == "POST":
            form = parse_qs(handler.rfile.read(int(handler.headers["Content-Length"])).decode())
            if form.get("client_secret") != ["secret"]:
                return 400, {}, {"error": "invalid_client", "error_description": "Client authentication failed"}
            self.tokens += 1
            return (
                200,
                {},
                {
                    "access_token": f"jeton{self.tokens}",
                    "expires_in": 1499,
                    "token_type": "Bearer",
                    "scope": form["scope"][0],
                },
            )
        self.calls.append(query)
        token = handler.headers["Authorization"].removeprefix("Bearer ")
        if token in self.dead_tokens or not token.startswith("jeton"):
            return 401, {}, {"error": "invalid_token"}
        if self.faults and (fault := self.faults.pop(0)):
            return fault
        return self.search(query)

    def search(self, query):
        first, last = map(int, query["range"].split("-"))
        if first > 3000:
            return 400, {}, {"message": "La position de début doit être inférieure ou égale à 3000."}
        if query.get("codeROME") == "Z9999":
            return 400, {}, {"message": "Valeur du paramètre « codeROME » incorrecte."}
        found = [one for one in self.offers if self.matches(one, query)]
        page = found[first : last + 1]
        if not page:
            return 204, {"Content-Range": "offres */0"}, None
        status = 200 if last + 1 >= len(found) else 206
        return (
            status,
            {"Content-Range": f"offres {first}-{first + len(page) - 1}/{len(found)}"},
            {"resultats": page, "filtresPossibles": []},
        )

    @staticmethod
    def matches(one, query):
        place = one.get("lieuTravail") or {}
        departement = (place.get("commune") or place.get("libelle") or "")[:2]
        created = re.sub(r"\.\d+", "", str(one.get("dateCreation")))
        return (
            one.get("romeCode") == query.get("codeROME")
            and query.get("departement") in (None, departement)
            and query.get("minCreationDate", "") <= created <= query.get("maxCreationDate", "9")
        )


@contextmanager
def serving(upstream):
    """`upstream.answer(handler)` gives (status, headers, body): JSON, or bytes sent as they are; CUT ends them too early."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = upstream.answer(self)
            data = (
                b""
                if body is None
                else body
                if isinstance(body, bytes)
                else json.dumps(body, ensure_ascii=False).encode()
            )
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(data)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
