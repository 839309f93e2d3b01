# Français (vouvoiement). L’espace insécable, avant « : » et dans les guillemets, s’écrit { "\u00A0" }.

direction = ltr

## Dates, heures et montants

dates = fr-{ $region }
# Les montants s’écrivent avec un point en Suisse : selon CLDR, leur séparateur n’y est pas celui des autres nombres.
amounts = { $region ->
    [CH] de-CH
   *[other] fr-{ $region }
}
day = { $weekday } { $date }
moment = { $day } à { $time }
moment-zoned = { $moment } ({ $zone })
money = { $code ->
    [EUR] { $sign }{ $amount }{ "\u00A0" }€
    [GBP] { $sign }{ $amount }{ "\u00A0" }£GB
   *[other] { $sign }{ $amount }{ "\u00A0" }{ $code }
}
minutes = { $count ->
    [one] une minute
   *[other] { $count }{ "\u00A0" }minutes
}

## Ce que les messages partagent

greeting = Bonjour { $name },
greeting-unnamed = Bonjour,
fact = { $label }{ "\u00A0" }: { $value }
link-hint = Si le bouton ne fonctionne pas, copiez ce lien dans votre navigateur{ "\u00A0" }:
signature = L’équipe MedicalPro
automatic = Ce message vous a été envoyé automatiquement. Merci de ne pas y répondre.
automatic-clinic = Ce message vous a été envoyé automatiquement pour le compte de { $clinic }. Merci de ne pas y répondre.
valid-minutes = Ce lien est valable { $count ->
    [one] une minute
   *[other] { $count }{ "\u00A0" }minutes
} et ne sert qu’une fois.
valid-hours = Ce lien est valable { $count ->
    [one] une heure
   *[other] { $count }{ "\u00A0" }heures
} et ne sert qu’une fois.
valid-days = Ce lien est valable { $count ->
    [one] un jour
   *[other] { $count }{ "\u00A0" }jours
} et ne sert qu’une fois.
personal-link = Ce lien vous est personnel{ "\u00A0" }: ne le transmettez à personne.
security-known = Si c’était vous, vous n’avez rien à faire.
security-unknown = Si ce n’était pas vous, choisissez aussitôt un autre mot de passe en cliquant sur «{ "\u00A0" }Mot de passe oublié{ "\u00A0" }» à la page de connexion, et prévenez la personne qui gère les comptes de votre établissement.

## Ce qui précède une information

label-when = Date et heure
label-practitioner = Avec
label-duration = Durée
label-place = Lieu
label-phone = Téléphone
label-device = Appareil
label-network = Réseau
label-role = Votre rôle
label-new-email = Nouvelle adresse
label-consent = Consentement
label-valid-until = Valable jusqu’au
label-number = Numéro
label-total = Montant total

## Ce que l’on fait dans un établissement

role-admin = Administration
role-manager = Gestion du cabinet
role-practitioner = Praticien ou praticienne
role-nurse = Infirmier ou infirmière
role-secretary = Secrétariat
role-readonly = Consultation seule

## Vérification de l’adresse

verification-subject = Confirmez votre adresse e-mail pour { $clinic }
verification-intro = Merci d’avoir inscrit «{ "\u00A0" }{ $clinic }{ "\u00A0" }» sur MedicalPro. Il ne reste qu’une étape{ "\u00A0" }: confirmez que cette adresse e-mail est bien la vôtre, et votre compte sera prêt.
verification-button = Confirmer mon adresse
verification-ignore = Si vous n’êtes pas à l’origine de cette inscription, ne tenez pas compte de ce message{ "\u00A0" }: sans votre confirmation, le compte reste fermé.

## Mot de passe oublié

password-reset-subject = Choisissez un nouveau mot de passe
password-reset-intro = Un nouveau mot de passe a été demandé pour votre compte MedicalPro. Si cette demande vient de vous, choisissez-le maintenant{ "\u00A0" }: toutes vos autres sessions seront alors fermées.
password-reset-button = Choisir un mot de passe
password-reset-ignore = Si cette demande ne vient pas de vous, ne tenez pas compte de ce message{ "\u00A0" }: votre mot de passe reste inchangé.

## Mot de passe changé

password-changed-subject = Votre mot de passe a été modifié
password-changed-intro = Le mot de passe de votre compte MedicalPro vient d’être modifié.

## Connexion depuis un appareil inconnu

new-device-subject = Nouvelle connexion à votre compte
new-device-intro = Une connexion à votre compte MedicalPro a eu lieu depuis un appareil que nous ne connaissions pas.

## Invitation

