# Español (de usted).

direction = ltr

## Fechas, horas e importes

dates = es-{ $region }
amounts = es-{ $region }
day = { $weekday }, { $date }
moment = { $day }, { $time }{ "\u00A0" }h
moment-zoned = { $moment } ({ $zone })
money = { $code ->
    [EUR] { $sign }{ $amount }{ "\u00A0" }€
   *[other] { $sign }{ $amount }{ "\u00A0" }{ $code }
}
minutes = { $count ->
    [one] un minuto
   *[other] { $count } minutos
}

## Lo que comparten los mensajes

greeting = Hola, { $name }:
greeting-unnamed = Hola:
fact = { $label }: { $value }
link-hint = Si el botón no funciona, copie este enlace en su navegador:
signature = El equipo de MedicalPro
automatic = Este mensaje se ha enviado automáticamente. Le rogamos que no responda.
automatic-clinic = Este mensaje se ha enviado automáticamente en nombre de { $clinic }. Le rogamos que no responda.
valid-minutes = El enlace es válido durante { $count ->
    [one] un minuto
   *[other] { $count } minutos
} y sirve una sola vez.
valid-hours = El enlace es válido durante { $count ->
    [one] una hora
   *[other] { $count } horas
} y sirve una sola vez.
valid-days = El enlace es válido durante { $count ->
    [one] un día
   *[other] { $count } días
} y sirve una sola vez.
personal-link = Este enlace es personal: no se lo pase a nadie.
security-known = Si ha sido usted, no tiene que hacer nada.
security-unknown = Si no ha sido usted, elija de inmediato otra contraseña con «Contraseña olvidada» en la página de acceso y avise a quien gestione las cuentas de su clínica.

## Lo que precede a un dato

label-when = Fecha y hora
label-practitioner = Profesional
label-duration = Duración
label-place = Lugar
label-phone = Teléfono
label-device = Dispositivo
label-network = Red
label-role = Su función
label-new-email = Nueva dirección
label-consent = Consentimiento informado
label-valid-until = Válido hasta
label-number = Número
label-total = Importe total

## Lo que se hace en una clínica

role-admin = Administración
role-manager = Gerencia de la clínica
role-practitioner = Profesional sanitario
role-nurse = Enfermería
role-secretary = Secretaría
role-readonly = Solo lectura

## Verificación de la dirección

verification-subject = Confirme su dirección de correo electrónico para { $clinic }
verification-intro = Gracias por registrar «{ $clinic }» en MedicalPro. Solo queda un paso: confirme que esta dirección de correo electrónico es suya y su cuenta estará lista.
verification-button = Confirmar mi dirección de correo
verification-ignore = Si usted no se ha registrado en MedicalPro, ignore este mensaje: sin su confirmación, la cuenta permanecerá cerrada.

## Contraseña olvidada

password-reset-subject = Elija una contraseña nueva
password-reset-intro = Se ha solicitado una contraseña nueva para su cuenta de MedicalPro. Si ha sido usted, elíjala ahora: se cerrarán entonces todas sus demás sesiones.
password-reset-button = Elegir una contraseña
password-reset-ignore = Si no ha sido usted, ignore este mensaje: su contraseña no cambiará.

## Contraseña cambiada

password-changed-subject = Su contraseña ha cambiado
password-changed-intro = Se ha cambiado la contraseña de su cuenta de MedicalPro.

## Acceso desde un dispositivo desconocido

new-device-subject = Nuevo acceso a su cuenta
new-device-intro = Se ha accedido a su cuenta de MedicalPro desde un dispositivo que no conocíamos.

## Invitación

invitation-subject = Invitación a unirse a { $clinic }
invitation-intro = { $inviter } le invita a unirse a «{ $clinic }» en MedicalPro.
invitation-intro-unnamed = Le invitamos a unirse a «{ $clinic }» en MedicalPro.
invitation-button = Aceptar la invitación
invitation-ignore = Si no conoce esta clínica, ignore este mensaje: sin su consentimiento, no ocurrirá nada.

## La clínica está lista

welcome-subject = Le damos la bienvenida a MedicalPro
welcome-intro = Su dirección está confirmada y «{ $clinic }» ya está a su disposición.
welcome-button = Iniciar sesión
welcome-next = Para empezar bien, complete los datos de su clínica e invite después a su equipo.

## La clínica está suspendida

suspended-subject = El acceso a { $clinic } está suspendido
suspended-intro = El acceso a «{ $clinic }» en MedicalPro se ha suspendido: por el momento, nadie puede iniciar sesión.
suspended-kept = No se ha eliminado ninguno de sus datos.
suspended-contact = Para restablecer el acceso, o si cree que se trata de un error, diríjase a la asistencia de MedicalPro.

## Cambio de dirección: a la anterior

email-change-old-subject = Apruebe su nueva dirección de correo electrónico
email-change-old-intro = Se ha solicitado cambiar la dirección de correo electrónico de su cuenta de MedicalPro. El cambio se hará efectivo cuando se confirme desde ambas direcciones.
email-change-old-button = Aprobar el cambio
email-change-old-ignore = Si no ha sido usted, no lo apruebe: su dirección seguirá siendo la misma. Elija además otra contraseña, pues alguien parece estar usando su cuenta.

## Cambio de dirección: a la nueva

email-change-new-subject = Confirme su nueva dirección de correo electrónico
email-change-new-intro = Esta dirección de correo electrónico va a ser la de una cuenta de MedicalPro. Confirme que es suya.
email-change-new-button = Confirmar esta dirección
email-change-new-ignore = Si no lo ha solicitado, ignore este mensaje: sin su confirmación, nada cambiará.

## Dirección cambiada: a la anterior

