# English: the language of last resort, so it has every message. One message a line; names of messages begin with the mail's.

# How the script runs: ltr or rtl.
direction = ltr

## What every mail shares

greeting = Hello { $name },
greeting-unnamed = Hello,
link-hint = If the button does not work, copy this link into your browser:
signature = The MedicalPro team
automatic = This message was sent automatically. Please do not reply to it.

## Verification of the address that someone registered with. $clinic: the clinic's name; $hours: how long the link lives

verification-subject = Confirm your e-mail address for { $clinic }
verification-intro = Thank you for registering “{ $clinic }” with MedicalPro. One step is left: please confirm that this e-mail address is yours, and your account is ready.
verification-button = Confirm my e-mail address
verification-validity = The link is valid for { $hours ->
    [one] one hour
   *[other] { $hours } hours
}.
verification-ignore = If you did not register with MedicalPro, please ignore this message: without your confirmation, the account stays closed.

## The page behind a verification mail's link

verify-page-title = Confirm your e-mail address
verify-page-intro = One click, and your account is ready.
verify-page-button = Confirm
verify-page-done = Thank you: your e-mail address is confirmed. You can log in now.
verify-page-failed = This link is not valid any more: it was used already, or it has expired. You can ask for a new one.
verify-page-no-script = This page needs JavaScript to send your confirmation.
