from django.template import engines

from relais.foundation.typography import unbreakable

TABLE = """<table class="table"><thead><tr><th scope="col">Nom</th><th scope="col" class="number">Reçues <b>hier</b></th><th scope="col">Par</th></tr></thead>
<tbody><tr><th scope="row">Ana</th><td class="number">3</td><td></td></tr><tr><td>Bo</td><td>4</td><td>x</td></tr></tbody></table>"""


def test_french_signs_stay_with_their_word():
    assert unbreakable("« Oui » ? Non : 30 % ! a;b 12:30") == "«\u00a0Oui\u00a0»\u00a0? Non\u00a0: 30\u00a0%\u00a0! a;b 12:30"


def test_templates_are_compiled_with_them_and_nothing_else_changes():
    env = engines["jinja"].env
    source = '<p title="a ?">Encore ?{% if x == " ?" %} {{ x }}{% endif %}</p><script>{"a" : 1}</script>'
    compiled = next(one for one in env.extensions.values() if type(one).__name__ == "Typography")
    assert compiled.preprocess(source, "page.html") == source.replace("Encore ?", "Encore\u00a0?")
    assert compiled.preprocess(source, "mail/letter.txt") == source


def test_a_cell_says_the_name_of_its_column():
    told = engines["jinja"].env.from_string("{% filter cells %}" + TABLE + "{% endfilter %}").render()
    assert '<th scope="row">Ana</th><td data-name="Reçues hier" class="number">3</td><td data-name="Par"></td>' in told
    assert '<td data-name="Nom">Bo</td>' in told and told.count("data-name") == 5
