//! What each mail says: which messages, with which values, in which order.
//!
//! A mail's own messages are named after its kind: `verification-subject`, `verification-intro`, `verification-button`.
//! Facts stand apart from the sentences, so that no sentence has to be bent around a date or a name.

use fluent_bundle::FluentValue;
use serde::Serialize;

use super::RenderError;
use super::harmless::{checked_link, harmless_address, harmless_name, harmless_network, harmless_phone, one_line};
use super::speaker::Speaker;
use crate::email::{Appointment, Mail, Practice, Reader};

/// What a mail says, before it is laid out.
#[derive(Serialize)]
pub(super) struct Letter<'a> {
    pub(super) subject: String,
    greeting: String,
    paragraphs: Vec<String>,
    facts: Vec<Fact>,
    /// The one button.
    action: Option<Action<'a>>,
    notes: Vec<String>,
    signature: String,
    automatic: String,
}

/// What is to be seen at a glance.
#[derive(Serialize)]
struct Fact {
    label: String,
    lines: Vec<String>,
    /// Both in one line, for the text.
    text: String,
}

#[derive(Serialize)]
struct Action<'a> {
    label: String,
    link: &'a str,
}

impl<'a> Letter<'a> {
    /// Writes a mail in the speaker's language.
    pub(super) fn write(mail: &Mail<'a>, speaker: &Speaker<'_>, reader: &Reader) -> Result<Self, RenderError> {
        let pen = |values| Pen { speaker, reader, prefix: mail.kind().replace('_', "-"), values };
        match *mail {
            Mail::Verification { clinic, name, link, valid_hours } => {
                let pen = pen(vec![("clinic", harmless_name(clinic).into())]);
                pen.asking(pen.letter(name)?, link, "valid-hours", valid_hours)
            }
            Mail::PasswordReset { name, link, valid_minutes } => {
                let pen = pen(Vec::new());
                pen.asking(pen.letter(name)?, link, "valid-minutes", valid_minutes)
            }
            Mail::PasswordChanged { name, at } => {
                let pen = pen(Vec::new());
                Ok(Self {
                    facts: vec![pen.fact("label-when", speaker.moment_with_zone(reader, at)?)?],
                    notes: vec![speaker.say("security-known")?, speaker.say("security-unknown")?],
                    ..pen.letter(name)?
                })
            }
            Mail::NewDevice { name, device, at, network } => {
                let pen = pen(Vec::new());
                let mut facts = vec![
                    pen.fact("label-device", harmless_name(device))?,
                    pen.fact("label-when", speaker.moment_with_zone(reader, at)?)?,
                ];
                facts.extend(pen.optional("label-network", network.map(harmless_network))?);
                Ok(Self {
                    facts,
                    notes: vec![speaker.say("security-known")?, speaker.say("security-unknown")?],
                    ..pen.letter(name)?
                })
            }
            Mail::Invitation { name, clinic, inviter, role, link, valid_days } => {
                let inviter = inviter.map(harmless_name).filter(|name| !name.is_empty());
                let intro = if inviter.is_some() { "intro" } else { "intro-unnamed" };
                let mut values = vec![("clinic", harmless_name(clinic).into())];
                values.extend(inviter.map(|name| ("inviter", name.into())));
                let pen = pen(values);
                let role = pen.fact("label-role", speaker.say(&format!("role-{}", role.name()))?)?;
                let letter = Self { facts: vec![role], ..pen.letter_beginning(intro, name)? };
                pen.asking(letter, link, "valid-days", valid_days)
            }
            Mail::Welcome { name, clinic, link } => {
                let pen = pen(vec![("clinic", harmless_name(clinic).into())]);
                Ok(Self { action: Some(pen.action(link)?), notes: vec![pen.own("next")?], ..pen.letter(name)? })
            }
            Mail::Suspended { name, clinic } => {
                let pen = pen(vec![("clinic", harmless_name(clinic).into())]);
                Ok(Self { notes: vec![pen.own("kept")?, pen.own("contact")?], ..pen.letter(name)? })
            }
            Mail::EmailChangeOld { name, new_email, link, valid_hours } => {
                let pen = pen(Vec::new());
                let address = pen.fact("label-new-email", harmless_address(new_email))?;
                let letter = Self { facts: vec![address], ..pen.letter(name)? };
                pen.asking(letter, link, "valid-hours", valid_hours)
            }
            Mail::EmailChangeNew { name, link, valid_hours } => {
                let pen = pen(Vec::new());
                pen.asking(pen.letter(name)?, link, "valid-hours", valid_hours)
            }
            Mail::EmailChanged { name, new_email } => {
                let pen = pen(Vec::new());
                Ok(Self {
                    facts: vec![pen.fact("label-new-email", harmless_address(new_email))?],
                    notes: vec![speaker.say("security-known")?, pen.own("unknown")?],
                    ..pen.letter(name)?
                })
            }
            Mail::AppointmentConfirmation(appointment) | Mail::AppointmentReminder(appointment) => {
                let minutes = speaker.say_with("minutes", &[("count", appointment.minutes.into())])?;
                let moment = appointment_moment(&appointment, speaker, reader)?;
                about_appointment(&appointment, &pen(of_appointment(&appointment, &moment)), moment, Some(minutes))
            }
            Mail::AppointmentCancellation(appointment) => {
                let moment = appointment_moment(&appointment, speaker, reader)?;
                about_appointment(&appointment, &pen(of_appointment(&appointment, &moment)), moment, None)
            }
            Mail::ConsentToSign { patient, clinic, title, link, valid_until } => {
                let pen = pen(vec![("clinic", harmless_name(clinic.name).into())]);
                let facts = vec![
                    pen.fact("label-consent", harmless_name(title))?,
                    pen.fact("label-valid-until", speaker.moment_with_zone(reader, valid_until)?)?,
                ];
                pen.personal(patient, &clinic, facts, link)
            }
            Mail::DocumentSent { patient, clinic, kind, number, total, currency, link } => {
                let number = harmless_name(number);
                let pen = pen(vec![
                    ("clinic", harmless_name(clinic.name).into()),
                    ("kind", kind.name().into()),
                    ("number", number.clone().into()),
                ]);
                let facts = vec![
                    pen.fact("label-number", number)?,
                    pen.fact("label-total", speaker.money(reader, total, currency)?)?,
                ];
                pen.personal(patient, &clinic, facts, link)
            }
        }
    }
}

