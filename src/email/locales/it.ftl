# Italiano (Lei, con le maiuscole di cortesia). Dopo il saluto e la virgola si continua con la minuscola.

direction = ltr

## Date, ore e importi

dates = it-{ $region }
amounts = it-{ $region }
day = { $weekday } { $date }
moment = { $day }, ore { $time }
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
    [one] un minuto
   *[other] { $count } minuti
}

## Ciò che i messaggi hanno in comune

greeting = Gentile { $name },
greeting-unnamed = Buongiorno,
fact = { $label }: { $value }
link-hint = Se il pulsante non funziona, copi questo link nel Suo browser:
signature = Il team di MedicalPro
automatic = Questo messaggio è stato inviato automaticamente. La preghiamo di non rispondere.
automatic-clinic = Questo messaggio è stato inviato automaticamente per conto di { $clinic }. La preghiamo di non rispondere.
valid-minutes = Il link è valido per { $count ->
    [one] un minuto
   *[other] { $count } minuti
} e funziona una sola volta.
valid-hours = Il link è valido per { $count ->
    [one] un’ora
   *[other] { $count } ore
} e funziona una sola volta.
valid-days = Il link è valido per { $count ->
    [one] un giorno
   *[other] { $count } giorni
} e funziona una sola volta.
personal-link = Questo link è personale: non lo inoltri a nessuno.
security-known = Se è stato Lei, non deve fare nulla.
security-unknown = Se non è stato Lei, scelga subito un’altra password con «Password dimenticata» nella pagina di accesso e avvisi chi gestisce gli account del Suo studio.

## Ciò che precede un dato

label-when = Data e ora
label-practitioner = Con
label-duration = Durata
label-place = Luogo
label-phone = Telefono
label-device = Dispositivo
label-network = Rete
label-role = Il Suo ruolo
label-new-email = Nuovo indirizzo
label-consent = Consenso
label-valid-until = Valido fino a
label-number = Numero
label-total = Importo totale

## Ciò che si fa in uno studio

role-admin = Amministrazione
role-manager = Gestione dello studio
role-practitioner = Professionista sanitario
role-nurse = Infermiere o infermiera
role-secretary = Segreteria
role-readonly = Sola lettura

## Verifica dell’indirizzo

verification-subject = Confermi il Suo indirizzo e-mail per { $clinic }
verification-intro = grazie per aver registrato «{ $clinic }» su MedicalPro. Manca un solo passo: confermi che questo indirizzo e-mail è Suo e il Suo account sarà pronto.
verification-button = Confermare il mio indirizzo
verification-ignore = Se non si è registrato su MedicalPro, ignori questo messaggio: senza la Sua conferma l’account resta chiuso.

## Password dimenticata

password-reset-subject = Scelga una nuova password
password-reset-intro = è stata richiesta una nuova password per il Suo account MedicalPro. Se è stato Lei, la scelga ora: tutte le Sue altre sessioni verranno chiuse.
password-reset-button = Scegliere una password
password-reset-ignore = Se non è stato Lei, ignori questo messaggio: la Sua password resta invariata.

## Password modificata

password-changed-subject = La Sua password è stata modificata
password-changed-intro = la password del Suo account MedicalPro è stata modificata.

## Accesso da un dispositivo sconosciuto

new-device-subject = Nuovo accesso al Suo account
new-device-intro = è stato effettuato un accesso al Suo account MedicalPro da un dispositivo che non conoscevamo.

## Invito

invitation-subject = Invito a collaborare con { $clinic }
invitation-intro = { $inviter } La invita a collaborare con «{ $clinic }» su MedicalPro.
invitation-intro-unnamed = La invitiamo a collaborare con «{ $clinic }» su MedicalPro.
invitation-button = Accettare l’invito
invitation-ignore = Se non conosce questo studio, ignori questo messaggio: senza il Suo consenso non accadrà nulla.

## Lo studio è pronto

