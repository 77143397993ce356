"""Letters that answer one of ours, as programs send them in many languages. All of them are made up: nobody wrote them, no address exists.

Each is (language, what they wrote and what their program put below it): the line CUT is where somebody who read it marked that their words end.
"""

CUT = "✂"
WHO = "Relais <bonjour@relais.invalid>"
_OURS = "Salut, tu es libre jeudi ?\n\nSarah, de l’équipe de Relais\n\nPour continuer, réponds à cette lettre :\nhttps://relais.invalid/parler/l/X"
MARKED = "\n".join(f"> {line}".rstrip() for line in _OURS.split("\n"))

LETTERS = {
    # --- French
    "gmail": (
        "fr",
        f"Oui jeudi ça va.\n\nMais pas avant 17 h, j'ai cours.\n\n{CUT}\nLe ven. 27 nov. 2026 à 14:03, {WHO} a écrit :\n\n{MARKED}",
    ),
    "gmail, canada": (
        "fr",
        f"Ok pour jeudi.\nMerci\n\n{CUT}\nLe ven. 27 nov. 2026, à 14 h 03, {WHO} a écrit :\n\n{MARKED}",
    ),
    "gmail, folded": (
        "fr",
        f"Le prof m'a dit non.\n\n{CUT}\nLe ven. 27 nov. 2026 à 14:03, L’équipe de Relais à la mission locale du Giennois\n<bonjour@relais.invalid> a écrit :\n\n{MARKED}",
    ),
    "gmail, no break": ("fr", f"d'accord\n{CUT}\nLe ven. 27 nov. 2026 à 14:03, {WHO} a écrit\u202f:\n{MARKED}"),
    "iphone": (
        "fr",
        f"Je peux pas jeudi.\nEt vendredi ?\n\n{CUT}\nEnvoyé de mon iPhone\n\n> Le 27 nov. 2026 à 14:03, {WHO} a écrit :\n> \n> {_OURS.replace(chr(10), chr(10) + '> ')}",
    ),
    "apple mail": (
        "fr",
        f"Bonjour,\n\nMa mère veut venir aussi. C'est possible ?\n\nInès\n\n{CUT}\n> Le 27 nov. 2026 à 14:03, {WHO} a écrit :\n> \n{MARKED}",
    ),
    "outlook": (
        "fr",
        f"Bonjour Sarah,\n\nJ'ai été mis dehors hier soir.\n\n{CUT}\nDe : {WHO}\nEnvoyé : vendredi 27 novembre 2026 14:03\nÀ : ines@exemple.invalid\nObjet : Relais : un message pour toi\n\n{_OURS}",
    ),
    "outlook, bold": (
        "fr",
        f"Ça marche\n\n{CUT}\n*De :* {WHO}\n*Envoyé :* vendredi 27 novembre 2026 14:03\n*À :* ines@exemple.invalid\n*Objet :* Relais : un message pour toi\n\n{_OURS}",
    ),
    "outlook, mac": (
        "fr",
        f"Oui, à jeudi.\n\n{CUT}\nDe : {WHO}\nDate : vendredi, 27 novembre 2026 à 14:03\nÀ : ines@exemple.invalid <ines@exemple.invalid>\nObjet : Relais : un message pour toi\n\n{_OURS}",
    ),
    "outlook, ios": (
        "fr",
        f"Je suis au lycée là\n\n{CUT}\nObtenir Outlook pour iOS<https://aka.ms/o0ukef>\n{'_' * 32}\nDe : {WHO}\nEnvoyé : vendredi, novembre 27, 2026 2:03 PM\nÀ : ines@exemple.invalid <ines@exemple.invalid>\nObjet : Relais\n\n{_OURS}",
    ),
    "yahoo": (
        "fr",
        f"Le jeudi me va. Le vendredi aussi.\n\n{CUT}\n    Le vendredi 27 novembre 2026 à 14:03:02 UTC+1, {WHO} a écrit :  \n \n {_OURS}",
    ),
    "yahoo, android": (
        "fr",
        f"oui\n\n{CUT}\nEnvoyé à partir de Yahoo Mail pour Android\n \n  Le ven., nov. 27, 2026 à 14:03, Relais<bonjour@relais.invalid> a écrit :   {_OURS}",
    ),
    "orange": (
        "fr",
        f'Bonjour,\n\nje veux bien venir mais on m\'a dit : "pas avant 18 ans".\n\n{CUT}\n> Message du 27/11/26 14:03\n> De : "Relais" <bonjour@relais.invalid>\n> A : ines@exemple.invalid\n> Copie à : \n> Objet : Relais\n> \n{MARKED}',
    ),
    "free": (
        "fr",
        f'C\'est noté.\n\n{CUT}\n----- Mail original -----\nDe: "Relais" <bonjour@relais.invalid>\nÀ: "ines" <ines@exemple.invalid>\nEnvoyé: Vendredi 27 Novembre 2026 14:03:02\nObjet: Relais\n\n{_OURS}',
    ),
    "samsung": (
        "fr",
        f"Pas de problème\n\n{CUT}\nEnvoyé depuis mon appareil Galaxy\n\n\n-------- Message d'origine --------\nDe : {WHO}\nDate : 27/11/2026 14:03 (GMT+01:00)\nÀ : ines@exemple.invalid\nObjet : Relais\n\n{_OURS}",
    ),
    "thunderbird": ("fr", f"Bonjour,\n\n1. oui\n2. non\n\n{CUT}\nLe 27/11/2026 à 14:03, Relais a écrit :\n{MARKED}"),
    "k-9": ("fr", f"On se voit où ?\n\n{CUT}\nLe 27 novembre 2026 14:03:02 GMT+01:00, {WHO} a écrit :\n{MARKED}"),
    "spark": ("fr", f"Parfait !\n\n{CUT}\nLe 27 nov. 2026 à 14:03 +0100, {WHO}, a écrit :\n{MARKED}"),
    "bluemail": (
        "fr",
        f"Je viens avec ma sœur.\n\n{CUT}\nTélécharger BlueMail pour Android\n\nLe 27 nov. 2026, à 14:03, {WHO} a écrit:\n\n{_OURS}",
    ),
    "proton": (
        "fr",
        f"Merci.\nJe préfère le matin.\n\n{CUT}\nEnvoyé avec la messagerie sécurisée Proton Mail.\n\nLe vendredi 27 novembre 2026 à 14:03, {WHO} a écrit :\n\n{MARKED}",
    ),
    # --- English
    "gmail, english": (
        "en",
        f"Hi Sarah,\n\nThursday is fine. On Friday I work.\n\n{CUT}\nOn Fri, Nov 27, 2026 at 2:03 PM {WHO} wrote:\n\n{MARKED}",
    ),
    "gmail, british": ("en", f"ok\n\n{CUT}\nOn Fri, 27 Nov 2026 at 14:03, {WHO} wrote:\n\n{MARKED}"),
    "iphone, english": (
        "en",
        f"Can my brother come too?\n\n{CUT}\nSent from my iPhone\n\n> On 27 Nov 2026, at 14:03, {WHO} wrote:\n> \n{MARKED}",
    ),
    "outlook, english": (
        "en",
        f"Thanks!\n\nFrom Monday on I am free.\n\n{CUT}\nFrom: {WHO}\nSent: Friday, November 27, 2026 2:03 PM\nTo: sam@exemple.invalid\nSubject: Relais\n\n{_OURS}",
    ),
    "outlook, android, english": (
        "en",
        f"See you then\n\n{CUT}\nGet Outlook for Android<https://aka.ms/AAb9ysg>\n{'_' * 32}\nFrom: {WHO}\nSent: Friday, November 27, 2026 2:03:00 PM\nTo: sam@exemple.invalid <sam@exemple.invalid>\nSubject: Relais\n\n{_OURS}",
    ),
    "yahoo, english": (
        "en",
        f"I do not know yet.\n\n{CUT}\n    On Friday, November 27, 2026 at 02:03:02 PM GMT+1, {WHO} wrote:  \n \n {_OURS}",
    ),
    "samsung, english": (
        "en",
        f"Yes please\n\n{CUT}\nSent from my Galaxy\n\n\n-------- Original message --------\nFrom: {WHO}\nDate: 27/11/2026 14:03 (GMT+01:00)\nTo: sam@exemple.invalid\nSubject: Relais\n\n{_OURS}",
    ),
    "proton, english": (
        "en",
        f"Which bus do I take?\n\n{CUT}\nSent with Proton Mail secure email.\n\nOn Friday, November 27th, 2026 at 2:03 PM, {WHO} wrote:\n\n{MARKED}",
    ),
    "thunderbird, english": (
        "en",
        f"It is at my school.\nIs that all right?\n\n{CUT}\nOn 11/27/26 2:03 PM, Relais wrote:\n{MARKED}",
    ),
    "k-9, english": ("en", f"Fine.\n\n{CUT}\nOn 27 November 2026 14:03:02 CET, {WHO} wrote:\n{MARKED}"),
    # --- Languages that are not read: nothing of theirs may go
    "gmail, german": (
        "de",
        f"Ja, am Donnerstag geht es.\n\nAber erst nach 17 Uhr: vorher habe ich Schule.\n\n{CUT}\nAm Fr., 27. Nov. 2026 um 14:03 Uhr schrieb {WHO}:\n\n{MARKED}",
    ),
    "gmail, italian": (
        "it",
        f"Va bene giovedì.\nGrazie mille\n\n{CUT}\nIl giorno ven 27 nov 2026 alle ore 14:03 {WHO} ha scritto:\n\n{MARKED}",
    ),
    "gmail, spanish": (
        "es",
        f"Sí, el jueves.\n\nEl viernes trabajo.\n\n{CUT}\nEl vie, 27 nov 2026 a las 14:03, {WHO} escribió:\n\n{MARKED}",
    ),
    "outlook, portuguese": (
        "pt",
        f"Olá,\n\nnão posso na quinta.\n\n{CUT}\nDe: {WHO}\nEnviado: sexta-feira, 27 de novembro de 2026 14:03\nPara: rui@exemple.invalid\nAssunto: Relais\n\n{_OURS}",
    ),
    "gmail, dutch": ("nl", f"Donderdag is goed.\n\n{CUT}\nOp vr 27 nov 2026 om 14:03 schreef {WHO}:\n\n{MARKED}"),
    "gmail, polish": (
        "pl",
        f"Tak, w czwartek mogę.\nDziękuję\n\n{CUT}\npt., 27 lis 2026 o 14:03 {WHO} napisał(a):\n\n{MARKED}",
    ),
    "gmail, romanian": ("ro", f"Da, joi e bine.\n\n{CUT}\nÎn vin., 27 nov. 2026 la 14:03, {WHO} a scris:\n\n{MARKED}"),
    "gmail, turkish": (
        "tr",
        f"Perşembe olur.\nTeşekkürler\n\n{CUT}\nRelais <bonjour@relais.invalid>, 27 Kas 2026 Cum, 14:03 tarihinde şunu yazdı:\n\n{MARKED}",
    ),
    "gmail, russian": (
        "ru",
        f"Да, в четверг можно.\n\nМама: «нет».\n\n{CUT}\nпт, 27 нояб. 2026 г. в 14:03, {WHO}:\n\n{MARKED}",
    ),
    "gmail, ukrainian": ("uk", f"Так, у четвер.\n\n{CUT}\nпт, 27 лист. 2026 р. о 14:03 {WHO} пише:\n\n{MARKED}"),
    "gmail, arabic": (
        "ar",
        f"نعم، يوم الخميس مناسب.\nشكرا\n\n{CUT}\nفي الجمعة، 27 نوفمبر 2026 في 2:03 م تمت كتابة ما يلي بواسطة {WHO}:\n\n{MARKED}",
    ),
    "outlook, chinese": (
        "zh",
        f"星期四可以。\n我妈妈说：不行。\n\n{CUT}\n发件人: {WHO}\n发送时间: 2026年11月27日 14:03\n收件人: li@exemple.invalid\n主题: Relais\n\n{_OURS}",
    ),
    "gmail, vietnamese": (
        "vi",
        f"Thứ năm được ạ.\n\nEm cảm ơn.\n\n{CUT}\nVào Th 6, 27 thg 11, 2026 vào lúc 14:03 {WHO} đã viết:\n\n{MARKED}",
    ),
}
READ = ("fr", "en")
"""Languages whose announcements are folded away."""
