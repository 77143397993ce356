"""The sites of the installation: opened by those who run it, changed by the administrators of their organisation.

What a site says is read by every page from memory (`foundation.sites`); each change is seen at once in the process that made it, and
within seconds in the others.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404

from relais.foundation import meanwhile, pictures, sites
from relais.foundation.refusals import AlreadyThere, WrongState

from . import operator
from .models import Organisation, Site, User
from .permissions import record_access

LOGO_SIDE = 256
LOGO_BYTES = 900_000
CHANGED = (
    "name",
    "tagline",
    "signal",
    "deep",
    "sender_name",
    "reply_address",
    "publisher",
    "address",
    "phone",
    "email",
    "publication_director",
    "hosting",
    "legal_notice",
    "closed",
    "data_contact",
    "mail_provider",
    "sms_provider",
    "accessibility_contact",
    "code_address",
    "instagram",
    "tiktok",
    "youtube",
)
"""What `change_site` writes, beside the logo."""
LOGO = "logo"


def told(site: Site) -> dict[str, str]:
    """What the page of a site shows, {what it is called: how it reads}."""
    words = {
        str(Site._meta.get_field(name).verbose_name): str(getattr(site, name)) for name in CHANGED if name != "closed"
    }
    closed = ", ".join(sites.modules[name] for name in sorted(site.closed) if name in sites.modules)
    return words | {str(Site._meta.get_field("closed").verbose_name): closed, LOGO: site.logo_version}


def called(reason: str) -> str:
    """What a trace says was written, in the words of the page."""
    words = {name: str(Site._meta.get_field(name).verbose_name) for name in CHANGED}
    return ", ".join(words.get(name, name) for name in reason.split(", "))


def read() -> list[Site]:
    """Every site, the default one first, without the pictures."""
    return list(Site.objects.defer("logo"))


def unnamed() -> Site:
    """What the installation is while nobody has opened a site: unsaved, without host, with what operator.toml says."""
    return Site(**operator.as_site())


@transaction.atomic
def open_site(*, actor: User, organisation: Organisation, host: str, now: datetime) -> Site:
    """Answer to `host` from now on, with the words of the unnamed site. Raises AlreadyThere.

    The first one of the organisation that runs the installation is the default; that of another one never is by itself.
    """
    site = unnamed()
    site.organisation, site.host = organisation, host
    site.is_default = organisation.is_host and not Site.objects.filter(is_default=True).exists()
    try:
        with transaction.atomic():
            site.save()
    except IntegrityError:
        raise AlreadyThere(f"Il y a déjà un site à {host}.") from None
    return _changed(site, actor, "open-site", host, now)


@transaction.atomic
def change_site(*, actor: User, site_id: int, values: Mapping[str, object], seen: str, now: datetime) -> Site:
    """Write these fields of a site; « logo » is what `drawn` gave, or None to take it away. `seen`: the fingerprint of what was `told`.

    Raises ChangedMeanwhile; Http404 when it is not theirs. Nothing is written when nothing differs.
    """
    site = _locked(actor, site_id)
    if "logo" in values:
        values = {**values, "logo_version": sha256(values["logo"]).hexdigest()[:16] if values["logo"] else ""}
    # The picture itself is not read: its digest says whether it differs.
    differing = sorted(name for name, value in values.items() if name != "logo" and getattr(site, name) != value)
    if not differing:
        return site
    meanwhile.refuse_if_changed(seen, told(site), unsaid=[LOGO])
    written = [*differing, "logo"] if "logo_version" in differing else differing
    for name in written:
        setattr(site, name, values[name])
    site.save(update_fields=written)
    what = {"logo_version": "logo" if site.logo_version else "logo retiré"}
    return _changed(site, actor, "change-site", ", ".join(what.get(name, name) for name in differing), now)


@transaction.atomic
def make_default(*, actor: User, site_id: int, now: datetime) -> Site:
    """Show this site, and name it in letters, where nothing says which."""
    site = _locked(actor, site_id)
    Site.objects.filter(is_default=True).update(is_default=False)
    Site.objects.filter(pk=site.pk).update(is_default=True)
    return _changed(site, actor, "default-site", "", now)


@transaction.atomic
def close_site(*, actor: User, site_id: int, now: datetime) -> None:
    """Answer to its name no more. Raises WrongState for the default one while there are others."""
    site = _locked(actor, site_id)
    if site.is_default and Site.objects.exclude(pk=site.pk).exists():
        raise WrongState("C’est le site par défaut : choisissez-en d’abord un autre.")
    _changed(site, actor, "close-site", site.host, now)
    site.delete()


def drawn(sent: bytes) -> bytes:
    """This JPEG, PNG or WebP drawn again as a logo. Raises pictures.Refused."""
    if len(sent) > LOGO_BYTES:
        raise pictures.Refused(
            "Ce fichier est trop lourd pour un logo : 900 ko au plus. Réduisez l’image, puis envoyez-la de nouveau."
        )
    with TemporaryDirectory() as folder:
        source, out = Path(folder) / "sent", Path(folder) / "logo.webp"
        source.write_bytes(sent)
        pictures.draw(source, out, side=LOGO_SIDE)
        return out.read_bytes()


def _locked(actor: User, site_id: int) -> Site:
    return get_object_or_404(Site.objects.visible_to(actor).defer("logo").select_for_update(of=("self",)), pk=site_id)


def _changed(site: Site, actor: User, action: str, what: str, now: datetime) -> Site:
    record_access(actor, action, site, reason=what, now=now)
    transaction.on_commit(sites.refresh, robust=True)
    return site
