"""The page of what runs by itself: seen and changed by administrators of the host, told to them when something goes wrong."""

import re
from datetime import time

import pytest
from django.utils import timezone

from relais.accounts.forms_programme import JobForm
from relais.accounts.models import AccessRecord
from relais.catalogue.models import Commune
from relais.foundation import schedule
from relais.foundation.models import EventRecord, Run, Schedule

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(people, client_for):
    return client_for(people["administrator"])


@pytest.fixture
def imports(settings, tmp_path):
    settings.IMPORT_FOLDER = tmp_path / "imports"
    settings.IMPORT_FOLDER.mkdir()
    return settings.IMPORT_FOLDER


def typed(job: str, **changed):
    """What the form of a job holds now, and what is typed in it."""
    schedule.ensure(timezone.now())
    form = JobForm(row=Schedule.objects.get(job=job))
    values = {name: form[name].value() for name in form.fields}
    values["hour"] = f"{values['hour']:%H:%M}"
    return {name: value for name, value in (values | changed).items() if value not in (False, None)}


def page(answer) -> str:
    return answer.content.decode().replace("\u00a0", " ")


def test_every_source_the_recount_and_the_backup_are_there_and_no_import_is_on(administrator):
    found = page(administrator.get("/pro/programme/"))
    for words in (
        "Importer les offres de France Travail",
        "Importer les communes",
        "Recompter tous les chiffres",
        "Sauvegarder la base et les médias",
    ):
        assert words in found
    assert not Schedule.objects.filter(job__startswith="import-", is_on=True).exists()


def test_a_new_installation_recounts_and_copies_only_where_it_can(settings, tmp_path, now):
    settings.LOCAL = False
    schedule.ensure(now)
    assert set(Schedule.objects.filter(is_on=True).values_list("job", flat=True)) == {"check-figures"}
    Schedule.objects.all().delete()
    settings.BACKUP_FOLDER = tmp_path
    schedule.ensure(now)
    assert set(Schedule.objects.filter(is_on=True).values_list("job", flat=True)) == {"check-figures", "backup"}


def test_an_import_is_set_with_several_origins_and_leaves_its_trace(administrator, people, imports):
    (imports / "centre.xml").touch()
    address = "https://formations.exemple.invalid/bretagne.xml"
    answer = administrator.post(
        "/pro/programme/import-formations-lheo/",
        typed(
            "import-formations-lheo", is_on="on", hour="01:05", days="working", lines=f" centre.xml \r\n\r\n{address}"
        ),
    )
    assert answer.status_code == 302
    kept = Schedule.objects.get(job="import-formations-lheo")
    assert (kept.is_on, kept.hour, kept.days, kept.given) == (True, time(1, 5), "working", ["centre.xml", address])
    trace = AccessRecord.objects.get(kind="schedule")
    assert "adresses ou fichiers" in trace.reason and "invalid" not in trace.reason
    assert (trace.user, trace.action, trace.subject) == (people["administrator"], "change", "import-formations-lheo")
    assert "Du lundi au vendredi à 1 h 05" in page(administrator.get("/pro/programme/"))


@pytest.mark.parametrize(
    ("job", "lines", "sentence"),
    [
        ("import-formations-lheo", "", "Écrivez d’abord une adresse"),
        ("import-formations-lheo", "absent.xml", "n’est pas dans le dossier"),
        ("import-formations-lheo", "/etc/passwd", "n’est ni une adresse"),
        ("import-formations-lheo", "../secret-key", "n’est ni une adresse"),
        ("import-formations-lheo", "file:///etc/passwd", "n’est pas dans le dossier"),
        ("import-formations-lheo", "x" * 5000, "n’est ni une adresse"),
        ("import-formations-lheo", "http://[a", "n’est ni une adresse"),
        ("import-formations-lheo", "https://a.invalid/x\nhttps://a.invalid/x", "deux fois"),
        ("import-rome", "https://a.invalid/x\nhttps://a.invalid/y", "1 ligne au plus"),
        ("import-france-travail", "", "Il manque FRANCE_TRAVAIL_ID"),
        ("backup", "", "BACKUP_FOLDER"),
    ],
)
def test_what_could_not_run_is_refused_in_words(administrator, imports, job, lines, sentence):
    answer = administrator.post(f"/pro/programme/{job}/", typed(job, is_on="on", lines=lines))
    assert answer.status_code == 422 and sentence in page(answer)
    assert (
        not Schedule.objects.filter(is_on=True).exists() and not AccessRecord.objects.filter(kind="schedule").exists()
    )


def test_the_key_in_an_address_is_in_no_trace(administrator, imports):
    """One line was quoted where several were not."""
    lines = "https://formations.exemple.invalid/centre.xml?jeton=SECRET"
    administrator.post("/pro/programme/import-formations-lheo/", typed("import-formations-lheo", lines=lines))
    assert Schedule.objects.get(job="import-formations-lheo").given == [lines]
    assert AccessRecord.objects.get(kind="schedule").reason == "adresses ou fichiers"


def test_a_link_out_of_the_folder_is_not_followed(administrator, imports, tmp_path):
    (tmp_path / "secret").write_text("x")
    (imports / "link.xml").symlink_to(tmp_path / "secret")
    answer = administrator.post(
        "/pro/programme/import-formations-lheo/", typed("import-formations-lheo", is_on="on", lines="link.xml")
    )
    assert answer.status_code == 422 and "n’est ni une adresse" in page(answer)