type Values = Vec<(&'static str, FluentValue<'static>)>;

/// Writes one mail to one reader.
struct Pen<'p> {
    speaker: &'p Speaker<'p>,
    reader: &'p Reader,
    /// What the mail's own messages begin with.
    prefix: String,
    /// What any of them may name.
    values: Values,
}

impl Pen<'_> {
    /// A message of this mail.
    fn own(&self, message: &str) -> Result<String, RenderError> {
        self.speaker.say_with(&format!("{}-{message}", self.prefix), &self.values)
    }

    fn fact(&self, label: &str, value: String) -> Result<Fact, RenderError> {
        self.fact_of_lines(label, vec![value])
    }

    fn fact_of_lines(&self, label: &str, lines: Vec<String>) -> Result<Fact, RenderError> {
        let label = self.speaker.say(label)?;
        let values = [("label", label.as_str().into()), ("value", lines.join(", ").into())];
        let text = self.speaker.say_with("fact", &values)?;
        Ok(Fact { label, lines, text })
    }

    fn optional(&self, label: &str, value: Option<String>) -> Result<Option<Fact>, RenderError> {
        value.filter(|value| !value.is_empty()).map(|value| self.fact(label, value)).transpose()
    }

    fn action<'a>(&self, link: &'a str) -> Result<Action<'a>, RenderError> {
        Ok(Action { label: self.own("button")?, link: checked_link(link)? })
    }

    /// The letter, with the link that its reader may or may not follow.
    fn asking<'a>(
        &self,
        letter: Letter<'a>,
        link: &'a str,
        validity: &str,
        count: u32,
    ) -> Result<Letter<'a>, RenderError> {
        let validity = self.speaker.say_with(validity, &[("count", count.into())])?;
        Ok(Letter { action: Some(self.action(link)?), notes: vec![validity, self.own("ignore")?], ..letter })
    }

    /// Ours, with nothing in it but how it begins.
    fn letter<'a>(&self, name: Option<&str>) -> Result<Letter<'a>, RenderError> {
        self.letter_beginning("intro", name)
    }

    fn letter_beginning<'a>(&self, intro: &str, name: Option<&str>) -> Result<Letter<'a>, RenderError> {
        Ok(Letter {
            subject: one_line(&self.own("subject")?),
            greeting: self.speaker.greeting(name)?,
            paragraphs: vec![self.own(intro)?],
            facts: Vec::new(),
            action: None,
            notes: Vec::new(),
            signature: self.speaker.say("signature")?,
            automatic: self.speaker.say("automatic")?,
        })
    }

    /// A clinic's to its patient: the clinic signs.
    fn clinics_letter<'a>(&self, patient: &str, clinic: &Practice<'_>) -> Result<Letter<'a>, RenderError> {
        let clinic = harmless_name(clinic.name);
        Ok(Letter {
            automatic: self.speaker.say_with("automatic-clinic", &[("clinic", clinic.as_str().into())])?,
            signature: clinic,
            ..self.letter(Some(patient))?
        })
    }

    /// A clinic's to its patient, with a link that is for nobody else.
    fn personal<'a>(
        &self,
        patient: &str,
        clinic: &Practice<'_>,
        mut facts: Vec<Fact>,
        link: &'a str,
    ) -> Result<Letter<'a>, RenderError> {
        facts.extend(self.optional("label-phone", clinic.phone.map(harmless_phone))?);
        Ok(Letter {
            facts,
            action: Some(self.action(link)?),
            notes: vec![self.own("note")?, self.speaker.say("personal-link")?],
            ..self.clinics_letter(patient, clinic)?
        })
    }
}

