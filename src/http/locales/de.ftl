# Deutsch (Sie). Die Schlüssel sind die von en.ftl.

## Was die Statuscodes bedeuten

title-400 = Ungültige Anfrage
title-401 = Anmeldung erforderlich
title-403 = Zugriff verweigert
title-404 = Nicht gefunden
title-405 = Methode nicht erlaubt
title-409 = Konflikt
title-412 = Vorbedingung nicht erfüllt
title-413 = Inhalt zu groß
title-415 = Medientyp nicht unterstützt
title-422 = Ungültige Angaben
title-429 = Zu viele Anfragen
title-500 = Interner Serverfehler
title-503 = Dienst nicht verfügbar

## Anfragen, die nicht zu lesen sind

bad_request = Die Anfrage ist nicht lesbar.
bad_request-host = Der Header Host steht mehr als einmal in der Anfrage.
bad_request-header = Der Header { $name } steht mehr als einmal in der Anfrage.
malformed_query = Die Parameter der Adresse sind nicht in UTF-8.
malformed_json = Der Inhalt der Anfrage ist kein gültiges JSON in UTF-8.
duplicate_key = Ein Objekt enthält denselben Schlüssel zweimal.
json_too_deep = Der Inhalt der Anfrage ist mehr als 64 Ebenen tief verschachtelt.
incomplete_body = Der Inhalt der Anfrage konnte nicht gelesen werden.
invalid_cursor = Dieser Cursor stammt nicht aus dieser Liste.

## Wer anfragt

unauthenticated = Ein Zugriffstoken ist erforderlich.
token_invalid = Das Zugriffstoken ist nicht gültig.
token_invalid-field = ist nicht gültig, wurde schon verwendet oder ist abgelaufen
token_expired = Das Zugriffstoken ist abgelaufen.
token_outdated = Die Rolle hat sich geändert: Erneuern Sie das Token.
session_ended = Die Sitzung ist beendet.
refresh_token_invalid = Das Erneuerungstoken ist nicht gültig.
credentials_invalid = Die Adresse oder das Passwort ist falsch.
email_not_verified = Die E-Mail-Adresse ist noch nicht bestätigt.
no_such_membership = Sie arbeiten nicht in dieser Praxis.
clinic_suspended = Die Praxis ist gesperrt.
forbidden = Ihre Rolle erlaubt diesen Vorgang nicht.

## Was da ist und was dem entgegensteht

not_found = Hier ist nichts.
method_not_allowed = Diese Adresse kennt diese Methode nicht; Allow nennt die, die sie kennt.
email_taken = Ein Konto mit dieser E-Mail-Adresse besteht schon.
company_email_taken = Eine Praxis mit dieser E-Mail-Adresse besteht schon.
request_in_progress = Eine Anfrage mit diesem Schlüssel wird gerade bearbeitet.
conflict = Das widerspricht dem, was schon gespeichert ist.
reference_missing = Die Anfrage verweist auf etwas, das es nicht gibt.
illegal_transition = Der jetzige Zustand lässt diesen Schritt nicht zu.
immutable = Was unterschrieben, ausgestellt oder protokolliert ist, lässt sich nicht mehr ändern.
patient_number_taken = Diese Nummer ist schon an jemand anderen vergeben.
patient_has_appointments = Für diese Person stehen noch Termine an.
merge_chain = Mit dieser Person wurden schon andere zusammengeführt: Machen Sie das zuerst rückgängig oder führen Sie umgekehrt zusammen.
precondition_failed = Seit der in If-Match genannten Version hat sich etwas geändert.
body_too_large = Der Inhalt der Anfrage ist größer als { $limit } Byte.
unsupported_media_type = Der Inhalt der Anfrage muss vom Typ { $expected } sein.
rate_limited = Zu viele Anfragen: Versuchen Sie es später noch einmal.
database_busy = Der Dienst ist ausgelastet: Versuchen Sie es gleich noch einmal.
internal = Der Fehler liegt bei uns. Unter der Kennung der Anfrage steht er in unserem Protokoll.

## Ungültige Felder: Jeder Satz setzt beim Namen des Feldes fort

