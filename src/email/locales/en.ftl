# English: the language of last resort, so it has every message. One message a line; names of messages begin with the mail's.

# How the script runs: ltr or rtl.
direction = ltr

## Dates, times and amounts. ICU writes their parts (month, weekday, time, zone, number); how they stand together is said here.

# The Unicode locales that dates and amounts are written by; $region: the country of the clinic, as in “GB”.
# Europe's English: plain “en” is American to ICU.
dates = en-GB
amounts = { $region ->
    [CH] en-CH
   *[other] en-GB
}
day = { $weekday }, { $date }
moment = { $day } at { $time }
moment-zoned = { $moment } ({ $zone })
# $code: ISO 4217; $sign: “-” or nothing.
money = { $region ->
    [CH] { $code }{ "\u00A0" }{ $sign }{ $amount }
   *[other] { $code ->
        [EUR] { $sign }€{ $amount }
        [GBP] { $sign }£{ $amount }
       *[other] { $sign }{ $code }{ "\u00A0" }{ $amount }
    }
}
minutes = { $count ->
    [one] one minute
   *[other] { $count } minutes
}

## What mails share

greeting = Hello { $name },
greeting-unnamed = Hello,
# A line of the text part: what something is, and what it is.
fact = { $label }: { $value }
link-hint = If the button does not work, copy this link into your browser:
signature = The MedicalPro team
automatic = This message was sent automatically. Please do not reply to it.
automatic-clinic = This message was sent automatically on behalf of { $clinic }. Please do not reply to it.
valid-minutes = The link is valid for { $count ->
    [one] one minute
   *[other] { $count } minutes
} and works once.
valid-hours = The link is valid for { $count ->
    [one] one hour
   *[other] { $count } hours
} and works once.
valid-days = The link is valid for { $count ->
    [one] one day
   *[other] { $count } days
} and works once.
personal-link = This link is for you alone: please do not pass it on.
security-known = If this was you, there is nothing to do.
security-unknown = If it was not you, set another password at once by “Forgotten password” on the login page, and tell whoever runs your clinic’s accounts.

## What stands before a fact

label-when = When
label-practitioner = With
label-duration = Duration
label-place = Where
label-phone = Telephone
label-device = Device
label-network = Network
label-role = Your role
label-new-email = New address
label-consent = Consent
label-valid-until = Valid until
label-number = Number
label-total = Total

## What people do in a clinic

role-admin = Administrator
role-manager = Practice manager
role-practitioner = Practitioner
role-nurse = Nurse
role-secretary = Secretary
role-readonly = Read-only access

## Verification of the address that someone registered with. $clinic: the clinic's name

verification-subject = Confirm your e-mail address for { $clinic }
verification-intro = Thank you for registering “{ $clinic }” with MedicalPro. One step is left: please confirm that this e-mail address is yours, and your account is ready.
verification-button = Confirm my e-mail address
verification-ignore = If you did not register with MedicalPro, please ignore this message: without your confirmation, the account stays closed.

## A forgotten password

password-reset-subject = Choose a new password
password-reset-intro = Someone asked for a new password for your MedicalPro account. If it was you, choose one now: you will then be logged out everywhere else.
password-reset-button = Choose a new password
password-reset-ignore = If it was not you, please ignore this message: your password stays as it is.

## The password was changed

password-changed-subject = Your password was changed
password-changed-intro = The password of your MedicalPro account was changed.

## A log-in from a device that was not seen before

new-device-subject = New log-in to your account
new-device-intro = Your MedicalPro account was used from a device that we had not seen before.

## Invitation to work at a clinic. $inviter: a person's name

invitation-subject = Invitation to join { $clinic }
invitation-intro = { $inviter } invites you to join “{ $clinic }” on MedicalPro.
invitation-intro-unnamed = You are invited to join “{ $clinic }” on MedicalPro.
invitation-button = Accept the invitation
invitation-ignore = If you do not know this clinic, please ignore this message: without your consent, nothing happens.

## The clinic is ready

welcome-subject = Welcome to MedicalPro
welcome-intro = Your address is confirmed, and “{ $clinic }” is ready for you.
welcome-button = Log in
welcome-next = A good start: complete the details of your clinic, then invite your team.

## The clinic was suspended

suspended-subject = Access to { $clinic } is suspended
suspended-intro = Access to “{ $clinic }” on MedicalPro has been suspended: for the time being, nobody can log in to it.
suspended-kept = None of your data has been deleted.
suspended-contact = To have access restored, or if you think that this is a mistake, please contact MedicalPro’s support.

## Change of address: to the old one

email-change-old-subject = Agree to your new e-mail address
email-change-old-intro = Someone asked to change the e-mail address of your MedicalPro account. The change counts once it is confirmed from both addresses.
email-change-old-button = Agree to the change
email-change-old-ignore = If it was not you, do not agree: your address then stays as it is. And set another password, since someone seems to be using your account.

## Change of address: to the new one

