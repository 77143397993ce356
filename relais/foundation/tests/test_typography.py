import re

from django.template import engines

from relais.foundation.typography import unbreakable

TABLE = """<table class="table"><thead><tr><th scope="col">Nom</th><th scope="col" class="number">Reçues <b>hier</b></th><th scope="col">Par</th></tr></thead>
<tbody><tr><th scope="row">Ana</th><td class="number">3</td><td></td></tr><tr><td>Bo</td><td>4</td><td>x</td></tr></tbody></table>"""


def test_french_signs_stay_with_their_word():
    assert (
        unbreakable("« Oui » ? Non : 30 % ! a;b 12:30 <b>Quoi</b> ?<br>")
        == "«\u00a0Oui\u00a0»\u00a0? Non\u00a0: 30\u00a0%\u00a0! a;b 12:30 <b>Quoi</b>\u00a0?<br>"
    )


def test_only_what_is_shown_changes():
    page = '<p title="a ?">Encore{} ?</p><script>{{"a" : 1}}</script><textarea name="x">Et toi ?</textarea><input value="b !">'
    assert unbreakable(page.format("")) == page.format("").replace("Encore ?", "Encore\u00a0?")


def test_pages_are_set_whole_and_letters_are_not(client, db):
    page = client.get("/aide").content.decode()
    assert "\u00a0:" in page and not re.search(r">[^<]* [?!:]\s", page)
    source = "Encore {{ word }} ?"
    page, letter = (engines["jinja"].env.from_string(source) for _ in range(2))
    page.name, letter.name = "page.html", "letter.txt"
    assert (page.render(word="« ici »"), letter.render(word="« ici »")) == (
        "Encore «\u00a0ici\u00a0»\u00a0?",
        "Encore « ici » ?",
    )


def test_a_cell_says_the_name_of_its_column():
    told = engines["jinja"].env.from_string("{% filter cells %}" + TABLE + "{% endfilter %}").render()
    assert '<th scope="row">Ana</th><td data-name="Reçues hier" class="number">3</td><td data-name="Par"></td>' in told
    assert '<td data-name="Nom">Bo</td>' in told and told.count("data-name") == 5
