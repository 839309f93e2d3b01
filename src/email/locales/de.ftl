# Deutsch (Sie). Nach der Anrede mit Komma geht es klein weiter. Ohne Eszett, damit es auch in der Schweiz stimmt.

direction = ltr

## Datum, Uhrzeit und Beträge

dates = de-{ $region }
amounts = de-{ $region }
day = { $weekday }, { $date }
moment = { $day }, { $time } Uhr
moment-zoned = { $moment } ({ $zone })
money = { $region ->
    [CH] { $code }{ "\u00A0" }{ $sign }{ $amount }
   *[other] { $code ->
        [EUR] { $sign }{ $amount }{ "\u00A0" }€
        [GBP] { $sign }{ $amount }{ "\u00A0" }£
       *[other] { $sign }{ $amount }{ "\u00A0" }{ $code }
    }
}
minutes = { $count ->
    [one] eine Minute
   *[other] { $count } Minuten
}

## Was die Nachrichten gemeinsam haben

greeting = Guten Tag { $name },
greeting-unnamed = Guten Tag,
fact = { $label }: { $value }
link-hint = Falls die Schaltfläche nicht funktioniert, kopieren Sie bitte diesen Link in Ihren Browser:
signature = Ihr MedicalPro-Team
automatic = Diese Nachricht wurde automatisch versandt. Bitte antworten Sie nicht darauf.
automatic-clinic = Diese Nachricht wurde automatisch im Auftrag von { $clinic } versandt. Bitte antworten Sie nicht darauf.
valid-minutes = Der Link ist { $count ->
    [one] eine Minute
   *[other] { $count } Minuten
} gültig und funktioniert nur einmal.
valid-hours = Der Link ist { $count ->
    [one] eine Stunde
   *[other] { $count } Stunden
} gültig und funktioniert nur einmal.
valid-days = Der Link ist { $count ->
    [one] einen Tag
   *[other] { $count } Tage
} gültig und funktioniert nur einmal.
personal-link = Dieser Link ist nur für Sie bestimmt: Bitte geben Sie ihn nicht weiter.
security-known = Falls Sie das waren, brauchen Sie nichts zu tun.
security-unknown = Falls Sie das nicht waren, legen Sie bitte umgehend über „Passwort vergessen“ auf der Anmeldeseite ein anderes Passwort fest und informieren Sie die Person, die die Konten Ihrer Praxis verwaltet.

## Was vor einer Angabe steht

label-when = Datum und Uhrzeit
label-practitioner = Bei
label-duration = Dauer
label-place = Ort
label-phone = Telefon
label-device = Gerät
label-network = Netzwerk
label-role = Ihre Rolle
label-new-email = Neue Adresse
label-consent = Einwilligung
label-valid-until = Gültig bis
label-number = Nummer
label-total = Gesamtbetrag

## Was man in einer Praxis tut

role-admin = Verwaltung der Konten
role-manager = Praxisleitung
role-practitioner = Behandelnde Fachperson
role-nurse = Pflegefachperson
role-secretary = Empfang
role-readonly = Nur Lesezugriff

## Bestätigung der Adresse

verification-subject = Bestätigen Sie Ihre E-Mail-Adresse für { $clinic }
verification-intro = vielen Dank, dass Sie „{ $clinic }“ bei MedicalPro registriert haben. Es fehlt nur noch ein Schritt: Bitte bestätigen Sie, dass diese E-Mail-Adresse Ihnen gehört. Dann ist Ihr Konto bereit.
verification-button = Meine Adresse bestätigen
verification-ignore = Falls Sie sich nicht bei MedicalPro registriert haben, ignorieren Sie bitte diese Nachricht: Ohne Ihre Bestätigung bleibt das Konto geschlossen.

## Passwort vergessen

password-reset-subject = Legen Sie ein neues Passwort fest
password-reset-intro = für Ihr MedicalPro-Konto wurde ein neues Passwort angefordert. Falls Sie das waren, legen Sie es jetzt fest: Sie werden dann überall sonst abgemeldet.
password-reset-button = Neues Passwort festlegen
password-reset-ignore = Falls Sie das nicht waren, ignorieren Sie bitte diese Nachricht: Ihr Passwort bleibt, wie es ist.

## Passwort geändert

password-changed-subject = Ihr Passwort wurde geändert
password-changed-intro = das Passwort Ihres MedicalPro-Kontos wurde geändert.

## Anmeldung mit einem unbekannten Gerät

new-device-subject = Neue Anmeldung in Ihrem Konto
new-device-intro = in Ihrem MedicalPro-Konto hat sich jemand mit einem Gerät angemeldet, das wir noch nicht kannten.

## Einladung

