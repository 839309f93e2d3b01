# Español (usted). Las claves son las de en.ftl.

## Lo que dicen los estados

title-400 = Solicitud incorrecta
title-401 = Se requiere autenticación
title-403 = Acceso denegado
title-404 = No encontrado
title-405 = Método no permitido
title-409 = Conflicto
title-412 = Condición previa no cumplida
title-413 = Contenido demasiado grande
title-415 = Tipo de contenido no admitido
title-422 = Datos no válidos
title-429 = Demasiadas solicitudes
title-500 = Error interno del servidor
title-503 = Servicio no disponible

## Las solicitudes ilegibles

bad_request = No se puede leer la solicitud.
bad_request-host = La cabecera Host aparece más de una vez.
bad_request-header = La cabecera { $name } aparece más de una vez.
malformed_query = Los parámetros de la dirección no están en UTF-8.
malformed_json = El cuerpo de la solicitud no es JSON válido en UTF-8.
duplicate_key = Un objeto contiene dos veces la misma clave.
json_too_deep = El cuerpo de la solicitud tiene más de 64 niveles de anidamiento.
incomplete_body = No se ha podido leer el cuerpo de la solicitud.
invalid_cursor = Este cursor no procede de esta lista.

## Quién pregunta

unauthenticated = Se requiere un token de acceso.
token_invalid = El token de acceso no es válido.
token_invalid-field = no es válido, ya se ha utilizado o ha caducado
token_expired = El token de acceso ha caducado.
token_outdated = El rol ha cambiado: renueve el token.
session_ended = La sesión ha terminado.
refresh_token_invalid = El token de renovación no es válido.
credentials_invalid = La dirección o la contraseña no son correctas.
email_not_verified = La dirección de correo aún no está confirmada.
no_such_membership = Usted no trabaja en esta clínica.
clinic_suspended = La clínica está suspendida.
forbidden = Su rol no permite esta operación.

## Lo que hay y lo que entra en conflicto

not_found = Aquí no hay nada.
method_not_allowed = Esta dirección no admite este método; Allow indica los que admite.
email_taken = Ya existe una cuenta con esta dirección de correo.
company_email_taken = Ya existe una clínica con esta dirección de correo.
request_in_progress = Se está atendiendo una solicitud con esta clave.
conflict = Esto entra en conflicto con lo que ya está guardado.
reference_missing = La solicitud hace referencia a algo que no existe.
illegal_transition = El estado actual del elemento no permite este paso.
immutable = Lo que está firmado, emitido o registrado no se puede modificar.
patient_number_taken = Otro paciente ya tiene este número.
patient_has_appointments = El paciente tiene citas pendientes.
merge_chain = Otras fichas se fusionaron con este paciente: deshaga antes esa fusión o fusione en sentido contrario.
precondition_failed = El elemento ha cambiado desde la versión indicada en If-Match.
body_too_large = El cuerpo de la solicitud supera los { $limit } bytes.
unsupported_media_type = El cuerpo de la solicitud debe ser { $expected }.
rate_limited = Demasiadas solicitudes: inténtelo más tarde.
database_busy = El servicio está ocupado: inténtelo de nuevo en un momento.
internal = El error es nuestro. El identificador de la solicitud permite encontrarlo en nuestro registro.

## Campos no válidos: cada frase sigue al nombre del campo

invalid = Algunos campos no son válidos.
invalid-body = El cuerpo de la solicitud no es válido.
invalid-field = no es válido
invalid-value = Un valor está fuera de lo permitido.
required = es obligatorio
null = no puede ser nulo
type = debe ser de tipo { $expected }
unknown_field = no es un campo de esta solicitud
unknown_field-long = contiene un campo desconocido
not_allowed = debe ser uno de estos valores: { $allowed }
not_allowed-country = no es un país que atendamos
nul = Los textos no pueden contener el carácter NUL.
too_short = debe tener al menos { $min ->
    [one] un carácter
   *[other] { $min } caracteres
}
too_long = puede tener como máximo { $max ->
    [one] un carácter
   *[other] { $max } caracteres
}
too_many = contiene demasiados elementos
too_many-words = puede tener como máximo seis palabras
same_patient = debe ser otro paciente
range = está fuera del intervalo permitido
range-birth = debe estar entre 1850-01-01 y hoy
range-date = Una fecha está fuera de lo permitido.
idempotency_key_reused = ya se ha utilizado con otra solicitud
format-ascii = debe contener solo caracteres ASCII
format-blank = no puede estar en blanco
format-control = no puede contener caracteres de control
format-country = debe ser el código de un país en dos letras mayúsculas (ISO 3166-1)
format-date = debe ser una fecha, AAAA-MM-DD
format-email = debe ser una dirección de correo electrónico
format-entity_tags = debe ser * o etiquetas de entidad, por ejemplo "3"
format-language = debe ser un idioma, por ejemplo fr o fr-BE
format-long = es demasiado largo
format-nul = no puede contener el carácter NUL
format-phone = debe ser un número de teléfono en formato internacional, +34 …
format-short = es demasiado corto
format-time = debe ser una fecha con hora según la RFC 3339
format-time_zone = debe ser una zona horaria de la base de datos de la IANA
format-uuid = debe ser un UUID

