"""Who agreed to be shown, where and until when; what comes down when an agreement ends; what is still shown elsewhere."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from relais.accounts.models import User
from relais.channels import accounts, networks
from relais.foundation import claims
from relais.foundation.refusals import AlreadyDecided, AlreadyThere, NotAcceptable
from relais.media.models import Upload

from ..events import ConsentRecorded, ConsentWithdrawn, CopyNoted
from ..models import Channel, Consent, ExternalCopy, Story
from . import gates, services
from .history import tell


@transaction.atomic
def record_consent(
    *,
    story: Story,
    user: User,
    kind: str,
    name: str,
    channels: list[str],
    starts: date,
    ends: date,
    proof: Upload,
    now: datetime,
) -> Consent:
    """Write down an agreement with its proof, a whole file of this story that proves nothing else. Raises NotAcceptable.

    A renewal moves the end of a story already published.
    """
    held = services.locked(story)
    usable = proofs(held).filter(pk=proof.pk)
    if not usable.exists():
        raise NotAcceptable(
            "L’accord signé doit être un fichier entier, envoyé pour ce témoignage et qui ne sert pas déjà."
        )
    consent = Consent.objects.create(
        story=held,
        kind=kind,
        name=name,
        channels=channels,
        starts=starts,
        ends=ends,
        proof=proof,
        recorded_by=user,
        recorded_at=now,
    )
    tell(ConsentRecorded, held, kind=kind, by=user.pk, now=now)
    _follow(held, user, now)
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent, user: User, reason: str, now: datetime) -> Consent:
    """Somebody takes back their agreement: what it covered is no longer shown, from this instant. Raises AlreadyWithdrawn.

    The story comes down even when another agreement of the same kind is on record: that of somebody else proves nothing for
    this person. Whoever publishes it again will have decided so.
    """
    held = services.locked(consent.story)
    kept = held.consents.get(pk=consent.pk)
    if kept.withdrawn_at:
        raise AlreadyDecided("Cet accord est déjà retiré.")
    kept.withdrawn_at, kept.withdrawn_by, kept.withdrawal = now, user, reason
    kept.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal"])
    tell(ConsentWithdrawn, held, kind=kept.kind, by=user.pk, now=now)
    same = [other for other in held.consents.all() if _same_person(other, kept)]
    left = gates.agreed_until(same, kept.kind, Channel.SITE, timezone.localdate(now))
    if held.state == Story.State.PUBLISHED and Channel.SITE in kept.channels and not left:
        services.take_down(held, by=user, reason="Un accord a été retiré.", now=now)
    else:
        _follow(held, user, now)
    return kept


def expire(now: datetime) -> int:
    """Withdraw every story whose agreements have ended; returns how many."""

    def end(story: Story) -> None:
        services.take_down(story, by=None, reason="Un accord est arrivé à son terme.", now=now)

    return claims.each(
        Story.objects.filter(state=Story.State.PUBLISHED, expires_at__lte=now).order_by("expires_at", "slug"), end
    ).done


def _follow(held: Story, user: User, now: datetime) -> None:
    """A published story ends with its agreements, as they are now."""
    if held.state != Story.State.PUBLISHED:
        return
    if any(not gate.is_open for gate in gates.rights_gates(held, now)):
        services.take_down(held, by=user, reason="Un accord nécessaire manque.", now=now)
    else:
        held.expires_at = gates.expiry(held, now)
        held.save(update_fields=["expires_at"])


def _same_person(one: Consent, other: Consent) -> bool:
    return one.kind == other.kind and one.name.casefold().split() == other.name.casefold().split()


def proofs(story: Story):
    """Signed agreements sent for this story that no agreement names yet."""
    return story.uploads.filter(purpose=Upload.Purpose.PROOF, completed_at__isnull=False, consent=None)


# --- what is shown elsewhere


@transaction.atomic
def add_copy(*, story: Story, user: User, channel: str, address: str, now: datetime) -> ExternalCopy:
    """Note an address elsewhere that shows the story, whatever its state: what is out must be known. Raises AlreadyThere."""
    try:
        with transaction.atomic():
            held = services.locked(story)
            copy = ExternalCopy.objects.create(
                story=held,
                channel=channel,
                address=address,
                posted_by=user,
                posted_at=now,
                account_of=by.owner if (by := accounts.serving(channel, held.organisation_id)) else None,
            )
            tell(CopyNoted, held, network=channel, copy=copy.pk, by=user.pk, now=now)
    except IntegrityError:
        raise AlreadyThere("Cette adresse est déjà notée.") from None
    copy.refresh_from_db(fields=["touch"])
    return copy


def give_touch(*, copy: int, touch: str) -> None:
    """What leads from this copy to us carries `touch`; given once."""
    ExternalCopy.objects.filter(pk=copy, touch="").update(touch=touch)


@transaction.atomic
def copy_taken_down(*, copy: ExternalCopy, user: User, now: datetime) -> None:
    """A person says that they have taken it down. Said twice, the first one counts."""
    ExternalCopy.objects.filter(pk=copy.pk, taken_down_at=None).update(taken_down_at=now, taken_down_by=user)


def to_take_down(stories, now: datetime) -> list[ExternalCopy]:
    """The addresses still up that should not be: their story is not published, or nobody agrees any more to that channel."""
    copies = ExternalCopy.objects.filter(story__in=stories, taken_down_at=None).select_related("story", "posted_by")
    return [copy for copy in copies.prefetch_related("story__consents") if is_due(copy, now)]


def names_nothing(copy: ExternalCopy) -> bool:
    """Whether the comments below it are not read although an account serves there: its address is no publication."""
    one = networks.serving(copy.channel, copy.account_of)
    return one is not None and not one.publication(copy.address)


def is_due(copy: ExternalCopy, now: datetime) -> bool:
    return not copy.taken_down_at and not (copy.story.is_published(now) and gates.covers(copy.story, copy.channel, now))


def rights_of(story: Story, now: datetime) -> Iterable[tuple[Consent, str]]:
    """Each agreement of a story, with where it stands: "withdrawn", "over", "coming" or "running"."""
    day = timezone.localdate(now)
    for consent in story.consents.select_related("proof", "recorded_by", "withdrawn_by"):
        if consent.withdrawn_at:
            yield consent, "withdrawn"
        else:
            yield consent, "over" if consent.ends < day else "coming" if consent.starts > day else "running"
