# Italiano (Lei). Le chiavi sono quelle di en.ftl.

## Che cosa dicono gli stati

title-400 = Richiesta non corretta
title-401 = Autenticazione richiesta
title-403 = Accesso negato
title-404 = Non trovato
title-405 = Metodo non consentito
title-409 = Conflitto
title-412 = Precondizione non soddisfatta
title-413 = Contenuto troppo grande
title-415 = Tipo di contenuto non supportato
title-422 = Dati non validi
title-429 = Troppe richieste
title-500 = Errore interno del server
title-503 = Servizio non disponibile

## Le richieste illeggibili

bad_request = La richiesta non è leggibile.
bad_request-host = L’intestazione Host compare più di una volta.
bad_request-header = L’intestazione { $name } compare più di una volta.
malformed_query = I parametri dell’indirizzo non sono in UTF-8.
malformed_json = Il corpo della richiesta non è JSON valido in UTF-8.
duplicate_key = Un oggetto contiene due volte la stessa chiave.
json_too_deep = Il corpo della richiesta ha più di 64 livelli di annidamento.
incomplete_body = Non è stato possibile leggere il corpo della richiesta.
invalid_cursor = Questo cursore non proviene da questo elenco.

## Chi chiede

unauthenticated = È richiesto un token di accesso.
token_invalid = Il token di accesso non è valido.
token_invalid-field = non è valido, è già stato usato o è scaduto
token_expired = Il token di accesso è scaduto.
token_outdated = Il ruolo è cambiato: rinnovi il token.
session_ended = La sessione è terminata.
refresh_token_invalid = Il token di rinnovo non è valido.
credentials_invalid = L’indirizzo o la password non sono corretti.
email_not_verified = L’indirizzo e-mail non è ancora confermato.
no_such_membership = Lei non lavora in questo studio.
clinic_suspended = Lo studio è sospeso.
forbidden = Il Suo ruolo non consente questa operazione.

## Che cosa c’è e che cosa è in conflitto

not_found = Qui non c’è nulla.
method_not_allowed = Questo indirizzo non prevede questo metodo; Allow indica quelli previsti.
email_taken = Esiste già un account con questo indirizzo e-mail.
company_email_taken = Esiste già uno studio con questo indirizzo e-mail.
request_in_progress = Una richiesta con questa chiave è in corso di elaborazione.
conflict = Ciò è in conflitto con quanto già registrato.
reference_missing = La richiesta rinvia a qualcosa che non esiste.
illegal_transition = Lo stato attuale dell’elemento non consente questo passaggio.
immutable = Ciò che è firmato, emesso o registrato nel giornale non può essere modificato.
patient_number_taken = Un altro paziente ha già questo numero.
patient_has_appointments = Il paziente ha ancora appuntamenti in programma.
merge_chain = Altre schede sono state unite a questo paziente: annullare prima quell’unione o unire nel senso opposto.
precondition_failed = L’elemento è cambiato dopo la versione indicata in If-Match.
body_too_large = Il corpo della richiesta supera i { $limit } byte.
unsupported_media_type = Il corpo della richiesta deve essere { $expected }.
rate_limited = Troppe richieste: riprovi più tardi.
database_busy = Il servizio è occupato: riprovi tra un momento.
internal = L’errore è nostro. L’identificativo della richiesta permette di ritrovarlo nel nostro registro.

## Campi non validi: ogni frase segue il nome del campo

invalid = Alcuni campi non sono validi.
invalid-body = Il corpo della richiesta non è valido.
invalid-field = non è valido
invalid-value = Un valore è fuori dai limiti consentiti.
required = è obbligatorio
null = non può essere nullo
type = deve essere di tipo { $expected }
unknown_field = non è un campo di questa richiesta
unknown_field-long = contiene un campo sconosciuto
not_allowed = deve essere uno di questi valori: { $allowed }
not_allowed-country = non è un Paese in cui offriamo il servizio
nul = I testi non possono contenere il carattere NUL.
too_short = deve avere almeno { $min ->
    [one] un carattere
   *[other] { $min } caratteri
}
too_long = può avere al massimo { $max ->
    [one] un carattere
   *[other] { $max } caratteri
}
too_many = contiene troppi elementi
too_many-words = può avere al massimo sei parole
same_patient = deve essere un altro paziente
range = è fuori dall’intervallo consentito
range-birth = deve essere compreso tra 1850-01-01 e oggi
range-date = Una data è fuori dai limiti consentiti.
idempotency_key_reused = è già stato usato con un’altra richiesta
format-ascii = deve contenere solo caratteri ASCII
format-blank = non può essere vuoto
format-control = non può contenere caratteri di controllo
format-country = deve essere il codice di un Paese in due lettere maiuscole (ISO 3166-1)
format-date = deve essere una data, AAAA-MM-GG
format-email = deve essere un indirizzo e-mail
format-entity_tags = deve essere * o un elenco di entity tag, ad esempio "3"
format-language = deve essere una lingua, ad esempio fr o fr-BE
format-long = è troppo lungo
format-nul = non può contenere il carattere NUL
format-phone = deve essere un numero di telefono in formato internazionale, +39 …
format-short = è troppo corto
format-time = deve essere una data con ora secondo la RFC 3339
format-time_zone = deve essere un fuso orario della banca dati IANA
format-uuid = deve essere un UUID