invalid = Einige Felder sind nicht gültig.
invalid-body = Der Inhalt der Anfrage ist nicht gültig.
invalid-field = ist nicht gültig
invalid-value = Ein Wert liegt außerhalb des Erlaubten.
required = muss angegeben werden
null = darf nicht null sein
type = muss vom Typ { $expected } sein
unknown_field = ist kein Feld dieser Anfrage
unknown_field-long = enthält ein unbekanntes Feld
not_allowed = muss einer dieser Werte sein: { $allowed }
not_allowed-country = ist kein Land, in dem wir unseren Dienst anbieten
nul = Texte dürfen das Zeichen NUL nicht enthalten.
too_short = muss mindestens { $min ->
    [one] ein Zeichen
   *[other] { $min } Zeichen
} lang sein
too_long = darf höchstens { $max ->
    [one] ein Zeichen
   *[other] { $max } Zeichen
} lang sein
too_many = enthält zu viele Einträge
too_many-words = darf aus höchstens sechs Wörtern bestehen
same_patient = muss jemand anderes sein
range = liegt außerhalb des erlaubten Bereichs
range-birth = muss zwischen 1850-01-01 und heute liegen
range-date = Ein Datum liegt außerhalb des Erlaubten.
idempotency_key_reused = wurde schon mit einer anderen Anfrage verwendet
format-ascii = darf nur aus ASCII-Zeichen bestehen
format-blank = darf nicht leer sein
format-control = darf keine Steuerzeichen enthalten
format-country = muss ein Ländercode aus zwei Großbuchstaben sein (ISO 3166-1)
format-date = muss ein Datum sein, JJJJ-MM-TT
format-email = muss eine E-Mail-Adresse sein
format-entity_tags = muss * sein oder aus Entity-Tags bestehen, zum Beispiel "3"
format-language = muss eine Sprache sein, zum Beispiel fr oder fr-BE
format-long = ist zu lang
format-nul = darf das Zeichen NUL nicht enthalten
format-phone = muss eine Telefonnummer in internationaler Schreibweise sein, +49 …
format-short = ist zu kurz
format-time = muss eine Zeitangabe nach RFC 3339 sein
format-time_zone = muss eine Zeitzone der IANA-Datenbank sein
format-uuid = muss eine UUID sein

## Nummern, wie die Länder sie vorgeben

business_number_invalid = ist keine gültige Nummer ({ $name }, zum Beispiel { $example })
vat_number_invalid = ist keine gültige Umsatzsteuernummer ({ $country }, zum Beispiel { $example })
postal_code_invalid = ist keine gültige Postleitzahl ({ $country }, zum Beispiel { $example })
phone_invalid = ist keine gültige Telefonnummer, zum Beispiel { $example }
iban_invalid = ist keine gültige IBAN

## Termine

practitioner_busy = Die behandelnde Fachperson hat zu dieser Zeit schon einen Termin.
patient_busy = Der Patient oder die Patientin hat zu dieser Zeit schon einen Termin.
room_busy = Der Raum ist zu dieser Zeit belegt.
slot_held = Diese Zeit wird gerade von jemandem gebucht.
hold_expired = Die Vormerkung ist abgelaufen oder gilt für eine andere Zeit.
not_bookable = Das lässt sich an diesem Tag nicht buchen.
licence_expired = Die Zulassung ist an diesem Tag abgelaufen.
room_elsewhere = Der Raum gehört zu einem anderen Standort.
range-start = darf höchstens zehn Jahre zurück- und drei Jahre vorausliegen
illegal_transition-appointment = { $status ->
        [scheduled] Der Termin ist geplant
        [confirmed] Der Termin ist bestätigt
        [checked-in] Der Patient oder die Patientin ist da
        [completed] Der Termin ist abgeschlossen
        [cancelled] Der Termin ist abgesagt
        [no-show] Zu dem Termin ist niemand erschienen
       *[other] Der Termin ist { $status }
    }: Dieser Schritt ist nicht möglich.