/// Patients come to where the clinic is: its zone need only be named where it is not the country's usual one.
fn appointment_moment(
    appointment: &Appointment<'_>,
    speaker: &Speaker<'_>,
    reader: &Reader,
) -> Result<String, RenderError> {
    if reader.time_zone == reader.region.time_zone {
        speaker.moment(reader, appointment.start)
    } else {
        speaker.moment_with_zone(reader, appointment.start)
    }
}

fn of_appointment(appointment: &Appointment<'_>, moment: &str) -> Values {
    vec![("clinic", harmless_name(appointment.clinic.name).into()), ("moment", moment.to_owned().into())]
}

fn about_appointment<'a>(
    appointment: &Appointment<'a>,
    pen: &Pen<'_>,
    moment: String,
    minutes: Option<String>,
) -> Result<Letter<'a>, RenderError> {
    let clinic = &appointment.clinic;
    let mut place = vec![harmless_name(clinic.name)];
    place.extend(clinic.facility.map(harmless_name));
    place.extend(clinic.address.lines(pen.reader.region).iter().map(|line| harmless_name(line)));
    let mut facts =
        vec![pen.fact("label-when", moment)?, pen.fact("label-practitioner", harmless_name(appointment.practitioner))?];
    // What is called off asks for no answer.
    let answer = appointment.link.and(minutes.as_ref()).map(|_| pen.speaker.say("appointment-answer")).transpose()?;
    facts.extend(pen.optional("label-duration", minutes)?);
    facts.push(pen.fact_of_lines("label-place", place)?);
    facts.extend(pen.optional("label-phone", clinic.phone.map(harmless_phone))?);
    Ok(Letter {
        facts,
        action: appointment.link.map(|link| pen.action(link)).transpose()?,
        notes: answer.into_iter().chain([pen.own("note")?]).collect(),
        ..pen.clinics_letter(appointment.patient, clinic)?
    })
}
