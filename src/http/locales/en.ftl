# English. These are the texts as the code writes them: by them the other languages' are found, so that a change here is a change there.
# A key is the problem's code, and behind a hyphen what tells texts of one code apart.

## What the statuses mean

title-400 = Bad Request
title-401 = Unauthorized
title-403 = Forbidden
title-404 = Not Found
title-405 = Method Not Allowed
title-409 = Conflict
title-412 = Precondition Failed
title-413 = Payload Too Large
title-415 = Unsupported Media Type
title-422 = Unprocessable Entity
title-429 = Too Many Requests
title-500 = Internal Server Error
title-503 = Service Unavailable

## Requests that cannot be read

bad_request = The request cannot be read.
bad_request-host = There is more than one Host.
bad_request-header = There is more than one { $name }.
malformed_query = The query is not UTF-8.
malformed_json = The body is not valid JSON in UTF-8.
duplicate_key = An object has the same key twice.
json_too_deep = The body is nested more than 64 levels deep.
incomplete_body = The body could not be read.
invalid_cursor = This cursor was not given out for this list.

## Who is asking

unauthenticated = An access token is required.
token_invalid = The access token is not valid.
token_invalid-field = is not valid, was used already, or has expired
token_expired = The access token has expired.
token_outdated = The role has changed: refresh the token.
session_ended = The session has ended.
refresh_token_invalid = The refresh token is not valid.
credentials_invalid = The address or the password is wrong.
email_not_verified = The e-mail address is not verified yet.
no_such_membership = You do not work at this clinic.
clinic_suspended = The clinic is suspended.
forbidden = Your role does not allow this operation.

## What is there, and what collides

not_found = There is nothing here.
method_not_allowed = This path does not have this method; Allow names those it has.
email_taken = An account with this e-mail address exists already.
company_email_taken = A clinic with this e-mail address exists already.
request_in_progress = A request with this key is being answered.
conflict = This collides with what is stored already.
reference_missing = The request refers to something that does not exist.
illegal_transition = The resource is not in a state that allows this step.
immutable = What is signed, issued or logged cannot be changed.
patient_number_taken = Another patient has this number.
patient_has_appointments = The patient has appointments to come.
merge_chain = Others were merged into this patient: undo that first, or merge the other way round.
precondition_failed = The resource has changed since the version named in If-Match.
body_too_large = The body is larger than { $limit } bytes.
unsupported_media_type = The body must be { $expected }.
rate_limited = Too many requests: try again later.
database_busy = The service is busy: try again in a moment.
internal = This is our fault. The request's id names it in our log.

## Invalid fields: each goes on where the name of the field ends

invalid = Some fields are not valid.
invalid-body = The body is not valid.
invalid-field = is not valid
invalid-value = A value is outside what is allowed.
required = is required
null = must not be null
type = must be of type { $expected }
unknown_field = is not a field of this request
unknown_field-long = has a field that is not known
not_allowed = must be one of: { $allowed }
not_allowed-country = is not a country that we serve
nul = Texts must not contain NUL.
too_short = must have at least { $min } characters
too_long = must have at most { $max } characters
too_many = has too many items
too_many-words = must be at most six words
same_patient = must be another patient
range = is outside the allowed range
range-birth = must lie between 1850-01-01 and today
range-date = A date is outside what is allowed.
idempotency_key_reused = was used with another request
format-ascii = must be of ASCII characters
format-blank = must not be blank
format-control = must not contain control characters
format-country = must be a country's two capital letters (ISO 3166-1)
format-date = must be a date, YYYY-MM-DD
format-email = must be an e-mail address
format-entity_tags = must be * or entity tags, such as "3"
format-language = must be a language, such as fr or fr-BE
format-long = is too long
format-nul = must not contain NUL
format-phone = must be a telephone number in international form, +33 …
format-short = is too short
format-time = must be an RFC 3339 time
format-time_zone = must be a time zone of the IANA database
format-uuid = must be a UUID

## Numbers that countries lay down

business_number_invalid = is not a valid { $name }, such as { $example }
vat_number_invalid = is not a valid VAT number of { $country }, such as { $example }
postal_code_invalid = is not a postal code of { $country }, such as { $example }
phone_invalid = is not a valid telephone number, such as { $example }
iban_invalid = is not a valid IBAN

## Appointments

practitioner_busy = The practitioner has another appointment at this time.
patient_busy = The patient has another appointment at this time.
room_busy = The room is taken at this time.
slot_held = Somebody is about to book this time.
hold_expired = The hold has expired, or is of another time.
not_bookable = This cannot be booked on that day.
licence_expired = The practitioner's licence has expired by that day.
room_elsewhere = The room is of another facility.
range-start = must lie between ten years ago and three years from now
illegal_transition-appointment = The appointment is { $status }: this step is not possible.
illegal_transition-early = The appointment has not begun yet.
series_conflict = Some days of the series are taken.
until_or_count = either this or count is required
range-series = must lie within two years of the first day, after 104 appointments at most

