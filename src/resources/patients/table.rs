//! Patients as lines of a file: its columns, how a line is written, and how one is read and checked.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use csv::StringRecord;
use poem_openapi::types::{ParseFromJSON as _, ToJSON as _};
use serde_json::{Value, json};

use super::check_birth;
use super::model::{NewPatient, Patient, sort_name};
use crate::api::csv::{Sheet, Table, plain, refusals};
use crate::api::day::Day;
use crate::api::schema;
use crate::api::text::PatientNumber;
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

impl Line {
    /// The number that it brings.
    pub(super) fn filed(&self) -> Option<&str> {
        self.patient.patient_number.as_ref().map(PatientNumber::as_str)
    }
}

/// What is wrong, and in which line: `/lines/12/birthDate` is the cell of this column in the line that begins at the file's twelfth.
pub(super) type Wrong = (u64, FieldError);

/// Reads a file, by the rules of a region: its lines, and what is wrong with the others, so that more can be found wrong.
///
/// # Errors
/// 422 where it has no lines to speak of.
pub(super) fn read(raw: &[u8], region: &'static Region) -> Result<(Vec<Line>, Vec<Wrong>)> {
    let sheet = Sheet::read(raw)?;
    let mut of_header = Vec::new();
    let columns = columns(&sheet.columns, &mut of_header);
    if !of_header.is_empty() {
        return Err(refusals(of_header));
    }
    let (mut lines, mut errors) = (Vec::with_capacity(sheet.lines.len()), Vec::new());
    for (number, record) in sheet.lines {
        if record.len() == columns.len() {
            match patient(&columns, &record, region) {
                Ok(patient) => lines.push(Line { number, patient }),
                Err(found) => errors.extend(found.into_iter().map(|error| of_line(number, error))),
            }
        } else {
            let detail = "has another number of cells than the header";
            errors.push((number, FieldError::new(format!("/lines/{number}"), "cells", detail)));
        }
    }
    repeated(&lines, &mut errors);
    Ok((lines, errors))
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
    let mut errors = schema::check::<NewPatient>(&mut value, region, false).err().unwrap_or_default();
    // Of what the table's own CHECK says nobody could tell in which line it was broken.
    let born: Option<Day> = value["birthDate"].as_str().and_then(|text| text.parse().ok());
    errors.extend(check_birth(born).err());
    if !errors.is_empty() {
        return Err(errors);
    }
    let invalid = || FieldError::new("", "invalid", "The body is not valid.");
    NewPatient::parse_from_json(Some(value)).map_err(|_| vec![invalid()])
}

/// An error in a line, at its column.
fn of_line(number: u64, error: FieldError) -> Wrong {
    let column = COLUMNS.iter().find(|(_, pointer)| *pointer == error.pointer).map(|(name, _)| *name);
    let pointer = column.map_or_else(|| format!("/lines/{number}"), |name| format!("/lines/{number}/{name}"));
    (number, FieldError { pointer, ..error })
}

/// One number, or one name with one date of birth, in two lines.
fn repeated(lines: &[Line], errors: &mut Vec<Wrong>) {
    let mut first: HashMap<(&str, String), u64> = HashMap::new();
    for line in lines {
        let Line { number, patient } = line;
        let filed = line.filed().map(|filed| ("patientNumber", filed.to_owned()));
        let born = patient
            .birth_date
            .map(|day| ("birthDate", format!("{} {}", sort_name(&patient.last_name, &patient.first_name), day.0)));
        for (column, key) in filed.into_iter().chain(born) {
            match first.entry((column, key)) {
                Entry::Vacant(place) => drop(place.insert(*number)),
                Entry::Occupied(earlier) => {
                    let pointer = format!("/lines/{number}/{column}");
                    let detail = format!("says the same as line {}", earlier.get());
                    errors.push((*number, FieldError::new(pointer, "duplicate", detail)));
                }
            }
        }
    }
}

/// What a file says, and what that says when it is written as a list is and read again: for tests/fuzz.
#[cfg(fuzzing)]
pub fn fuzzed(raw: &[u8], region: &'static Region) -> Option<[Vec<Value>; 2]> {
    let said = |raw: &[u8]| -> Option<Vec<Value>> {
        Some(read(raw, region).ok()?.0.iter().filter_map(|line| line.patient.to_json()).collect())
    };
    let cell = |json: &Value, pointer| json.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let first = said(raw)?;
    let lines = first.iter().map(|json| COLUMNS.map(|(_, pointer)| Cow::Owned(cell(json, pointer))));
    let file = crate::api::csv::written([COLUMNS.map(|(name, _)| name.into())].into_iter().chain(lines)).ok()?;
    Some([first, said(&file).unwrap_or_default()])
}
