# Français (vouvoiement). L’espace insécable, avant « : » et dans les guillemets, s’écrit { "\u00A0" }.

direction = ltr

## Ce que tous les messages partagent

greeting = Bonjour { $name },
greeting-unnamed = Bonjour,
link-hint = Si le bouton ne fonctionne pas, copiez ce lien dans votre navigateur{ "\u00A0" }:
signature = L’équipe MedicalPro
automatic = Ce message vous a été envoyé automatiquement. Merci de ne pas y répondre.

## Vérification de l'adresse

verification-subject = Confirmez votre adresse e-mail pour { $clinic }
verification-intro = Merci d’avoir inscrit «{ "\u00A0" }{ $clinic }{ "\u00A0" }» sur MedicalPro. Il ne reste qu’une étape{ "\u00A0" }: confirmez que cette adresse e-mail est bien la vôtre, et votre compte sera prêt.
verification-button = Confirmer mon adresse e-mail
verification-validity = Ce lien est valable { $hours ->
    [one] une heure
   *[other] { $hours }{ "\u00A0" }heures
}.
verification-ignore = Si vous n’êtes pas à l’origine de cette inscription, ne tenez pas compte de ce message{ "\u00A0" }: sans votre confirmation, le compte reste fermé.

## La page derrière le lien du message de vérification

verify-page-title = Confirmez votre adresse e-mail
verify-page-intro = Un clic, et votre compte est prêt.
verify-page-button = Confirmer
verify-page-done = Merci : votre adresse e-mail est confirmée. Vous pouvez maintenant vous connecter.
verify-page-failed = Ce lien n’est plus valable : il a déjà été utilisé ou il a expiré. Vous pouvez en demander un nouveau.
verify-page-no-script = Cette page a besoin de JavaScript pour envoyer votre confirmation.