invitation-subject = Invitation à rejoindre { $clinic }
invitation-intro = { $inviter } vous invite à rejoindre «{ "\u00A0" }{ $clinic }{ "\u00A0" }» sur MedicalPro.
invitation-intro-unnamed = Vous êtes invité(e) à rejoindre «{ "\u00A0" }{ $clinic }{ "\u00A0" }» sur MedicalPro.
invitation-button = Accepter l’invitation
invitation-ignore = Si vous ne connaissez pas cet établissement, ne tenez pas compte de ce message{ "\u00A0" }: sans votre accord, il ne se passera rien.

## L’établissement est prêt

welcome-subject = Bienvenue sur MedicalPro
welcome-intro = Votre adresse est confirmée, et «{ "\u00A0" }{ $clinic }{ "\u00A0" }» vous attend.
welcome-button = Se connecter
welcome-next = Pour bien commencer, complétez les coordonnées de votre établissement, puis invitez votre équipe.

## L’établissement est suspendu

suspended-subject = L’accès à { $clinic } est suspendu
suspended-intro = L’accès à «{ "\u00A0" }{ $clinic }{ "\u00A0" }» sur MedicalPro est suspendu{ "\u00A0" }: pour l’instant, personne ne peut s’y connecter.
suspended-kept = Aucune de vos données n’a été supprimée.
suspended-contact = Pour rétablir l’accès, ou si vous pensez qu’il s’agit d’une erreur, adressez-vous à l’assistance de MedicalPro.

## Changement d’adresse : à l’ancienne

email-change-old-subject = Acceptez votre nouvelle adresse e-mail
email-change-old-intro = Un changement de l’adresse e-mail de votre compte MedicalPro a été demandé. Il prendra effet une fois confirmé depuis les deux adresses.
email-change-old-button = Accepter le changement
email-change-old-ignore = Si cette demande ne vient pas de vous, n’acceptez pas{ "\u00A0" }: votre adresse restera inchangée. Choisissez aussi un autre mot de passe, car quelqu’un semble utiliser votre compte.

## Changement d’adresse : à la nouvelle

email-change-new-subject = Confirmez votre nouvelle adresse e-mail
email-change-new-intro = Cette adresse e-mail doit devenir celle d’un compte MedicalPro. Confirmez qu’elle est bien la vôtre.
email-change-new-button = Confirmer cette adresse
email-change-new-ignore = Si vous n’avez rien demandé, ne tenez pas compte de ce message{ "\u00A0" }: sans votre confirmation, rien ne changera.

## Adresse changée : à l’ancienne

email-changed-subject = Votre adresse e-mail a été modifiée
email-changed-intro = Votre compte MedicalPro a une nouvelle adresse e-mail. Celle-ci ne permet plus de s’y connecter.
email-changed-unknown = Si ce n’était pas vous, prévenez aussitôt l’assistance de MedicalPro.

## Rendez-vous

appointment-confirmation-subject = Votre rendez-vous du { $moment }
appointment-confirmation-intro = Votre rendez-vous à «{ "\u00A0" }{ $clinic }{ "\u00A0" }» est réservé.
appointment-confirmation-button = Voir mon rendez-vous
appointment-confirmation-note = En cas d’empêchement, merci de nous prévenir le plus tôt possible.
appointment-reminder-subject = Rappel{ "\u00A0" }: votre rendez-vous du { $moment }
appointment-reminder-intro = Nous vous rappelons votre rendez-vous à «{ "\u00A0" }{ $clinic }{ "\u00A0" }».
appointment-reminder-button = Voir mon rendez-vous
appointment-reminder-note = En cas d’empêchement, merci de nous prévenir le plus tôt possible.
appointment-cancellation-subject = Annulation de votre rendez-vous du { $moment }
appointment-cancellation-intro = Votre rendez-vous à «{ "\u00A0" }{ $clinic }{ "\u00A0" }» est annulé. Il n’aura pas lieu.
appointment-cancellation-button = Voir le détail
appointment-cancellation-note = Pour convenir d’un autre rendez-vous, n’hésitez pas à nous contacter.
appointment-answer = Le lien permet de confirmer ou d’annuler.

## Consentement à signer

consent-to-sign-subject = Un consentement attend votre signature
consent-to-sign-intro = «{ "\u00A0" }{ $clinic }{ "\u00A0" }» vous invite à lire un consentement et, si vous l’acceptez, à le signer.
consent-to-sign-button = Lire et signer
consent-to-sign-note = Si vous avez des questions, posez-les-nous avant de signer.

## Document

