"""The words by which titles of a practice's calendar are told apart, in German and English; all in lower case."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# With one of these a title is a client's, whatever else stands in it.
SESSION = _words("""
    therapie therapy psychotherapie psychotherapy einzeltherapie paartherapie gruppentherapie familientherapie
    session sessions sitzung sitzungen termin appointment appt gespräch erstgespräch vorgespräch erstsitzung
    erstkontakt intake consultation consult beratung counselling counseling coaching sprechstunde probatorik
    probatorische diagnostik anamnese assessment evaluation einzel individual paar paare couple couples gruppe group
    familie family kind child patient patientin pat klient klientin client emdr kzt lzt vt tp pa eg tfp dbt cbt ifs
    videosprechstunde video telehealth online nachgespräch abschlussgespräch krisengespräch krise crisis
    """)

# A title of nothing but these is nobody's session.
OTHER = _words("""
    lunch lunchbreak lunchtime breakfast dinner mittagspause mittagessen mittag frühstück abendessen pause break
    kaffeepause coffee kaffee
    supervision intervision intervisionsgruppe supervisionsgruppe balint balintgruppe balintgroup peer team teammeeting
    teamsitzung teambesprechung besprechung dienstbesprechung meeting meetings staff konferenz conference
    fallbesprechung fallkonferenz qualitätszirkel
    fortbildung weiterbildung ausbildung seminar workshop kongress congress training vortrag lecture webinar
    büro office bürozeit admin administration verwaltung papierkram paperwork dokumentation documentation doku notes
    notizen berichte bericht reports abrechnung billing buchhaltung bookkeeping steuer steuern steuerberater tax taxes
    rechnungen invoices emails email mails mail telefonzeit rückrufe callbacks calls vorbereitung nachbereitung prep
    preparation
    urlaub ferien vacation holiday leave pto krank krankheit sick feiertag frei off geschlossen closed
    zahnarzt dentist arzt arzttermin doctor hausarzt friseur haircut hairdresser physiotherapie physio massage
    sport gym fitness yoga pilates joggen laufen run running schwimmen swimming chor choir
    kita kindergarten schule school elternabend einkaufen einkauf groceries shopping putzen cleaning
    geburtstag birthday kino cinema
    fahrt fahrzeit anfahrt heimfahrt commute travel
    """)

# Words of the above that are people's names, too: a title with one of them, at a client's hour, may be a client's.
ALSO_NAMES = _words("""
    arzt balint chor frei holiday kaffee kita krank laufen leave mail mittag notes pause peer run schule sick sport
    steuer urlaub
    """)
MIDDAY = frozenset({"mittag"})

# Between the words above they change nothing.
FILLERS = _words("""
    mit with und and the der die das den dem bei im am in an zu zum zur für for of on at to von vom day tag woche week
    time zeit extern intern external internal online zoom
    """)
# After a word such as "session", before the client.
BEFORE_A_CLIENT = frozenset({"mit", "with", "für", "for", "von", "of"})
