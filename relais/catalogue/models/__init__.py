"""What a place offers: communes, names of jobs (ROME), occupation sheets, structures that help."""

from ..tables.models import TABLE, BroughtTable, ColumnMatch
from .importing import ROWS_KEPT, ImportRun, ImportSlice, SearchChange
from .moderation import MODERATORS, Kept, OfferReport, OfferReportQuerySet
from .occupations import Occupation, OccupationQuerySet, RomeCode, RomeMobility, RomeName
from .offers import Certification, JobOffer, JobOfferQuerySet, Training, TrainingQuerySet
from .places import Commune, Structure, StructureQuerySet

__all__ = [
    "MODERATORS",
    "ROWS_KEPT",
    "TABLE",
    "BroughtTable",
    "Certification",
    "ColumnMatch",
    "Commune",
    "ImportRun",
    "ImportSlice",
    "JobOffer",
    "JobOfferQuerySet",
    "Kept",
    "Occupation",
    "OccupationQuerySet",
    "OfferReport",
    "OfferReportQuerySet",
    "RomeCode",
    "RomeMobility",
    "RomeName",
    "SearchChange",
    "Structure",
    "StructureQuerySet",
    "Training",
    "TrainingQuerySet",
]