## I numeri stabiliti dai Paesi

business_number_invalid = non è un numero valido ({ $name }, ad esempio { $example })
vat_number_invalid = non è un numero IVA valido ({ $country }, ad esempio { $example })
postal_code_invalid = non è un codice postale valido ({ $country }, ad esempio { $example })
phone_invalid = non è un numero di telefono valido, ad esempio { $example }
iban_invalid = non è un IBAN valido

## Gli appuntamenti

practitioner_busy = Il professionista ha già un altro appuntamento a quest’ora.
patient_busy = Il paziente ha già un altro appuntamento a quest’ora.
room_busy = La stanza è occupata a quest’ora.
slot_held = Qualcuno sta prenotando questo orario.
hold_expired = La prenotazione provvisoria è scaduta o riguarda un altro orario.
not_bookable = Non è prenotabile per quel giorno.
licence_expired = L’abilitazione del professionista sarà scaduta in quel giorno.
room_elsewhere = La stanza appartiene a un’altra sede.
range-start = non deve risalire a più di dieci anni fa né superare i tre anni da oggi
illegal_transition-appointment = { $status ->
        [scheduled] L’appuntamento è fissato
        [confirmed] L’appuntamento è confermato
        [checked-in] Il paziente è arrivato
        [completed] L’appuntamento è concluso
        [cancelled] L’appuntamento è annullato
        [no-show] Il paziente non si è presentato
       *[other] L’appuntamento è { $status }
    }: questo passaggio non è possibile.
illegal_transition-early = L’appuntamento non è ancora iniziato.
series_conflict = Alcuni giorni della serie sono già occupati.
until_or_count = è obbligatorio questo campo oppure count
range-series = deve trovarsi entro due anni dal primo giorno, dopo 104 appuntamenti al massimo

## Il personale e gli inviti

admins_only = Solo un amministratore può farlo per un amministratore.
own_role = Nessuno modifica il proprio ruolo.
last_admin = Lo studio ha bisogno di un amministratore: nomini prima qualcun altro.
no_seat = Tutti i posti dell’abbonamento sono occupati, dal personale o da inviti in sospeso.
already_invited = C’è già un invito in sospeso a questo indirizzo: lo invii di nuovo o lo ritiri.
already_member = Lei lavora già in questo studio.
already_member-address = Chi ha questo indirizzo lavora già qui.
clinic_not_active = Lo studio non è attivo.
clinic_not_suspended = Lo studio non è sospeso.
no_isolation_report = Non è ancora stato conservato alcun rapporto di isolamento: `medicalpro verify --keep` ne conserva uno.
platform_account = Chi gestisce la piattaforma non lavora in alcuno studio: usi un altro indirizzo.
account_deactivated = L’account di questo indirizzo è disattivato.
practitioner_exists = Questa persona è già registrata come medico.
registration_number_taken = Un altro medico ha questo numero.
missing-password = è obbligatoria: la password con cui accede
member_deactivated = Questa persona non lavora più qui.
missing-account = è obbligatorio: questo indirizzo non ha ancora un account
missing-name = non figura ancora nell’account della persona
format-color = deve essere un colore in esadecimale minuscolo, come #2e7d32

## Lo studio, le sue sedi e i giorni di chiusura

overlap = non deve sovrapporsi ad altri orari dello stesso giorno della settimana
unknown_subdivision = non è una parte del paese dello studio di cui siano noti i giorni festivi
range-holidays = deve essere il primo giorno o al massimo tre anni dopo
facility_has_appointments = La sede ha ancora appuntamenti in programma.
facility_has_hours = Alcuni professionisti hanno orari in questa sede.
facility_has_practitioners = Alcuni professionisti lavorano principalmente in questa sede.
facility_has_rooms = La sede ha delle sale: le elimini prima.
room_has_appointments = La sala ha ancora appuntamenti in programma.
room_name_taken = Un’altra sala della sede ha questo nome.
## I file

