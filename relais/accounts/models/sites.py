"""The host names to which the installation answers."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from .people import Organisation


class SiteQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of the organisations that `user` administers; all of them, for an administrator of the host."""
        return self.filter(organisation__in=user.administered())


class Site(models.Model):
    """A host name to which the installation answers, with what its pages and letters say there. No row: the installation, unnamed."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="sites")
    host = models.CharField("nom d’hôte", max_length=253, unique=True)
    is_default = models.BooleanField(
        default=False, help_text="shown, and named in letters, where nothing says which site"
    )
    name = models.CharField("nom du site", max_length=40, default="Relais")
    tagline = models.CharField("phrase courte", max_length=120, blank=True)
    # Two colours or none: see foundation/colours.py for what they change.
    signal = models.CharField("couleur vive", max_length=7, blank=True)
    deep = models.CharField("couleur profonde", max_length=7, blank=True)
    logo = models.BinaryField(null=True, help_text="WebP, drawn again")
    logo_version = models.CharField(max_length=16, blank=True)
    sender_name = models.CharField("nom de l’expéditeur", max_length=60, blank=True)
    reply_address = models.EmailField("adresse pour les réponses", blank=True)
    publisher = models.CharField("éditeur", max_length=200, blank=True)
    address = models.CharField("adresse", max_length=300, blank=True)
    phone = models.CharField("téléphone", max_length=40, blank=True)
    email = models.EmailField("e-mail de contact", blank=True)
    publication_director = models.CharField("directeur ou directrice de la publication", max_length=150, blank=True)
    hosting = models.CharField("hébergeur", max_length=300, blank=True)
    data_contact = models.CharField("délégué à la protection des données", max_length=200, blank=True)
    accessibility_contact = models.CharField("contact pour l’accessibilité", max_length=200, blank=True)
    mail_provider = models.CharField("entreprise qui fait partir les e-mails", max_length=200, blank=True)
    sms_provider = models.CharField("entreprise qui fait partir les SMS", max_length=200, blank=True)
    code_address = models.URLField("adresse du code source", max_length=300, blank=True)
    closed = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        verbose_name="parties fermées",
        help_text="names of `sites.modules`",
    )
    instagram = models.URLField("page Instagram", max_length=200, blank=True)
    tiktok = models.URLField("page TikTok", max_length=200, blank=True)
    youtube = models.URLField("chaîne YouTube", max_length=200, blank=True)
    legal_notice = models.TextField("autres mentions légales", max_length=8000, blank=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ["-is_default", "host"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="site_one_default"),
            models.CheckConstraint(condition=Q(host=Lower("host")) & ~Q(host=""), name="site_host_is_lower_case"),
            models.CheckConstraint(
                condition=Q(signal="", deep="") | (~Q(signal="") & ~Q(deep="")),
                name="site_two_colours_or_none",
                violation_error_message="Donnez les deux couleurs, ou aucune.",
            ),
        ]

    def __str__(self):
        return self.host or self.name

    def opens(self, module: str) -> bool:
        """Whether this part of the pages exists here (see `foundation.sites.module`)."""
        return module not in self.closed

    @property
    def networks(self) -> list[tuple[str, str]]:
        """Its public pages elsewhere: (what the network is called, address)."""
        pages = (("Instagram", self.instagram), ("TikTok", self.tiktok), ("YouTube", self.youtube))
        return [(name, address) for name, address in pages if address]

    @property
    def look(self) -> str:
        """What stands for its colours in the address of its styles; '' while it has those of the house."""
        return f"{self.signal}-{self.deep}".replace("#", "") if self.signal else ""