illegal_transition-early = Der Termin hat noch nicht begonnen.
series_conflict = Einige Tage der Serie sind schon belegt.
until_or_count = entweder dieses Feld oder count ist erforderlich
range-series = muss innerhalb von zwei Jahren nach dem ersten Tag liegen, nach höchstens 104 Terminen

## Team und Einladungen

admins_only = Das darf bei Administratoren nur ein Administrator.
own_role = Niemand ändert die eigene Rolle.
last_admin = Eine Praxis braucht einen Administrator: Ernennen Sie zuerst jemand anderen.
no_seat = Alle Plätze des Abonnements sind belegt, durch das Team oder durch offene Einladungen.
already_invited = Für diese Adresse ist eine Einladung offen: Senden Sie sie erneut oder ziehen Sie sie zurück.
already_member = Sie arbeiten bereits in dieser Praxis.
already_member-address = Wer diese Adresse hat, arbeitet bereits hier.
clinic_not_active = Die Praxis ist nicht aktiv.
clinic_not_suspended = Die Praxis ist nicht gesperrt.
no_isolation_report = Es wurde noch kein Isolationsbericht aufbewahrt: `medicalpro verify --keep` bewahrt einen auf.
platform_account = Wer die Plattform betreibt, arbeitet in keiner Praxis: Verwenden Sie eine andere Adresse.
account_deactivated = Das Konto dieser Adresse ist deaktiviert.
practitioner_exists = Diese Person ist bereits als behandelnde Fachperson eingetragen.
registration_number_taken = Eine andere behandelnde Fachperson hat diese Nummer.
missing-password = wird verlangt: das Passwort, mit dem Sie sich anmelden
member_deactivated = Diese Person arbeitet nicht mehr hier.
missing-account = ist erforderlich: Diese Adresse hat noch kein Konto
missing-name = steht noch nicht im Konto der Person
format-color = muss eine Farbe in kleingeschriebenem Hexadezimal sein, etwa #2e7d32

## Die Praxis, ihre Standorte und Schließtage

overlap = darf sich nicht mit anderen Zeiten desselben Wochentags überschneiden
unknown_subdivision = ist kein Teil des Landes der Praxis, dessen Feiertage bekannt sind
range-holidays = muss auf dem ersten Tag oder höchstens drei Jahre später liegen
facility_has_appointments = Am Standort stehen noch Termine bevor.
facility_has_hours = Am Standort haben behandelnde Fachpersonen Sprechzeiten.
facility_has_practitioners = Am Standort arbeiten überwiegend behandelnde Fachpersonen.
facility_has_rooms = Der Standort hat Räume: Löschen Sie diese zuerst.
room_has_appointments = Im Raum stehen noch Termine bevor.
room_name_taken = Ein anderer Raum des Standorts hat diesen Namen.
## Dateien

malformed_csv = Die Datei ist nicht in UTF-8 kodiert.
malformed_csv-header = Die Datei hat keine Kopfzeile.
too_many-lines = darf höchstens { $max } Zeilen haben
more = Nicht aufgeführt: { $count } weitere Felder.
cells = hat nicht so viele Zellen wie die Kopfzeile
duplicate_column = steht zweimal in der Kopfzeile
unknown_column = ist keine bekannte Spalte
duplicate = wiederholt Zeile { $line }

## Behandelnde Fachpersonen, ihre Zeiten, der Kalender

practitioner_has_appointments = Für die behandelnde Fachperson stehen noch Termine an.
hours_overlap = Die behandelnde Fachperson hat zu dieser Zeit der Woche schon andere Zeiten.
required-kind = muss bei dieser Art angegeben werden
required-range = muss neben dem anderen Ende des Zeitraums angegeben werden
not_allowed-weekly = gilt nur für wöchentliche Zeiten
range-ends = muss nach dem Beginn liegen
range-days = darf nicht vor dem ersten Tag liegen
range-many = muss innerhalb von { $most } Tagen ab dem ersten liegen
too_many-appointments = Im Zeitraum liegen mehr als 5000 Termine: Fragen Sie nach weniger Tagen oder nach einer behandelnden Fachperson
format-clock = muss eine Uhrzeit sein, HH:MM
## Katalog, Leistungen und Kostenvoranschläge