## Los números propios de cada país

business_number_invalid = no es un número válido ({ $name }, por ejemplo { $example })
vat_number_invalid = no es un número de IVA válido ({ $country }, por ejemplo { $example })
postal_code_invalid = no es un código postal válido ({ $country }, por ejemplo { $example })
phone_invalid = no es un número de teléfono válido, por ejemplo { $example }
iban_invalid = no es un IBAN válido

## Las citas

practitioner_busy = El profesional ya tiene otra cita a esta hora.
patient_busy = El paciente ya tiene otra cita a esta hora.
room_busy = La sala está ocupada a esta hora.
slot_held = Alguien está reservando este horario.
hold_expired = La reserva provisional ha caducado o es de otro horario.
not_bookable = No se puede reservar para ese día.
licence_expired = La licencia del profesional habrá caducado ese día.
room_elsewhere = La sala es de otro centro.
range-start = no debe quedar a más de diez años en el pasado ni a más de tres en el futuro
illegal_transition-appointment = { $status ->
        [scheduled] La cita está programada
        [confirmed] La cita está confirmada
        [checked-in] El paciente ha llegado
        [completed] La cita ha terminado
        [cancelled] La cita está anulada
        [no-show] El paciente no se presentó
       *[other] La cita está { $status }
    }: este paso no es posible.
illegal_transition-early = La cita aún no ha empezado.
series_conflict = Algunos días de la serie ya están ocupados.
until_or_count = es obligatorio este campo o bien count
range-series = debe estar dentro de los dos años siguientes al primer día, tras 104 citas como máximo

## El personal y las invitaciones

admins_only = Solo un administrador puede hacer esto con un administrador.
own_role = Nadie cambia su propio rol.
last_admin = La clínica necesita un administrador: nombre antes a otra persona.
no_seat = Todas las plazas de la suscripción están ocupadas, por el personal o por invitaciones pendientes.
already_invited = Ya hay una invitación pendiente a esta dirección: reenvíela o retírela.
already_member = Usted ya trabaja en esta clínica.
already_member-address = La persona con esta dirección ya trabaja aquí.
clinic_not_active = La clínica no está activa.
clinic_not_suspended = La clínica no está suspendida.
no_isolation_report = Todavía no se ha guardado ningún informe de aislamiento: `medicalpro verify --keep` guarda uno.
platform_account = Quien gestiona la plataforma no trabaja en ninguna clínica: use otra dirección.
account_deactivated = La cuenta de esta dirección está desactivada.
practitioner_exists = Esta persona ya figura como profesional.
registration_number_taken = Otro profesional tiene este número.
missing-password = es obligatorio: la contraseña con la que inicia sesión
member_deactivated = Esta persona ya no trabaja aquí.
missing-account = es obligatorio: esta dirección aún no tiene cuenta
missing-name = aún no figura en la cuenta de la persona
format-color = debe ser un color en hexadecimal en minúsculas, como #2e7d32

## La clínica, sus sedes y sus días de cierre

overlap = no debe coincidir con otro horario del mismo día de la semana
unknown_subdivision = no es una parte del país de la clínica cuyos festivos se conozcan
range-holidays = debe ser el primer día o como máximo tres años después
facility_has_appointments = La sede tiene citas pendientes.
facility_has_hours = Hay profesionales con horario en esta sede.
facility_has_practitioners = Hay profesionales que trabajan principalmente en esta sede.
facility_has_rooms = La sede tiene salas: elimínelas primero.
room_has_appointments = La sala tiene citas pendientes.
room_name_taken = Otra sala de la sede tiene este nombre.
## Los archivos