welcome-subject = Le diamo il benvenuto su MedicalPro
welcome-intro = il Suo indirizzo è confermato e «{ $clinic }» è pronto per Lei.
welcome-button = Accedere
welcome-next = Per cominciare bene, completi i dati del Suo studio, poi inviti i Suoi collaboratori.

## Lo studio è sospeso

suspended-subject = L’accesso a { $clinic } è sospeso
suspended-intro = l’accesso a «{ $clinic }» su MedicalPro è stato sospeso: per ora nessuno può accedervi.
suspended-kept = Nessuno dei Suoi dati è stato eliminato.
suspended-contact = Per ripristinare l’accesso, o se ritiene che si tratti di un errore, si rivolga all’assistenza di MedicalPro.

## Cambio di indirizzo: al precedente

email-change-old-subject = Approvi il Suo nuovo indirizzo e-mail
email-change-old-intro = è stato richiesto di cambiare l’indirizzo e-mail del Suo account MedicalPro. Il cambio avrà effetto quando sarà confermato da entrambi gli indirizzi.
email-change-old-button = Approvare il cambio
email-change-old-ignore = Se non è stato Lei, non lo approvi: il Suo indirizzo resterà invariato. Scelga anche un’altra password, perché qualcuno sembra usare il Suo account.

## Cambio di indirizzo: al nuovo

email-change-new-subject = Confermi il Suo nuovo indirizzo e-mail
email-change-new-intro = questo indirizzo e-mail sta per diventare quello di un account MedicalPro. Confermi che è Suo.
email-change-new-button = Confermare questo indirizzo
email-change-new-ignore = Se non l’ha richiesto, ignori questo messaggio: senza la Sua conferma non cambierà nulla.

## Indirizzo cambiato: al precedente

email-changed-subject = Il Suo indirizzo e-mail è stato cambiato
email-changed-intro = il Suo account MedicalPro ha un nuovo indirizzo e-mail. Con questo non è più possibile accedere.
email-changed-unknown = Se non è stato Lei, avvisi subito l’assistenza di MedicalPro.

## Appuntamenti

appointment-confirmation-subject = Il Suo appuntamento di { $moment }
appointment-confirmation-intro = il Suo appuntamento presso «{ $clinic }» è prenotato.
appointment-confirmation-button = Vedere il mio appuntamento
appointment-confirmation-note = Se non può venire, La preghiamo di avvisarci il prima possibile.
appointment-reminder-subject = Promemoria: il Suo appuntamento di { $moment }
appointment-reminder-intro = Le ricordiamo il Suo appuntamento presso «{ $clinic }».
appointment-reminder-button = Vedere il mio appuntamento
appointment-reminder-note = Se non può venire, La preghiamo di avvisarci il prima possibile.
appointment-cancellation-subject = Annullato: il Suo appuntamento di { $moment }
appointment-cancellation-intro = il Suo appuntamento presso «{ $clinic }» è stato annullato. Non avrà luogo.
appointment-cancellation-button = Vedere i dettagli
appointment-cancellation-note = Se desidera un altro appuntamento, ci contatti.
appointment-answer = Con il link può confermare o annullare.

## Consenso da firmare

consent-to-sign-subject = Un consenso attende la Sua firma
consent-to-sign-intro = «{ $clinic }» La invita a leggere un consenso e, se è d’accordo, a firmarlo.
consent-to-sign-button = Leggere e firmare
consent-to-sign-note = Se ha domande, ce le ponga prima di firmare.

## Documento

document-sent-subject = { $kind ->
    [quote] Il Suo preventivo { $number }
    [credit_note] La Sua nota di credito { $number }
   *[invoice] La Sua fattura { $number }
}
document-sent-intro = { $kind ->
    [quote] «{ $clinic }» Le invia un preventivo.
    [credit_note] «{ $clinic }» Le invia una nota di credito.
   *[invoice] «{ $clinic }» Le invia una fattura.
}
document-sent-button = { $kind ->
    [quote] Vedere il preventivo
    [credit_note] Vedere la nota di credito
   *[invoice] Vedere la fattura
}
document-sent-note = Se qualcosa non è chiaro, ci contatti.