def test_a_copy_never_goes_below_what_it_copies(administrator, settings):
    settings.BACKUP_FOLDER = settings.DATA / "media" / "public"
    assert "est dans le dossier des données" in page(administrator.get("/pro/programme/backup/"))
    assert administrator.post("/pro/programme/backup/", typed("backup", is_on="on")).status_code == 422


def test_an_old_tab_undoes_nothing(administrator):
    old = typed("check-figures", hour="04:00")
    administrator.post("/pro/programme/check-figures/", typed("check-figures", is_on="on", hour="06:00"))
    answer = administrator.post("/pro/programme/check-figures/", old)
    assert answer.status_code == 409 and "Cette page a changé" in page(answer)
    assert Schedule.objects.get(job="check-figures").hour == time(6)
    again = old | {"seen": re.search(r'name="seen" value="(\w+)"', page(answer))[1]}
    assert administrator.post("/pro/programme/check-figures/", again).status_code == 302
    assert Schedule.objects.get(job="check-figures").hour == time(4)


def test_asked_for_by_hand_it_runs_once_and_says_who(administrator, people, now):
    assert administrator.post("/pro/programme/check-figures/lancer").status_code == 302
    assert "C’est déjà en cours" in page(administrator.post("/pro/programme/check-figures/lancer", follow=True))
    run = schedule.claim(now)
    assert run.asked_by == people["administrator"].pk and schedule.claim(now) is None
    schedule.perform(run.pk)
    shown = page(administrator.get("/pro/programme/check-figures/"))
    assert "valeurs comptées deux fois, aucune différence." in shown and people["administrator"].email in shown
    assert AccessRecord.objects.get(kind="schedule").action == "run"


def test_an_import_by_the_clock_is_the_one_of_the_command(administrator, imports, now):
    """The packaged communes, as `relais import communes` brings them."""
    administrator.post("/pro/programme/import-communes/", typed("import-communes", is_on="on"))
    Schedule.objects.filter(job="import-communes").update(next_at=now)
    schedule.perform(schedule.claim(now).pk)
    run = Run.objects.get()
    assert run.state == "done" and "ajouts, 0 changement, 0 retrait" in run.words.replace("\u00a0", " ")
    assert Commune.objects.count() > 30_000
    assert "0 ajout," in _again("import-communes", now)


def _again(job: str, now) -> str:
    schedule.ensure(now)
    Schedule.objects.filter(job=job).update(next_at=now, is_on=True)
    run = schedule.claim(now)
    schedule.perform(run.pk)
    run.refresh_from_db()
    return run.words


def test_a_broken_file_does_not_stop_the_others_and_is_told(administrator, people, client_for, imports, now):
    _again("import-communes", now)
    for name in ("une.xml", "deux.xml"):
        (imports / name).write_text("<rien")
    administrator.post(
        "/pro/programme/import-formations-lheo/", typed("import-formations-lheo", is_on="on", lines="une.xml\ndeux.xml")
    )
    Schedule.objects.filter(job="import-formations-lheo").update(next_at=now)
    schedule.perform(schedule.claim(now).pk)
    run = Run.objects.get(schedule__job="import-formations-lheo")
    assert (
        run.state == "failed"
        and run.words == "2 fichiers ou adresses ont été refusés, sur 2. Rien n’a changé."
        and "une.xml" in run.said
        and "deux.xml" in run.said
    )
    listed = page(administrator.get("/pro/programme/"))
    assert "1 tâche n’a pas abouti" in listed and listed.index("Importer les formations (LHEO)") < listed.index(
        "Importer les communes"
    )
    told = "« Importer les formations (LHEO) » a échoué"
    assert told in page(administrator.get("/pro/"))
    assert told not in page(client_for(people["supervisor"]).get("/pro/"))
    assert administrator.get("/health/ready").json()["schedule"] == "failed"
    administrator.post("/pro/programme/import-formations-lheo/", typed("import-formations-lheo", is_on=False))
    assert (
        told not in page(administrator.get("/pro/")) and administrator.get("/health/ready").json()["schedule"] == "ok"
    )


def test_a_file_that_went_away_is_told(administrator, imports, now):
    (imports / "une.xml").touch()
    administrator.post(
        "/pro/programme/import-formations-lheo/", typed("import-formations-lheo", is_on="on", lines="une.xml")
    )
    (imports / "une.xml").unlink()
    assert "n’est pas dans le dossier" in _again("import-formations-lheo", now)


def test_a_difference_between_two_counts_is_told(administrator, now):
    schedule.ensure(now)
    EventRecord.objects.create(
        at=now, name="conversation.answered", subject="11111111-1111-4111-8111-111111111111", data={"seconds": 1}
    )
    assert "diffère" in _again("check-figures", now)
    assert "belong to no opened conversation" in Run.objects.get().said


def test_another_organisation_and_other_jobs_are_not_there(administrator, make_user, client_for):
    stranger = client_for(make_user("administrator"))
    assert "/pro/programme/" not in page(stranger.get("/pro/")) and stranger.get("/pro/programme/").status_code == 404
    assert (
        administrator.get("/pro/programme/autre/").status_code == 404
        and administrator.post("/pro/programme/autre/lancer").status_code == 404
    )
    assert administrator.get("/pro/programme/backup/lancer").status_code == 405
