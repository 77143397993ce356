"""One cell of a table, as people and spreadsheets write it."""

import pytest

from relais.catalogue.tables import cells


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        ("0559000001", "+33559000001", ""),
        ("559000001", "+33559000001", cells.ZERO_PHONE),
        ("05.59.00.00.01", "+33559000001", ""),
        ("05\u00a059\u00a000\u00a000\u00a001", "+33559000001", ""),
        ("05/59/00/00/01", "+33559000001", ""),
        ("33559000001", "+33559000001", ""),
        ("+33 (0)5 59 00 00 01", "+33559000001", ""),
        ("Tél : 05 59 00 00 01 (accueil)", "+33559000001", ""),
        ("3949", "3949", ""),
        ("0559000001 / 0600000002", "+33559000001", cells.FIRST_PHONE),
        ("05 59 00 00 01 - 06 00 00 00 02", "+33559000001", cells.FIRST_PHONE),
        ("0262000001", "+262262000001", ""),
        ("5,59E+08", "", cells.BAD_PHONE),
        ("non", "", cells.BAD_PHONE),
        ("", "", ""),
    ],
)
def test_a_telephone(text, wanted, said):
    assert cells.phone(text) == (wanted, said)


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        ("a@b.fr", "a@b.fr", ""),
        ("mailto:a@b.fr", "a@b.fr", ""),
        ("a@b.fr ; c@d.fr", "a@b.fr", cells.FIRST_EMAIL),
        ("a@b", "", cells.BAD_EMAIL),
        (" ", "", ""),
    ],
)
def test_an_address_of_mail(text, wanted, said):
    assert cells.email(text) == (wanted, said)


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        ("www.foyer.fr", "https://www.foyer.fr", ""),
        ("foyer.fr/pau", "https://foyer.fr/pau", ""),
        ("https://a.fr", "https://a.fr", ""),
        ("javascript:alert(1)", "", cells.BAD_WEBSITE),
        ("néant", "", cells.BAD_WEBSITE),
        ("", "", ""),
    ],
)
def test_a_site(text, wanted, said):
    assert cells.website(text) == (wanted, said)