document-sent-subject = { $kind ->
    [quote] Votre devis { $number }
    [credit_note] Votre avoir { $number }
   *[invoice] Votre facture { $number }
}
document-sent-intro = { $kind ->
    [quote] «{ "\u00A0" }{ $clinic }{ "\u00A0" }» vous adresse un devis.
    [credit_note] «{ "\u00A0" }{ $clinic }{ "\u00A0" }» vous adresse un avoir.
   *[invoice] «{ "\u00A0" }{ $clinic }{ "\u00A0" }» vous adresse une facture.
}
document-sent-button = { $kind ->
    [quote] Voir le devis
    [credit_note] Voir l’avoir
   *[invoice] Voir la facture
}
document-sent-note = Pour toute question, n’hésitez pas à nous contacter.

## La page derrière le lien du message de vérification

verify-page-title = Confirmez votre adresse e-mail
verify-page-intro = Un clic, et votre compte est prêt.
verify-page-button = Confirmer
verify-page-done = Merci{ "\u00A0" }: votre adresse e-mail est confirmée. Vous pouvez maintenant vous connecter.
verify-page-failed = Ce lien n’est plus valable{ "\u00A0" }: il a déjà été utilisé ou il a expiré. Vous pouvez en demander un nouveau.

## Les pages derrière les liens des messages

page-no-script = Cette page a besoin de JavaScript pour envoyer votre réponse.
page-password = Nouveau mot de passe
page-password-known = Votre mot de passe
page-password-hint = Au moins 12 caractères{ "\u00A0" }; quelques mots sans rapport entre eux font un bon mot de passe.
page-first-name = Prénom
page-last-name = Nom
page-terms = J’accepte les conditions d’utilisation.
reset-page-title = Choisir un nouveau mot de passe
reset-page-intro = Tous les appareils connectés devront se reconnecter.
reset-page-button = Enregistrer le mot de passe
reset-page-done = Votre mot de passe est enregistré. Vous pouvez maintenant vous connecter.
reset-page-failed = Ce lien n’est plus valable{ "\u00A0" }: il a déjà servi ou il a expiré. Vous pouvez en demander un nouveau.
confirm-page-title = Confirmer le changement d’adresse
confirm-page-intro = L’adresse change dès que les deux boîtes l’ont confirmé.
confirm-page-button = Confirmer
confirm-page-done = Merci{ "\u00A0" }: votre compte a sa nouvelle adresse. Veuillez vous connecter avec elle.
confirm-page-waiting = Merci. L’autre boîte a aussi reçu un message{ "\u00A0" }: l’adresse change dès qu’il y est confirmé.
confirm-page-failed = Ce lien n’est plus valable{ "\u00A0" }: il a déjà servi, il a expiré, ou l’adresse n’est pas libre.
invitation-page-title = Rejoindre votre équipe
invitation-page-intro = Vous êtes invité à travailler ici{ "\u00A0" }:
invitation-page-button = Accepter l’invitation
invitation-page-done = Bienvenue{ "\u00A0" }! Vous pouvez maintenant vous connecter.
invitation-page-failed = Cette invitation n’est plus valable{ "\u00A0" }: elle a déjà servi, elle a expiré ou elle a été retirée. Veuillez en demander une nouvelle à la personne qui vous a invité.

## La page derrière le lien d’un rendez-vous, et le calendrier auquel s’abonnent les praticiens

appointment-page-clinic = Cabinet
appointment-page-title = Votre rendez-vous
appointment-page-no-script = Cette page a besoin de JavaScript pour afficher votre rendez-vous et envoyer votre réponse{ "\u00A0" }: activez-le ou appelez le cabinet.
appointment-page-intro = Viendrez-vous{ "\u00A0" }? Votre réponse prévient le cabinet.
appointment-page-loading = Un instant…
appointment-page-confirm = Je viendrai
appointment-page-cancel = Annuler le rendez-vous
appointment-page-sure = Voulez-vous vraiment annuler ce rendez-vous{ "\u00A0" }?
appointment-page-sure-yes = Oui, l’annuler
appointment-page-sure-no = Non, le garder
appointment-page-confirmed = Merci{ "\u00A0" }: votre rendez-vous est confirmé.
appointment-page-cancelled = Votre rendez-vous est annulé. Il n’aura pas lieu.
appointment-page-late = Il est trop tard pour annuler le rendez-vous ici{ "\u00A0" }: veuillez appeler le cabinet.
appointment-page-used = Vous avez déjà répondu par ce lien.
appointment-page-failed = Ce lien n’est pas valable{ "\u00A0" }: il est incomplet, ou le rendez-vous est passé, a été déplacé ou annulé. Veuillez contacter le cabinet.
appointment-page-retry = Cela n’a pas fonctionné. Veuillez réessayer dans un instant.
appointment-page-again = Réessayer
appointment-page-call = Si vous ne pouvez pas venir, veuillez appeler le cabinet.
calendar-name = Rendez-vous
calendar-event = Rendez-vous