invitation-subject = Einladung zu { $clinic }
invitation-intro = { $inviter } lädt Sie ein, bei „{ $clinic }“ auf MedicalPro mitzuarbeiten.
invitation-intro-unnamed = Sie sind eingeladen, bei „{ $clinic }“ auf MedicalPro mitzuarbeiten.
invitation-button = Einladung annehmen
invitation-ignore = Falls Sie diese Praxis nicht kennen, ignorieren Sie bitte diese Nachricht: Ohne Ihre Zustimmung geschieht nichts.

## Die Praxis ist bereit

welcome-subject = Willkommen bei MedicalPro
welcome-intro = Ihre Adresse ist bestätigt, und „{ $clinic }“ steht für Sie bereit.
welcome-button = Anmelden
welcome-next = Ein guter Anfang: Vervollständigen Sie die Angaben zu Ihrer Praxis und laden Sie dann Ihr Team ein.

## Die Praxis ist gesperrt

suspended-subject = Der Zugang zu { $clinic } ist gesperrt
suspended-intro = der Zugang zu „{ $clinic }“ auf MedicalPro wurde gesperrt: Vorerst kann sich dort niemand anmelden.
suspended-kept = Von Ihren Daten wurde nichts gelöscht.
suspended-contact = Um den Zugang wiederherzustellen oder falls Sie einen Irrtum vermuten, wenden Sie sich bitte an den Support von MedicalPro.

## Änderung der Adresse: an die bisherige

email-change-old-subject = Stimmen Sie Ihrer neuen E-Mail-Adresse zu
email-change-old-intro = für Ihr MedicalPro-Konto wurde eine andere E-Mail-Adresse angegeben. Die Änderung gilt, sobald sie von beiden Adressen aus bestätigt ist.
email-change-old-button = Der Änderung zustimmen
email-change-old-ignore = Falls Sie das nicht waren, stimmen Sie nicht zu: Ihre Adresse bleibt dann, wie sie ist. Legen Sie bitte auch ein anderes Passwort fest, denn jemand scheint Ihr Konto zu benutzen.

## Änderung der Adresse: an die neue

email-change-new-subject = Bestätigen Sie Ihre neue E-Mail-Adresse
email-change-new-intro = diese E-Mail-Adresse soll künftig zu einem MedicalPro-Konto gehören. Bitte bestätigen Sie, dass sie Ihnen gehört.
email-change-new-button = Diese Adresse bestätigen
email-change-new-ignore = Falls Sie das nicht angefordert haben, ignorieren Sie bitte diese Nachricht: Ohne Ihre Bestätigung ändert sich nichts.

## Adresse geändert: an die bisherige

email-changed-subject = Ihre E-Mail-Adresse wurde geändert
email-changed-intro = Ihr MedicalPro-Konto hat eine neue E-Mail-Adresse. Mit dieser hier können Sie sich nicht mehr anmelden.
email-changed-unknown = Falls Sie das nicht waren, wenden Sie sich bitte umgehend an den Support von MedicalPro.

## Termine

appointment-confirmation-subject = Ihr Termin am { $moment }
appointment-confirmation-intro = Ihr Termin bei „{ $clinic }“ ist gebucht.
appointment-confirmation-button = Meinen Termin ansehen
appointment-confirmation-note = Falls Sie verhindert sind, geben Sie uns bitte so früh wie möglich Bescheid.
appointment-reminder-subject = Erinnerung: Ihr Termin am { $moment }
appointment-reminder-intro = wir erinnern Sie an Ihren Termin bei „{ $clinic }“.
appointment-reminder-button = Meinen Termin ansehen
appointment-reminder-note = Falls Sie verhindert sind, geben Sie uns bitte so früh wie möglich Bescheid.
appointment-cancellation-subject = Abgesagt: Ihr Termin am { $moment }
appointment-cancellation-intro = Ihr Termin bei „{ $clinic }“ wurde abgesagt. Er findet nicht statt.
appointment-cancellation-button = Einzelheiten ansehen
appointment-cancellation-note = Wenn Sie einen anderen Termin wünschen, melden Sie sich bitte bei uns.
appointment-answer = Über die Schaltfläche sagen Sie zu oder ab.

## Einwilligung zum Unterschreiben

consent-to-sign-subject = Eine Einwilligung wartet auf Ihre Unterschrift
consent-to-sign-intro = „{ $clinic }“ bittet Sie, eine Einwilligung zu lesen und, falls Sie einverstanden sind, zu unterschreiben.
consent-to-sign-button = Lesen und unterschreiben
consent-to-sign-note = Falls Sie Fragen haben, stellen Sie sie uns bitte vor dem Unterschreiben.

## Dokument