## La pagina dietro il link del messaggio di verifica

verify-page-title = Confermi il Suo indirizzo e-mail
verify-page-intro = Un clic e il Suo account è pronto.
verify-page-button = Confermare
verify-page-done = Grazie: il Suo indirizzo e-mail è confermato. Ora può accedere.
verify-page-failed = Questo link non è più valido: è già stato usato oppure è scaduto. Può richiederne uno nuovo.

## Le pagine dietro i link dei messaggi

page-no-script = Questa pagina ha bisogno di JavaScript per inviare la Sua risposta.
page-password = Nuova password
page-password-known = La Sua password
page-password-hint = Almeno 12 caratteri; alcune parole senza legame tra loro formano una buona password.
page-first-name = Nome
page-last-name = Cognome
page-terms = Accetto le condizioni del servizio.
reset-page-title = Scegliere una nuova password
reset-page-intro = Tutti i dispositivi collegati dovranno accedere di nuovo.
reset-page-button = Salva la password
reset-page-done = La Sua password è stata salvata. Ora può accedere con quella nuova.
reset-page-failed = Questo link non è più valido: è già stato usato oppure è scaduto. Può richiederne uno nuovo.
confirm-page-title = Confermare il cambio di indirizzo
confirm-page-intro = L’indirizzo cambia quando entrambe le caselle lo hanno confermato.
confirm-page-button = Conferma
confirm-page-done = Grazie: il Suo account ha il nuovo indirizzo. Acceda con quello.
confirm-page-waiting = Grazie. Anche l’altra casella ha ricevuto un messaggio: l’indirizzo cambia quando è confermato anche lì.
confirm-page-failed = Questo link non è più valido: è già stato usato, è scaduto oppure l’indirizzo non è libero.
invitation-page-title = Unirsi al Suo gruppo di lavoro
invitation-page-intro = È stato invitato a lavorare qui:
invitation-page-button = Accetta l’invito
invitation-page-done = Benvenuto! Ora può accedere.
invitation-page-failed = Questo invito non è più valido: è già stato usato, è scaduto oppure è stato ritirato. Ne chieda uno nuovo a chi L’ha invitata.

## La pagina del link di un appuntamento, e il calendario a cui si abbonano i professionisti

appointment-page-clinic = Studio
appointment-page-title = Il Suo appuntamento
appointment-page-no-script = Questa pagina ha bisogno di JavaScript per mostrare il Suo appuntamento e inviare la Sua risposta: lo attivi o chiami lo studio.
appointment-page-intro = Verrà? La Sua risposta avvisa lo studio.
appointment-page-loading = Un attimo…
appointment-page-confirm = Verrò
appointment-page-cancel = Annullare l’appuntamento
appointment-page-sure = Vuole davvero annullare questo appuntamento?
appointment-page-sure-yes = Sì, annullarlo
appointment-page-sure-no = No, mantenerlo
appointment-page-confirmed = Grazie: il Suo appuntamento è confermato.
appointment-page-cancelled = Il Suo appuntamento è annullato. Non avrà luogo.
appointment-page-late = È troppo tardi per annullare l’appuntamento qui: La preghiamo di chiamare lo studio.
appointment-page-used = Ha già risposto con questo link.
appointment-page-failed = Questo link non è valido: è incompleto, oppure l’appuntamento è passato, è stato spostato o annullato. La preghiamo di contattare lo studio.
appointment-page-retry = Non ha funzionato. Riprovi tra un momento.
appointment-page-again = Riprovare
appointment-page-call = Se non può venire, La preghiamo di chiamare lo studio.
calendar-name = Appuntamenti
calendar-event = Appuntamento
