# Español (de usted).

direction = ltr

## Lo que comparten todos los mensajes

greeting = Hola, { $name }:
greeting-unnamed = Hola:
link-hint = Si el botón no funciona, copie este enlace en su navegador:
signature = El equipo de MedicalPro
automatic = Este mensaje se ha enviado automáticamente. Le rogamos que no responda.

## Verificación de la dirección

verification-subject = Confirme su dirección de correo electrónico para { $clinic }
verification-intro = Gracias por registrar «{ $clinic }» en MedicalPro. Solo queda un paso: confirme que esta dirección de correo electrónico es suya y su cuenta estará lista.
verification-button = Confirmar mi dirección de correo
verification-validity = El enlace es válido durante { $hours ->
    [one] una hora
   *[other] { $hours } horas
}.
verification-ignore = Si usted no se ha registrado en MedicalPro, ignore este mensaje: sin su confirmación, la cuenta permanecerá cerrada.

## La página detrás del enlace del mensaje de verificación

verify-page-title = Confirme su dirección de correo electrónico
verify-page-intro = Un clic y su cuenta estará lista.
verify-page-button = Confirmar
verify-page-done = Gracias: su dirección de correo electrónico está confirmada. Ya puede iniciar sesión.
verify-page-failed = Este enlace ya no es válido: se ha utilizado o ha caducado. Puede solicitar uno nuevo.
verify-page-no-script = Esta página necesita JavaScript para enviar su confirmación.