document-sent-subject = { $kind ->
    [quote] Ihr Kostenvoranschlag { $number }
    [credit_note] Ihre Rechnungskorrektur { $number }
   *[invoice] Ihre Rechnung { $number }
}
document-sent-intro = { $kind ->
    [quote] „{ $clinic }“ sendet Ihnen einen Kostenvoranschlag.
    [credit_note] „{ $clinic }“ sendet Ihnen eine Rechnungskorrektur.
   *[invoice] „{ $clinic }“ sendet Ihnen eine Rechnung.
}
document-sent-button = { $kind ->
    [quote] Kostenvoranschlag ansehen
    [credit_note] Rechnungskorrektur ansehen
   *[invoice] Rechnung ansehen
}
document-sent-note = Wenn etwas unklar ist, melden Sie sich bitte bei uns.

## Die Seite hinter dem Link der Bestätigung

verify-page-title = Bestätigen Sie Ihre E-Mail-Adresse
verify-page-intro = Ein Klick, und Ihr Konto ist bereit.
verify-page-button = Bestätigen
verify-page-done = Vielen Dank: Ihre E-Mail-Adresse ist bestätigt. Sie können sich jetzt anmelden.
verify-page-failed = Dieser Link ist nicht mehr gültig: Er wurde bereits verwendet oder ist abgelaufen. Sie können einen neuen anfordern.

## Die Seiten hinter den Links der Nachrichten

page-no-script = Diese Seite braucht JavaScript, um Ihre Antwort zu senden.
page-password = Neues Passwort
page-password-known = Ihr Passwort
page-password-hint = Mindestens 12 Zeichen; einige Wörter ohne Zusammenhang ergeben ein gutes Passwort.
page-first-name = Vorname
page-last-name = Nachname
page-terms = Ich akzeptiere die Nutzungsbedingungen.
reset-page-title = Neues Passwort wählen
reset-page-intro = Alle angemeldeten Geräte müssen sich danach neu anmelden.
reset-page-button = Passwort speichern
reset-page-done = Ihr Passwort ist gespeichert. Sie können sich jetzt damit anmelden.
reset-page-failed = Dieser Link ist nicht mehr gültig: Er wurde schon benutzt oder ist abgelaufen. Sie können einen neuen anfordern.
confirm-page-title = Änderung der Adresse bestätigen
confirm-page-intro = Die Adresse ändert sich, sobald beide Postfächer zugestimmt haben.
confirm-page-button = Bestätigen
confirm-page-done = Vielen Dank: Ihr Konto hat seine neue Adresse. Bitte melden Sie sich mit ihr an.
confirm-page-waiting = Vielen Dank. Auch das andere Postfach hat eine Nachricht: Die Adresse ändert sich, sobald sie dort bestätigt ist.
confirm-page-failed = Dieser Link ist nicht mehr gültig: Er wurde schon benutzt, ist abgelaufen, oder die Adresse ist nicht frei.
invitation-page-title = Ihrem Team beitreten
invitation-page-intro = Sie wurden eingeladen, hier zu arbeiten:
invitation-page-button = Einladung annehmen
invitation-page-done = Willkommen! Sie können sich jetzt anmelden.
invitation-page-failed = Diese Einladung ist nicht mehr gültig: Sie wurde schon benutzt, ist abgelaufen oder wurde zurückgezogen. Bitten Sie die einladende Person um eine neue.

## Die Seite hinter dem Link eines Termins, und der Kalender, den behandelnde Fachpersonen abonnieren

appointment-page-clinic = Praxis
appointment-page-title = Ihr Termin
appointment-page-no-script = Diese Seite braucht JavaScript, um Ihren Termin zu zeigen und Ihre Antwort zu senden: Schalten Sie es ein oder rufen Sie die Praxis an.
appointment-page-intro = Werden Sie kommen? Die Praxis erfährt Ihre Antwort.
appointment-page-loading = Einen Moment …
appointment-page-confirm = Ich komme
appointment-page-cancel = Termin absagen
appointment-page-sure = Möchten Sie diesen Termin wirklich absagen?
appointment-page-sure-yes = Ja, absagen
appointment-page-sure-no = Nein, behalten
appointment-page-confirmed = Vielen Dank: Ihr Termin ist bestätigt.
appointment-page-cancelled = Ihr Termin ist abgesagt. Er findet nicht statt.
appointment-page-late = Für eine Absage auf diesem Weg ist es zu spät: Bitte rufen Sie die Praxis an.
appointment-page-used = Sie haben über diesen Link schon geantwortet.
appointment-page-failed = Dieser Link ist nicht gültig: Er ist unvollständig, oder der Termin ist vorbei, wurde verlegt oder abgesagt. Bitte wenden Sie sich an die Praxis.
appointment-page-retry = Das hat nicht geklappt. Bitte versuchen Sie es gleich noch einmal.
appointment-page-again = Noch einmal versuchen
appointment-page-call = Wenn Sie nicht kommen können, rufen Sie bitte die Praxis an.
calendar-name = Termine
calendar-event = Termin