## Staff and invitations

admins_only = Only an administrator may do this with an administrator.
own_role = Nobody changes their own role.
last_admin = A clinic needs an administrator: make somebody else one first.
no_seat = All seats of the subscription are taken, by staff or by open invitations.
already_invited = An invitation to this e-mail address is open: send it again, or withdraw it.
already_member = You work at this clinic already.
already_member-address = Whoever has this address works here already.
clinic_not_active = The clinic is not active.
clinic_not_suspended = The clinic is not suspended.
no_isolation_report = No isolation report was kept yet: `medicalpro verify --keep` keeps one.
platform_account = Who runs the platform works at no clinic: use another address.
account_deactivated = The account of this address is deactivated.
practitioner_exists = This person is a practitioner already.
registration_number_taken = Another practitioner has this number.
missing-password = is required: the one that you log in with
member_deactivated = This person does not work here any more.
missing-account = is required: this address has no account yet
missing-name = is not in the person's account yet
format-color = must be a colour in lower-case hexadecimal, such as #2e7d32

## The clinic, its places and closed days

overlap = must not overlap other hours of the same weekday
unknown_subdivision = is not a part of the clinic's country whose public holidays are known
range-holidays = must lie on the first day or at most three years later
facility_has_appointments = The facility has appointments to come.
facility_has_hours = Practitioners have hours at the facility.
facility_has_practitioners = Practitioners mostly work at the facility.
facility_has_rooms = The facility has rooms: delete them first.
room_has_appointments = The room has appointments to come.
room_name_taken = Another room of the facility has this name.
## Files

malformed_csv = The file is not in UTF-8.
malformed_csv-header = The file has no header.
too_many-lines = must be at most { $max } lines
more = Not listed: { $count } further fields.
cells = has another number of cells than the header
duplicate_column = stands in the header twice
unknown_column = is not a column of this file
duplicate = says the same as line { $line }

## Practitioners, their hours, the calendar

practitioner_has_appointments = The practitioner has appointments to come.
hours_overlap = The practitioner has other hours at this time of the week.
required-kind = is required of this kind
required-range = is required beside the other end of the range
not_allowed-weekly = is for weekly hours only
range-ends = must be later than the beginning
range-days = must not lie before the first day
range-many = must end a range of at most { $most } days
too_many-appointments = must leave at most 5000 appointments: ask for fewer days, or for one practitioner
format-clock = must be a time, HH:MM
## The catalogue, items and quotes

category_name_taken = Another category beside it has this name.
category_ring = is the category itself, or lies below it
category_too_deep = is too deep: categories lie eight deep at most
category_in_use = The category holds other categories or products.
product_code_taken = Another product has this code.
not_a_service = is for services only
tax_category_unknown = is no tax category of the clinic's country
product_decides = is the product's: leave it out
required-product = is required where there is no product
product_not_offered = The product is not offered on the appointment's day.
nothing_accepted = The patient has accepted nothing that is on no quote yet.
quote_too_large = What the patient has accepted comes to more than a quote can hold.
format-quantity = must be a number above 0 with at most three decimals

## Accounts, passwords and the second factor

format-code = must be six digits, or a recovery code
email_taken-change = The new address has an account of its own by now: the change has ended.
email_unchanged = is your address already
password_wrong = is not your password
password_changed = The password was changed meanwhile.
second_factor_enrolment_required = The clinic asks for a second factor: begin with POST /api/v1/auth/totp.
second_factor_enrolment_required-own = Whoever asks for a second factor needs one first.
second_factor_enrolment_required-platform = The platform asks for a second factor: begin with POST /api/v1/auth/totp.
password_common = is one of the most common passwords: choose another
password_contains_name = is too easy to guess from your or the clinic's name or address: add a few words that have nothing to do with them
password_too_weak = is too easy to guess: add another word or two, uncommon ones
password_too_weak-dates = is too easy to guess: dates and years are tried first; use a few uncommon words
password_too_weak-names = is too easy to guess: names are tried first; add a few uncommon words
password_too_weak-repetition = is too easy to guess: repetition adds little; use a few uncommon words
password_too_weak-keys = is too easy to guess: rows of keys are tried first; use a few uncommon words
password_too_weak-sequences = is too easy to guess: sequences such as abc or 6543 are tried first; use a few uncommon words
code_invalid = The code is wrong, or was used already.
code_invalid-field = is wrong, or was used already
code_required = The code of the second factor is required.
totp_not_begun = Begin with a second factor first.
totp_enabled = You have a second factor already: disable it first.
totp_not_enabled = You have no second factor.
last_admin-own = You are the only administrator of a clinic: make somebody else one first.

## Links that patients hold

link_used = This link was used already.
too_late_to_cancel = It is too late to cancel the appointment here: please call the clinic.
## Slots and holds

slot_taken = This time is booked already.
too_many_holds = You hold 20 times already: book or release one first.
range-starts = must lie in the future, and within three years
