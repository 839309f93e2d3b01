//! Patients as lines of a file: its columns, how a line is written, and how one is read and checked.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use csv::StringRecord;
use poem_openapi::types::{ParseFromJSON as _, ToJSON as _};
use serde_json::{Value, json};

use super::BIRTH_DATE_BOUNDS;
use super::model::{NewPatient, Patient, sort_name};
use crate::api::csv::{Sheet, Table, plain, refusals};
use crate::api::schema;
use crate::error::{FieldError, Result};
use crate::region::Region;

/// The columns, and where they stand in [`NewPatient`].
const COLUMNS: [(&str, &str); 14] = [
    ("patientNumber", "/patientNumber"),
    ("firstName", "/firstName"),
    ("lastName", "/lastName"),
    ("birthDate", "/birthDate"),
    ("gender", "/gender"),
    ("email", "/email"),
    ("phone", "/phone"),
    ("addressLine1", "/address/line1"),
    ("addressLine2", "/address/line2"),
    ("postalCode", "/address/postalCode"),
    ("city", "/address/city"),
    ("country", "/address/country"),
    ("language", "/language"),
    ("notes", "/notes"),
];

/// Patients to be entered.
#[derive(Debug)]
pub enum Entered {}

impl Table for Entered {
    const EXAMPLE: &'static str = "firstName,lastName,birthDate,phone,addressLine1,postalCode,city,country\r\n\
                                   Camille,Durand,1984-02-29,+33 1 42 68 53 00,12 rue de la Paix,75002,Paris,FR\r\n";
}

/// Patients that are listed.
#[derive(Debug)]
pub enum Listed {}

impl Table for Listed {
    const EXAMPLE: &'static str = "id,patientNumber,firstName,lastName,birthDate,gender,email,phone,addressLine1,addressLine2,postalCode,city,country,language,notes\r\n\
                                   019b76da-a800-7000-8000-000000000001,P-000042,Camille,Durand,1984-02-29,female,,'+33 1 42 68 53 00,12 rue de la Paix,,75002,Paris,FR,fr,\r\n";
}

/// The header of a list.
pub(super) fn header() -> Vec<Cow<'static, str>> {
    ["id"].into_iter().chain(COLUMNS.map(|(name, _)| name)).map(Cow::Borrowed).collect()
}

/// The line of a patient.
pub(super) fn line(patient: &Patient) -> Vec<Cow<'static, str>> {
    let json = patient.to_json().unwrap_or_default();
    let cell = |pointer| json.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    ["/id"].into_iter().chain(COLUMNS.map(|(_, pointer)| pointer)).map(|pointer| cell(pointer).into()).collect()
}

/// A line that was read: its number, and the patient that it says.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) patient: NewPatient,
}

/// Reads a file, by the rules of a region.
///
/// # Errors
/// 422 with all that is wrong: `/lines/12/birthDate` is the cell of this column in the line that begins at the file's twelfth.
pub(super) fn read(raw: &[u8], region: &'static Region) -> Result<Vec<Line>> {
    let sheet = Sheet::read(raw)?;
    let mut errors = Vec::new();
    let columns = columns(&sheet.columns, &mut errors);
    if !errors.is_empty() {
        return Err(refusals(errors));
    }
    let mut lines = Vec::with_capacity(sheet.lines.len());
    for (number, record) in sheet.lines {
        if record.len() == columns.len() {
            match patient(&columns, &record, region) {
                Ok(patient) => lines.push(Line { number, patient }),
                Err(found) => errors.extend(found.into_iter().map(|error| of_line(number, error))),
            }
        } else {
            let detail = "has another number of cells than the header";
            errors.push(FieldError::new(format!("/lines/{number}"), "cells", detail));
        }
    }
    repeated(&lines, &mut errors);
    if errors.is_empty() { Ok(lines) } else { Err(refusals(errors)) }
}

/// Where each column stands in [`NewPatient`].
fn columns(names: &[String], errors: &mut Vec<FieldError>) -> Vec<&'static str> {
    let mut known: Vec<&'static str> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let pointer = format!("/header/{}", index + 1);
        match COLUMNS.iter().find(|(column, _)| column == name) {
            Some((_, stands)) if known.contains(stands) => {
                errors.push(FieldError::new(pointer, "duplicate_column", "stands in the header twice"));
            }
            Some((_, stands)) => known.push(stands),
            None => errors.push(FieldError::new(pointer, "unknown_column", "is not a column of this file")),
        }
    }
    for (name, stands) in COLUMNS.iter().filter(|(name, _)| ["firstName", "lastName"].contains(name)) {
        if !known.contains(stands) {
            errors.push(FieldError::new(format!("/header/{name}"), "required", "is required"));
        }
    }
    known
}

/// The patient that a line says; an empty cell is none.
fn patient(
    columns: &[&'static str],
    record: &StringRecord,
    region: &'static Region,
) -> Result<NewPatient, Vec<FieldError>> {
    let mut value = json!({});
    for (pointer, cell) in columns.iter().zip(record) {
        let cell = plain(cell.trim());
        if cell.is_empty() {
            continue;
        }
        match pointer.strip_prefix("/address/") {
            Some(field) => value["address"][field] = cell.into(),
            None => value[&pointer[1..]] = cell.into(),
        }
    }
    schema::check::<NewPatient>(&mut value, region, false)?;
    let invalid = || FieldError::new("", "invalid", "The body is not valid.");
    let patient = NewPatient::parse_from_json(Some(value)).map_err(|_| vec![invalid()])?;
    // What the table's own CHECK says, of which nobody could tell in which line it was broken.
    if patient.birth_date.is_some_and(|day| !("1850-01-01"..="2200-01-01").contains(&&*day.0.to_string())) {
        let message = &BIRTH_DATE_BOUNDS;
        return Err(vec![FieldError::new(message.pointer, message.code, message.detail)]);
    }
    Ok(patient)
}

/// An error in a line, at its column.
fn of_line(number: u64, error: FieldError) -> FieldError {
    let column = COLUMNS.iter().find(|(_, pointer)| *pointer == error.pointer).map(|(name, _)| *name);
    let pointer = column.map_or_else(|| format!("/lines/{number}"), |name| format!("/lines/{number}/{name}"));
    FieldError { pointer, ..error }
}

/// One number, or one name with one date of birth, in two lines.
fn repeated(lines: &[Line], errors: &mut Vec<FieldError>) {
    let mut first: HashMap<(&str, String), u64> = HashMap::new();
    for Line { number, patient } in lines {
        let filed = patient.patient_number.as_ref().map(|filed| ("patientNumber", filed.as_str().to_owned()));
        let born = patient
            .birth_date
            .map(|day| ("birthDate", format!("{} {}", sort_name(&patient.last_name, &patient.first_name), day.0)));
        for (column, key) in filed.into_iter().chain(born) {
            match first.entry((column, key)) {
                Entry::Vacant(place) => drop(place.insert(*number)),
                Entry::Occupied(earlier) => {
                    let pointer = format!("/lines/{number}/{column}");
                    let detail = format!("says the same as line {}", earlier.get());
                    errors.push(FieldError::new(pointer, "duplicate", detail));
                }
            }
        }
    }
}
