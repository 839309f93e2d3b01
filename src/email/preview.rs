//! Every mail as it would be sent, written to a folder with a page to look at them: `medicalpro mail preview`.
//!
//! The people and places are made up in no language, so that a mail's own words stand out, and so that neither a new
//! language nor a new region has anything to add here.
//!
//! Invariant: it writes only into a folder that is new, empty, or written by itself; it deletes nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use minijinja::{Environment, UndefinedBehavior, context};
use serde::Serialize;

use super::{Appointment, DocumentKind, Mail, PostalAddress, Practice, Reader, Rendered, render};
use crate::ids::Role;
use crate::region::{Language, Region};

/// The page, and what tells a folder of ours.
const INDEX: &str = "index.html";
const MARK: &str = "<!-- medicalpro mail preview -->";

/// A link like those that are sent: with a token of the usual length.
macro_rules! link {
    ($page:literal) => {
        concat!("https://example.org/", $page, "#token=EXAMPLE-1234567890abcdefghijklmnopqrstuvwxy")
    };
}

/// What was written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// How many mails.
    pub mails: usize,
    /// The page that shows them.
    pub index: PathBuf,
}

/// One mail of the page.
#[derive(Serialize)]
struct Shown {
    locale: String,
    lang: &'static str,
    subject: String,
    text: String,
    html_file: String,
    text_file: String,
}

/// Mails that are looked at side by side.
#[derive(Serialize)]
struct Group {
    title: String,
    mails: Vec<Shown>,
}

/// Writes every mail in every language, each in a region where it is at home, and some mails for every region.
///
/// # Errors
/// The folder holds something else, or cannot be written.
pub fn write(directory: &Path) -> anyhow::Result<Written> {
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    ensure!(
        is_ours_or_empty(directory)?,
        "{} is not empty, and not a preview: nothing was written",
        directory.display()
    );

    let at_home: Vec<Reader> = Language::all().filter_map(|language| Some(reader(language, home(language)?))).collect();
    let everywhere: Vec<Reader> = Region::all().iter().map(|region| reader(region.language(), region)).collect();
    let mut groups = Vec::new();
    // Which there are does not depend on the currency.
    let kinds = samples("EUR");
    for Sample { name, .. } in &kinds {
        groups.push(group(directory, name, name.clone(), &at_home)?);
    }
    for Sample { name, .. } in kinds.iter().filter(|sample| sample.in_every_region) {
        groups.push(group(directory, name, format!("{name}, in every region"), &everywhere)?);
    }

    let index = directory.join(INDEX);
    std::fs::write(&index, page(&groups)?).with_context(|| format!("cannot write {}", index.display()))?;
    let mut files: Vec<&str> = groups.iter().flat_map(|group| &group.mails).map(|mail| &*mail.html_file).collect();
    files.sort_unstable();
    files.dedup();
    Ok(Written { mails: files.len(), index })
}

fn is_ours_or_empty(directory: &Path) -> anyhow::Result<bool> {
    let index = directory.join(INDEX);
    if index.is_file() {
        return Ok(std::fs::read_to_string(index).is_ok_and(|page| page.contains(MARK)));
    }
    Ok(std::fs::read_dir(directory)?.next().is_none())
}

/// The language's own country where it has one, else one that writes in it.
fn home(language: Language) -> Option<&'static Region> {
    let in_it = |region: &&Region| region.default_language == language.tag();
    Region::parse(language.tag()).or_else(|| Region::all().iter().find(in_it)).or_else(|| Region::all().first())
}

fn reader(language: Language, region: &'static Region) -> Reader {
    Reader { language, region, time_zone: region.time_zone }
}

fn group(directory: &Path, name: &str, title: String, readers: &[Reader]) -> anyhow::Result<Group> {
    let mut mails = Vec::new();
    for reader in readers {
        let samples = samples(reader.region.currency);
        let sample = samples.iter().find(|sample| sample.name == name).context("no such mail")?;
        let Rendered { language, subject, text, html } = render(&sample.mail, reader)?;
        let locale = format!("{}-{}", language.tag(), reader.region.country);
        let file = |extension| format!("{name}.{locale}.{extension}");
        let (html_file, text_file) = (file("html"), file("txt"));
        for (name, content) in [(&html_file, html), (&text_file, format!("{subject}\n\n{text}"))] {
            let path = directory.join(name);
            std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        }
        mails.push(Shown { locale, lang: language.tag(), subject, text, html_file, text_file });
    }
    Ok(Group { title, mails })
}