email-change-new-subject = Confirm your new e-mail address
email-change-new-intro = This e-mail address is to become that of a MedicalPro account. Please confirm that it is yours.
email-change-new-button = Confirm this address
email-change-new-ignore = If you did not ask for this, please ignore this message: without your confirmation, nothing changes.

## The address was changed: to the old one

email-changed-subject = Your e-mail address was changed
email-changed-intro = Your MedicalPro account has a new e-mail address. This one cannot be used to log in any more.
email-changed-unknown = If it was not you, please contact MedicalPro’s support at once.

## Appointments. $moment: the day and the time

appointment-confirmation-subject = Your appointment on { $moment }
appointment-confirmation-intro = Your appointment at “{ $clinic }” is booked.
appointment-confirmation-button = View my appointment
appointment-confirmation-note = If you cannot come, please let us know as early as you can.
appointment-reminder-subject = Reminder: your appointment on { $moment }
appointment-reminder-intro = We would like to remind you of your appointment at “{ $clinic }”.
appointment-reminder-button = View my appointment
appointment-reminder-note = If you cannot come, please let us know as early as you can.
appointment-cancellation-subject = Cancelled: your appointment on { $moment }
appointment-cancellation-intro = Your appointment at “{ $clinic }” has been cancelled. It will not take place.
appointment-cancellation-button = View the details
appointment-cancellation-note = Please contact us if you would like another appointment.
appointment-answer = The link lets you confirm or cancel.

## A consent to be signed. Its title is about somebody's health: it is not in the subject

consent-to-sign-subject = A consent is waiting for your signature
consent-to-sign-intro = “{ $clinic }” asks you to read a consent and, if you agree, to sign it.
consent-to-sign-button = Read and sign
consent-to-sign-note = If you have questions, please ask us before you sign.

## A document. $kind: quote, invoice or credit_note

document-sent-subject = { $kind ->
    [quote] Your quote { $number }
    [credit_note] Your credit note { $number }
   *[invoice] Your invoice { $number }
}
document-sent-intro = { $kind ->
    [quote] “{ $clinic }” sends you a quote.
    [credit_note] “{ $clinic }” sends you a credit note.
   *[invoice] “{ $clinic }” sends you an invoice.
}
document-sent-button = { $kind ->
    [quote] View the quote
    [credit_note] View the credit note
   *[invoice] View the invoice
}
document-sent-note = Please contact us if anything is unclear.

## The page behind a verification mail's link

verify-page-title = Confirm your e-mail address
verify-page-intro = One click, and your account is ready.
verify-page-button = Confirm
verify-page-done = Thank you: your e-mail address is confirmed. You can log in now.
verify-page-failed = This link is not valid any more: it was used already, or it has expired. You can ask for a new one.

## Pages behind the links of mails

page-no-script = This page needs JavaScript to send your answer.
page-password = New password
page-password-known = Your password
page-password-hint = At least 12 characters; a few unrelated words make a good one.
page-first-name = Given name
page-last-name = Family name
page-terms = I accept the terms of service.
reset-page-title = Choose a new password
reset-page-intro = All devices that are logged in will have to log in again.
reset-page-button = Set the password
reset-page-done = Your password is set. You can log in with it now.
reset-page-failed = This link is not valid any more: it was used already, or it has expired. You can ask for a new one.
confirm-page-title = Confirm the change of address
confirm-page-intro = The address changes once both mailboxes have confirmed it.
confirm-page-button = Confirm
confirm-page-done = Thank you: your account has its new address. Please log in with it.
confirm-page-waiting = Thank you. The other mailbox has a message, too: the address changes once it is confirmed there.
confirm-page-failed = This link is not valid any more: it was used already, it has expired, or the address is not free.
invitation-page-title = Join your colleagues
invitation-page-intro = You have been invited to work here:
invitation-page-button = Accept the invitation
invitation-page-done = Welcome! You can log in now.
invitation-page-failed = This invitation is not valid any more: it was used already, it has expired, or it was withdrawn. Please ask whoever invited you for a new one.

## The page behind the link of an appointment’s mail, and the calendar that practitioners subscribe to

appointment-page-clinic = Practice
appointment-page-title = Your appointment
appointment-page-no-script = This page needs JavaScript to show your appointment and send your answer: switch it on, or call the practice.
appointment-page-intro = Will you come? Your answer tells the practice.
appointment-page-loading = One moment …
appointment-page-confirm = I will come
appointment-page-cancel = Cancel the appointment
appointment-page-sure = Do you really want to cancel this appointment?
appointment-page-sure-yes = Yes, cancel it
appointment-page-sure-no = No, keep it
appointment-page-confirmed = Thank you: your appointment is confirmed.
appointment-page-cancelled = Your appointment is cancelled. It will not take place.
appointment-page-late = It is too late to cancel the appointment here: please call the practice.
appointment-page-used = You have answered by this link already.
appointment-page-failed = This link is not valid: it is incomplete, or the appointment is over, was moved, or was cancelled. Please contact the practice.
appointment-page-retry = That did not work. Please try again in a moment.
appointment-page-again = Try again
appointment-page-call = If you cannot come, please call the practice.
calendar-name = Appointments
calendar-event = Appointment