category_name_taken = Eine Kategorie daneben heißt bereits so.
category_ring = ist die Kategorie selbst oder liegt in ihr
category_too_deep = liegt zu tief: Kategorien haben höchstens acht Ebenen
category_in_use = Die Kategorie enthält andere Kategorien oder Produkte.
product_code_taken = Ein anderes Produkt hat diesen Code bereits.
not_a_service = gibt es nur bei Leistungen
tax_category_unknown = ist keine Steuerkategorie im Land der Praxis
product_decides = gibt das Produkt vor: bitte weglassen
required-product = ist ohne Produkt erforderlich
product_not_offered = Das Produkt wird am Tag des Termins nicht angeboten.
nothing_accepted = Es ist nichts angenommen, was nicht schon in einem Kostenvoranschlag steht.
quote_too_large = Was angenommen ist, übersteigt, was ein Kostenvoranschlag fassen kann.
format-quantity = muss eine Zahl über 0 mit höchstens drei Nachkommastellen sein

## Konten, Passwörter und zweiter Faktor

format-code = muss sechs Ziffern haben oder ein Wiederherstellungscode sein
email_taken-change = Die neue Adresse hat inzwischen ein eigenes Konto: Die Änderung ist beendet.
email_unchanged = ist bereits Ihre Adresse
password_wrong = ist nicht Ihr Passwort
password_changed = Das Passwort wurde inzwischen geändert.
second_factor_enrolment_required = Die Praxis verlangt einen zweiten Faktor: Beginnen Sie mit POST /api/v1/auth/totp.
second_factor_enrolment_required-own = Wer einen zweiten Faktor verlangt, braucht zuerst selbst einen.
second_factor_enrolment_required-platform = Die Plattform verlangt einen zweiten Faktor: Beginnen Sie mit POST /api/v1/auth/totp.
password_common = ist eines der häufigsten Passwörter: Wählen Sie ein anderes
password_contains_name = ist aus Ihrem Namen, Ihrer Adresse oder denen der Praxis zu leicht zu erraten: Fügen Sie einige Wörter hinzu, die nichts damit zu tun haben
password_too_weak = ist zu leicht zu erraten: Fügen Sie ein oder zwei seltene Wörter hinzu
password_too_weak-dates = ist zu leicht zu erraten: Daten und Jahre werden zuerst versucht; verwenden Sie einige seltene Wörter
password_too_weak-names = ist zu leicht zu erraten: Namen werden zuerst versucht; fügen Sie einige seltene Wörter hinzu
password_too_weak-repetition = ist zu leicht zu erraten: Wiederholungen bringen wenig; verwenden Sie einige seltene Wörter
password_too_weak-keys = ist zu leicht zu erraten: Tastenreihen werden zuerst versucht; verwenden Sie einige seltene Wörter
password_too_weak-sequences = ist zu leicht zu erraten: Folgen wie abc oder 6543 werden zuerst versucht; verwenden Sie einige seltene Wörter
code_invalid = Der Code ist falsch oder wurde schon benutzt.
code_invalid-field = ist falsch oder wurde schon benutzt
code_required = Der Code des zweiten Faktors wird benötigt.
totp_not_begun = Beginnen Sie zuerst mit einem zweiten Faktor.
totp_enabled = Sie haben schon einen zweiten Faktor: Schalten Sie ihn zuerst ab.
totp_not_enabled = Sie haben keinen zweiten Faktor.
last_admin-own = Sie verwalten eine Praxis als Einzige: Ernennen Sie zuerst jemand anderen.

## Links von Patienten

link_used = Dieser Link wurde schon benutzt.
too_late_to_cancel = Für eine Absage auf diesem Weg ist es zu spät: Bitte rufen Sie die Praxis an.
## Freie Zeiten und Vormerkungen

slot_taken = Diese Zeit ist bereits gebucht.
too_many_holds = Sie halten bereits 20 Zeiten frei: Buchen Sie zuerst eine oder geben Sie eine frei.
range-starts = muss in der Zukunft liegen, höchstens drei Jahre voraus