malformed_csv = El archivo no está en UTF-8.
malformed_csv-header = El archivo no tiene línea de encabezado.
too_many-lines = debe tener como máximo { $max } líneas
more = Sin enumerar: otros { $count } campos.
cells = no tiene tantas celdas como el encabezado
duplicate_column = figura dos veces en el encabezado
unknown_column = no es una columna conocida
duplicate = repite el paciente de la línea { $line }

## Los profesionales, sus horarios, la agenda

practitioner_has_appointments = El profesional tiene citas pendientes.
hours_overlap = El profesional ya tiene otro horario en ese momento de la semana.
required-kind = es obligatorio en este tipo de horario
required-range = es obligatorio junto al otro extremo del periodo
not_allowed-weekly = solo vale para los horarios semanales
range-ends = debe ser posterior al comienzo
range-days = no debe ser anterior al primer día
range-many = debe estar dentro de los { $most } días contados desde el primero
too_many-appointments = El periodo tiene más de 5000 citas: pida menos días o un solo profesional
format-clock = debe ser una hora, HH:MM
## El catálogo, las prestaciones y los presupuestos

category_name_taken = Otra categoría del mismo nivel ya tiene este nombre.
category_ring = es la propia categoría o está dentro de ella
category_too_deep = está a demasiada profundidad: las categorías tienen ocho niveles como máximo
category_in_use = La categoría contiene otras categorías o productos.
product_code_taken = Otro producto ya tiene este código.
not_a_service = es solo para servicios
tax_category_unknown = no es una categoría fiscal del país de la clínica
product_decides = lo determina el producto: no lo indique
required-product = es obligatorio si no hay producto
product_not_offered = El producto no se ofrece el día de la cita.
nothing_accepted = El paciente no ha aceptado nada que no figure ya en un presupuesto.
quote_too_large = Lo que el paciente ha aceptado supera lo que cabe en un presupuesto.
format-quantity = debe ser un número mayor que 0 con tres decimales como máximo

## Cuentas, contraseñas y segundo factor

format-code = debe ser seis cifras o un código de recuperación
email_taken-change = La dirección nueva tiene ya su propia cuenta: el cambio ha terminado.
email_unchanged = ya es su dirección
password_wrong = no es su contraseña
password_changed = La contraseña se ha cambiado entretanto.
second_factor_enrolment_required = La clínica exige un segundo factor: empiece con POST /api/v1/auth/totp.
second_factor_enrolment_required-own = Quien exige un segundo factor necesita tener uno primero.
second_factor_enrolment_required-platform = La plataforma exige un segundo factor: empiece con POST /api/v1/auth/totp.
password_common = es una de las contraseñas más comunes: elija otra
password_contains_name = es demasiado fácil de adivinar a partir de su nombre o dirección o de los de la clínica: añada unas palabras que no tengan nada que ver
password_too_weak = es demasiado fácil de adivinar: añada una o dos palabras poco comunes
password_too_weak-dates = es demasiado fácil de adivinar: las fechas y los años se prueban primero; use unas palabras poco comunes
password_too_weak-names = es demasiado fácil de adivinar: los nombres se prueban primero; añada unas palabras poco comunes
password_too_weak-repetition = es demasiado fácil de adivinar: repetir añade poco; use unas palabras poco comunes
password_too_weak-keys = es demasiado fácil de adivinar: las filas de teclas se prueban primero; use unas palabras poco comunes
password_too_weak-sequences = es demasiado fácil de adivinar: las secuencias como abc o 6543 se prueban primero; use unas palabras poco comunes
code_invalid = El código es incorrecto o ya se utilizó.
code_invalid-field = es incorrecto o ya se utilizó
code_required = Se necesita el código del segundo factor.
totp_not_begun = Empiece primero con un segundo factor.
totp_enabled = Ya tiene un segundo factor: desactívelo primero.
totp_not_enabled = No tiene un segundo factor.
last_admin-own = Es la única persona que administra una clínica: nombre antes a otra.

## Enlaces de los pacientes

link_used = Este enlace ya se ha utilizado.
too_late_to_cancel = Es demasiado tarde para cancelar la cita aquí: llame a la consulta.
## Huecos y reservas provisionales

slot_taken = Esta hora ya está reservada.
too_many_holds = Ya retiene 20 horas: reserve o libere una primero.
range-starts = debe estar en el futuro, en un plazo máximo de tres años
