"""However a number or an address is written, it is one contact point, shown in one way."""

import pytest
from django import forms

from relais.foundation import contacts
from relais.foundation.forms import ContactField, PublicNumberField

NB = "\u00a0"


@pytest.mark.parametrize(
    ("written", "canonical", "shown"),
    [
        ("02.38.07.00.00", "+33238070000", "02 38 07 00 00"),
        ("+33 (0)2 38 07 00 00", "+33238070000", "02 38 07 00 00"),
        ("tel:+33-6-12-34-56-78", "+33612345678", "06 12 34 56 78"),
        ("\u202a+33 6 12 34 56 78\u202c", "+33612345678", "06 12 34 56 78"),
        ("0262 90 75 00", "+262262907500", "0262 90 75 00"),
        ("0692 12 34 56", "+262692123456", "0692 12 34 56"),
        ("+33 692 12 34 56", "+262692123456", "0692 12 34 56"),
        ("0033 6 90 12 34 56", "+590690123456", "0690 12 34 56"),
        ("+33 6 39 12 34 56", "+262639123456", "0639 12 34 56"),
        ("+33 6 39 98 00 01", "+33639980001", "06 39 98 00 01"),
        ("0590 20 12 34", "+590590201234", "0590 20 12 34"),
        ("0594 30 12 34", "+594594301234", "0594 30 12 34"),
        ("0596 60 12 34", "+596596601234", "0596 60 12 34"),
        ("0508 41 12 34", "+508411234", "+508 41 12 34"),
        ("+687 75 12 34", "+687751234", "+687 75.12.34"),
        ("+689 87 12 34 56", "+68987123456", "+689 87 12 34 56"),
        ("0809 10 20 30", "+33809102030", "08 09 10 20 30"),
        ("+44 7911 123456", "+447911123456", "+44 7911 123456"),
        ("3949", "3949", "39 49"),
        ("115", "115", "115"),
        ("116 000", "116000", "116 000"),
        ("sur place", "", "sur place"),
    ],
)
def test_the_number_of_a_structure(written, canonical, shown):
    assert contacts.public_number(written) == canonical
    assert contacts.shown(canonical or written) == shown.replace(" ", NB) if canonical else written
    assert contacts.shown(written) == contacts.shown(canonical or written), "also before it is in its one form"
    assert contacts.dialled(written) == (f"tel:{canonical}" if canonical else "")


@pytest.mark.parametrize("written", ["090796637", "026986424", "+33 090796637", "86002008653252"])
def test_what_would_be_read_again_as_another_is_no_number(written):
    with pytest.raises(ValueError, match="telephone"):
        contacts.number(written)


@pytest.mark.parametrize("short", ["119", "3018", "114", "3919", "118 218", "116 000"])
def test_a_short_number_is_nobody(short):
    with pytest.raises(ValueError, match="telephone"):
        contacts.number(short)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("  Lea@Exemple.FR ", "lea@exemple.fr"),
        ("mailto:lea@exemple.fr?subject=Bonjour", "lea@exemple.fr"),
        ("Léa M. <lea.m@exemple.fr>", "lea.m@exemple.fr"),
        ("lea @ exemple . fr", "lea@exemple.fr"),
        ("lea@École.fr", "lea@xn--cole-9oa.fr"),
        ("lea@exemple.fr.", "lea@exemple.fr"),
    ],
)
def test_an_address(written, canonical):
    found = contacts.email(written)
    assert (found, found.kind, contacts.shown(found)) == (canonical, contacts.EMAIL, canonical)


@pytest.mark.parametrize(
    "written",
    ["lea@exemple", "lea@exemple,fr", "lea martin@exemple.fr", "léa@exemple.fr", f"{'x' * 300}@exemple.fr", "@"],
)
def test_what_is_no_address(written):
    with pytest.raises(ValueError, match="e-mail"):
        contacts.email(written)


def test_an_account_of_discord_is_no_number_and_what_nobody_can_read_stays():
    assert contacts.kept("123456789012345678").kind == contacts.DISCORD
    assert contacts.kept(" appelle ma mère ") == "appelle ma mère" and contacts.kept("appelle ma mère").kind == ""


@pytest.mark.parametrize(
    ("one", "other"), [("06 39 98 00 01", "+33 (0)6.39.98.00.01"), ("0033639980001", "tel:0639980001")]
)
def test_a_digest_knows_a_number_however_it_is_written(db, one, other):
    assert contacts.digest("sms", one) == contacts.digest("sms", other) != contacts.digest("email", one)


def test_a_digest_knows_an_address_in_any_case(db):
    assert contacts.digest("email", "Lea@Exemple.fr ") == contacts.digest("email", "lea@exemple.FR")


class Form(forms.Form):
    contact = ContactField()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Écris ton e-mail ou ton numéro."),
        ("06 12", "Ce numéro n’a pas la bonne forme. Exemple : 06 12 34 56 78"),
        ("lea@exemple", "Cet e-mail n’a pas la bonne forme. Exemple : prenom@exemple.fr"),
        ("lea", "Cet e-mail n’a pas la bonne forme. Exemple : prenom@exemple.fr"),
        ("3018", "Ce numéro n’a pas la bonne forme. Exemple : 06 12 34 56 78"),
        ("x" * 300, "C’est trop long pour un e-mail ou un numéro."),
        ("a\x00@exemple.fr", "Cet e-mail n’a pas la bonne forme. Exemple : prenom@exemple.fr"),
    ],
)
def test_the_field_refuses_in_plain_words(typed, said):
    form = Form({"contact": typed})
    assert not form.is_valid() and form.errors["contact"] == [said]


@pytest.mark.parametrize(
    ("typed", "way", "problem"),
    [
        ("06.12.34.56.78", "sms", ""),
        ("06.12.34.56.78", "email", "e-mail"),
        ("lea@exemple.fr", "sms", "numéro"),
        ("01 40 00 00 00", "sms", "mobile français"),
        ("+44 7911 123456", "sms", "mobile français"),
        ("01 40 00 00 00", "phone", ""),
        ("0899 12 34 56", "phone", "service"),
    ],
)
def test_the_field_says_what_it_is_and_what_speaks_against_it(typed, way, problem):
    form = Form({"contact": typed})
    assert form.is_valid()
    said = form.fields["contact"].mismatch(form.cleaned_data["contact"], way)
    assert problem in said and bool(said) == bool(problem)


def test_a_field_that_comes_back_shows_the_number_as_people_read_it():
    field = PublicNumberField()
    assert (
        field.clean(" 05.59.00.00.00 ") == "+33559000000"
        and field.prepare_value("+33559000000") == f"05{NB}59{NB}00{NB}00{NB}00"
    )
    with pytest.raises(forms.ValidationError, match="05 59"):
        field.clean("le matin")
