"""Speaks for Grammalecte, in a process of its own. Run by the interpreter that has Grammalecte, never imported by Relais.

One JSON document a line, on both sides. The first line received is {"words": [[word, tags]…], "options": {name: bool}, "limit": s};
the answer is {"version": "2.1.2"} or {"error": "…"}. Then
{"sentences": ["…"]} is answered {"remarks": [[{start, end, rule, option, message, suggestions}]]}, offsets in characters, and
{"readings": ["…"]} is answered {"readings": {word: {"tags": ["…"], "third": [singular, plural]}}}.
"""

import json
import os
import signal
import sys


def third_persons(readings, conjugate):
    """What the verb becomes with « il » and « ils », when `readings` hold a verb of the present."""
    for reading in readings:
        lemma, _, tags = reading.lstrip(">").partition("/")
        if tags.startswith(":V") and ":Ip" in tags:
            return [conjugate(lemma, ":Ip", ":3s"), conjugate(lemma, ":Ip", ":3p")]
    return []


def remarks_on(checker, sentence):
    grammar, spelling = checker.getParagraphErrors(sentence, bSpellSugg=True)
    remarks = [
        {
            "start": error["nStart"],
            "end": error["nEnd"],
            "rule": error["sRuleId"],
            "option": error["sType"],
            "message": error["sMessage"],
            "suggestions": list(error["aSuggestions"]),
        }
        for error in grammar
    ]
    for token in spelling:
        remarks.append(
            {
                "start": token["nStart"],
                "end": token["nEnd"],
                "rule": "spelling",
                "option": "spelling",
                "message": "",
                "suggestions": token.get("aSuggestions", []),
            }
        )
    return remarks


def main():
    # Grammalecte prints at times: the answers keep the real output for themselves.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests = iter(os.fdopen(0, encoding="utf-8"))

    def answer(document):
        answers.write(json.dumps(document, ensure_ascii=False) + "\n")
        answers.flush()

    settings = json.loads(next(requests))
    try:
        # Outside Debian the library lies beside its program.
        sys.path.append(sys.argv[1])
        import grammalecte
        from grammalecte.fr import conj
        from grammalecte.graphspell.dawg import DAWG

        checker = grammalecte.GrammarChecker("fr")
        spelling = checker.getSpellChecker()
        if settings["words"]:
            words = DAWG([(word, word, tags) for word, tags in settings["words"]], "S", "fr")
            spelling.setPersonalDictionary(words.getBinaryAsJSON())
        checker.getGCEngine().setOptions(settings["options"])
    except Exception as problem:
        return answer({"error": f"{type(problem).__name__}: {problem}"})
    answer({"version": checker.getGCEngine().version})
    for line in requests:
        request = json.loads(line)
        # A sentence that never ends takes this process with it, even when nobody is left to kill it.
        signal.alarm(settings["limit"])
        if "sentences" in request:
            answer({"remarks": [remarks_on(checker, sentence) for sentence in request["sentences"]]})
        else:
            readings = {}
            for word in request["readings"]:
                tags = spelling.getMorph(word)
                readings[word] = {"tags": tags, "third": third_persons(tags, conj.getConj)}
            answer({"readings": readings})
        signal.alarm(0)


if __name__ == "__main__":
    main()