email-changed-subject = Su dirección de correo electrónico ha cambiado
email-changed-intro = Su cuenta de MedicalPro tiene una nueva dirección de correo electrónico. Con esta ya no se puede iniciar sesión.
email-changed-unknown = Si no ha sido usted, avise de inmediato a la asistencia de MedicalPro.

## Citas

appointment-confirmation-subject = Su cita del { $moment }
appointment-confirmation-intro = Su cita en «{ $clinic }» está reservada.
appointment-confirmation-button = Ver mi cita
appointment-confirmation-note = Si no puede acudir, le rogamos que nos avise lo antes posible.
appointment-reminder-subject = Recordatorio: su cita del { $moment }
appointment-reminder-intro = Le recordamos su cita en «{ $clinic }».
appointment-reminder-button = Ver mi cita
appointment-reminder-note = Si no puede acudir, le rogamos que nos avise lo antes posible.
appointment-cancellation-subject = Cancelada: su cita del { $moment }
appointment-cancellation-intro = Su cita en «{ $clinic }» se ha cancelado. No tendrá lugar.
appointment-cancellation-button = Ver los detalles
appointment-cancellation-note = Si desea otra cita, póngase en contacto con nosotros.
appointment-answer = Con el enlace puede confirmarla o cancelarla.

## Consentimiento por firmar

consent-to-sign-subject = Un consentimiento espera su firma
consent-to-sign-intro = «{ $clinic }» le pide que lea un consentimiento informado y, si está de acuerdo, que lo firme.
consent-to-sign-button = Leer y firmar
consent-to-sign-note = Si tiene preguntas, háganoslas antes de firmar.

## Documento

document-sent-subject = { $kind ->
    [quote] Su presupuesto { $number }
    [credit_note] Su factura rectificativa { $number }
   *[invoice] Su factura { $number }
}
document-sent-intro = { $kind ->
    [quote] «{ $clinic }» le envía un presupuesto.
    [credit_note] «{ $clinic }» le envía una factura rectificativa.
   *[invoice] «{ $clinic }» le envía una factura.
}
document-sent-button = { $kind ->
    [quote] Ver el presupuesto
    [credit_note] Ver la factura rectificativa
   *[invoice] Ver la factura
}
document-sent-note = Si tiene alguna duda, póngase en contacto con nosotros.

## La página detrás del enlace del mensaje de verificación

verify-page-title = Confirme su dirección de correo electrónico
verify-page-intro = Un clic y su cuenta estará lista.
verify-page-button = Confirmar
verify-page-done = Gracias: su dirección de correo electrónico está confirmada. Ya puede iniciar sesión.
verify-page-failed = Este enlace ya no es válido: se ha utilizado o ha caducado. Puede solicitar uno nuevo.

## Las páginas tras los enlaces de los mensajes

page-no-script = Esta página necesita JavaScript para enviar su respuesta.
page-password = Contraseña nueva
page-password-known = Su contraseña
page-password-hint = Al menos 12 caracteres; unas cuantas palabras sin relación entre sí forman una buena contraseña.
page-first-name = Nombre
page-last-name = Apellidos
page-terms = Acepto las condiciones del servicio.
reset-page-title = Elegir una contraseña nueva
reset-page-intro = Todos los dispositivos conectados tendrán que iniciar sesión de nuevo.
reset-page-button = Guardar la contraseña
reset-page-done = Su contraseña se ha guardado. Ya puede iniciar sesión con ella.
reset-page-failed = Este enlace ya no es válido: ya se utilizó o ha caducado. Puede pedir uno nuevo.
confirm-page-title = Confirmar el cambio de dirección
confirm-page-intro = La dirección cambia cuando ambos buzones lo han confirmado.
confirm-page-button = Confirmar
confirm-page-done = Gracias: su cuenta tiene ya la dirección nueva. Inicie sesión con ella.
confirm-page-waiting = Gracias. El otro buzón también ha recibido un mensaje: la dirección cambia cuando se confirme allí.
confirm-page-failed = Este enlace ya no es válido: ya se utilizó, ha caducado o la dirección no está libre.
invitation-page-title = Unirse a su equipo
invitation-page-intro = Le han invitado a trabajar aquí:
invitation-page-button = Aceptar la invitación
invitation-page-done = ¡Le damos la bienvenida! Ya puede iniciar sesión.
invitation-page-failed = Esta invitación ya no es válida: ya se utilizó, ha caducado o se retiró. Pida una nueva a quien le invitó.

## La página del enlace de una cita, y el calendario al que se suscriben los profesionales

appointment-page-clinic = Consulta
appointment-page-title = Su cita
appointment-page-no-script = Esta página necesita JavaScript para mostrar su cita y enviar su respuesta: actívelo o llame a la consulta.
appointment-page-intro = ¿Vendrá? Su respuesta avisa a la consulta.
appointment-page-loading = Un momento…
appointment-page-confirm = Asistiré
appointment-page-cancel = Cancelar la cita
appointment-page-sure = ¿Seguro que quiere cancelar esta cita?
appointment-page-sure-yes = Sí, cancelarla
appointment-page-sure-no = No, mantenerla
appointment-page-confirmed = Gracias: su cita está confirmada.
appointment-page-cancelled = Su cita está cancelada. No tendrá lugar.
appointment-page-late = Es demasiado tarde para cancelar la cita aquí: llame a la consulta, por favor.
appointment-page-used = Ya ha respondido con este enlace.
appointment-page-failed = Este enlace no es válido: está incompleto, o la cita ha pasado, se ha cambiado o se ha cancelado. Póngase en contacto con la consulta, por favor.
appointment-page-retry = No ha funcionado. Inténtelo de nuevo dentro de un momento.
appointment-page-again = Intentar de nuevo
appointment-page-call = Si no puede venir, llame a la consulta, por favor.
calendar-name = Citas
calendar-event = Cita