malformed_csv = Il file non è in UTF-8.
malformed_csv-header = Il file non ha una riga di intestazione.
too_many-lines = deve avere al massimo { $max } righe
more = Non elencati: altri { $count } campi.
cells = non ha tante celle quante l’intestazione
duplicate_column = compare due volte nell’intestazione
unknown_column = non è una colonna nota
duplicate = ripete il paziente della riga { $line }

## I medici, i loro orari, l’agenda

practitioner_has_appointments = Il medico ha ancora appuntamenti in programma.
hours_overlap = Il medico ha già altri orari in questo momento della settimana.
required-kind = è obbligatorio per questo tipo di orario
required-range = è obbligatorio accanto all’altro estremo del periodo
not_allowed-weekly = vale solo per gli orari settimanali
range-ends = deve essere successivo all’inizio
range-days = non deve precedere il primo giorno
range-many = deve rientrare nei { $most } giorni a partire dal primo
too_many-appointments = Il periodo conta più di 5000 appuntamenti: chieda meno giorni o un solo professionista
format-clock = deve essere un orario, HH:MM
## Il catalogo, le prestazioni e i preventivi

category_name_taken = Un’altra categoria allo stesso livello ha già questo nome.
category_ring = è la categoria stessa o si trova al suo interno
category_too_deep = si trova troppo in basso: le categorie hanno al massimo otto livelli
category_in_use = La categoria contiene altre categorie o prodotti.
product_code_taken = Un altro prodotto ha già questo codice.
not_a_service = è solo per i servizi
tax_category_unknown = non è una categoria fiscale del Paese dello studio
product_decides = è stabilito dal prodotto: non va indicato
required-product = è obbligatorio se manca il prodotto
product_not_offered = Il prodotto non è offerto il giorno dell’appuntamento.
nothing_accepted = Il paziente non ha accettato nulla che non sia già in un preventivo.
quote_too_large = Quanto il paziente ha accettato supera ciò che un preventivo può contenere.
format-quantity = deve essere un numero maggiore di 0 con al massimo tre decimali

## Account, password e secondo fattore

format-code = deve essere di sei cifre o un codice di recupero
email_taken-change = Il nuovo indirizzo ha nel frattempo un proprio account: il cambio è annullato.
email_unchanged = è già il Suo indirizzo
password_wrong = non è la Sua password
password_changed = Nel frattempo la password è stata cambiata.
second_factor_enrolment_required = Lo studio richiede un secondo fattore: cominci con POST /api/v1/auth/totp.
second_factor_enrolment_required-own = Chi richiede un secondo fattore deve prima averne uno.
second_factor_enrolment_required-platform = La piattaforma richiede un secondo fattore: cominci con POST /api/v1/auth/totp.
password_common = è una delle password più comuni: ne scelga un’altra
password_contains_name = è troppo facile da indovinare dal nome o dall’indirizzo Suo o dello studio: aggiunga alcune parole che non c’entrano
password_too_weak = è troppo facile da indovinare: aggiunga una o due parole poco comuni
password_too_weak-dates = è troppo facile da indovinare: le date e gli anni si provano per primi; usi alcune parole poco comuni
password_too_weak-names = è troppo facile da indovinare: i nomi si provano per primi; aggiunga alcune parole poco comuni
password_too_weak-repetition = è troppo facile da indovinare: le ripetizioni aggiungono poco; usi alcune parole poco comuni
password_too_weak-keys = è troppo facile da indovinare: le file di tasti si provano per prime; usi alcune parole poco comuni
password_too_weak-sequences = è troppo facile da indovinare: le sequenze come abc o 6543 si provano per prime; usi alcune parole poco comuni
code_invalid = Il codice è errato o è già stato usato.
code_invalid-field = è errato o è già stato usato
code_required = È necessario il codice del secondo fattore.
totp_not_begun = Cominci prima con un secondo fattore.
totp_enabled = Ha già un secondo fattore: prima lo disattivi.
totp_not_enabled = Non ha un secondo fattore.
last_admin-own = È l’unica persona che amministra uno studio: ne nomini prima un’altra.

## Link dei pazienti

link_used = Questo link è già stato usato.
too_late_to_cancel = È troppo tardi per annullare l’appuntamento qui: chiamare lo studio.
## Orari liberi e prenotazioni provvisorie

slot_taken = Questo orario è già prenotato.
too_many_holds = Lei trattiene già 20 orari: ne prenoti o ne liberi prima uno.
range-starts = deve essere nel futuro, entro tre anni