fn page(groups: &[Group]) -> anyhow::Result<String> {
    let mut pages = Environment::new();
    pages.set_undefined_behavior(UndefinedBehavior::Strict);
    pages.add_template("preview.html", include_str!("templates/preview.html"))?;
    let groups = minijinja::value::Serde(groups);
    Ok(pages
        .get_template("preview.html")?
        .render(context! { mark => minijinja::Value::from_safe_string(MARK.into()), groups })?)
}

/// A mail, and how it is called in the folder.
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) mail: Mail<'static>,
    /// Whether it says what regions write differently.
    in_every_region: bool,
}

/// Each kind of mail at least once; amounts are of this currency.
pub(super) fn samples(currency: &'static str) -> Vec<Sample> {
    let name = Some("Ada");
    let clinic = "Medica Exempla";
    let new_email = "ada@example.org";
    let at = moment();
    let account = [
        Mail::Verification { clinic, name, link: link!("verify-email"), valid_hours: 24 },
        Mail::PasswordReset { name, link: link!("reset-password"), valid_minutes: 30 },
        Mail::PasswordChanged { name, at },
        Mail::NewDevice { name, device: "Firefox, Linux", at, network: Some("203.0.113.0/24") },
        Mail::Invitation {
            name: None,
            clinic,
            inviter: Some("Ada Exempla"),
            role: Role::Secretary,
            link: link!("invitation"),
            valid_days: 7,
        },
        Mail::Welcome { name, clinic, link: "https://example.org/" },
        Mail::Suspended { name, clinic },
        Mail::EmailChangeOld { name, new_email, link: link!("email-change"), valid_hours: 24 },
        Mail::EmailChangeNew { name, link: link!("email-change"), valid_hours: 24 },
        Mail::EmailChanged { name, new_email },
    ];
    let appointment = Appointment {
        patient: PATIENT,
        practitioner: "Dr. Ada Exempla",
        start: at,
        minutes: 30,
        clinic: PRACTICE,
        link: Some(link!("appointment")),
    };
    let patients = [
        Mail::AppointmentConfirmation(appointment),
        Mail::AppointmentReminder(appointment),
        Mail::AppointmentCancellation(Appointment { link: None, ..appointment }),
        Mail::ConsentToSign {
            patient: PATIENT,
            clinic: PRACTICE,
            title: "Exemplum 2",
            link: link!("consent"),
            valid_until: at + TimeDelta::days(14),
        },
    ];
    let documents = DocumentKind::ALL.map(|kind| Mail::DocumentSent {
        patient: PATIENT,
        clinic: PRACTICE,
        kind,
        number: "EX-2026-000042",
        total: if kind == DocumentKind::CreditNote { -4_550 } else { 1_234_550 },
        currency,
        link: link!("document"),
    });
    let one = |mail: Mail<'static>| {
        let in_every_region = matches!(mail, Mail::AppointmentReminder(_));
        Sample { name: mail.kind().to_owned(), mail, in_every_region }
    };
    let document = |mail: Mail<'static>| match mail {
        Mail::DocumentSent { kind, .. } => Sample {
            name: format!("{}-{}", mail.kind(), kind.name()),
            mail,
            in_every_region: kind == DocumentKind::Invoice,
        },
        other => one(other),
    };
    account.into_iter().chain(patients).map(one).chain(documents.into_iter().map(document)).collect()
}

const PATIENT: &str = "Robin Exemplum";

/// The telephone's country code is assigned to nobody.
const PRACTICE: Practice<'static> = Practice {
    name: "Medica Exempla",
    facility: None,
    address: PostalAddress {
        line1: Some("Via Exempla 1"),
        line2: None,
        postal_code: Some("1234"),
        city: Some("Exemplum"),
    },
    phone: Some("+999 20 7946 0000"),
};

/// A Thursday afternoon in winter.
fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_699_800, 0).unwrap_or_default()
}
