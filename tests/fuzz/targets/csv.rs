//! Files: whatever is sent is read or refused; what is written is read again as it was, and no cell of it is a formula.

#![no_main]

use std::borrow::Cow;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use medicalpro::api::csv::{Sheet, plain, written};
use medicalpro::region::Region;
use medicalpro::resources::patients;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// A file of somebody's.
    File(&'a [u8]),
    /// Of patients, with a header that is right.
    Patients { country: u8, lines: &'a str },
    /// A table of ours.
    Table { lines: Vec<[&'a str; 3]> },
}

const HEADER: &str = "patientNumber,firstName,lastName,birthDate,gender,email,phone,addressLine1,postalCode,city,country,language,notes\n";

fn round_trip(raw: &[u8], region: &'static Region) {
    if let Some([first, again]) = patients::fuzzed(raw, region) {
        assert_eq!(first, again);
    }
}

fuzz_target!(|input: Input| match input {
    Input::File(raw) => {
        let _ = Sheet::read(raw);
        round_trip(raw, &Region::all()[0]);
    }
    Input::Patients { country, lines } => {
        let region = &Region::all()[usize::from(country) % Region::all().len()];
        round_trip(format!("{HEADER}{lines}").as_bytes(), region);
    }
    Input::Table { lines } => {
        let header = ["x", "y", "z"];
        let table = [header].iter().chain(&lines).map(|line| line.iter().map(|cell| Cow::Borrowed(*cell)).collect::<Vec<_>>()).collect::<Vec<_>>();
        let file = written(table).unwrap();
        let Ok(sheet) = Sheet::read(&file) else { panic!("{lines:?}") };
        assert_eq!(sheet.lines.len(), lines.len());
        for ((_, record), line) in sheet.lines.iter().zip(&lines) {
            let cells: Vec<&str> = record.iter().collect();
            assert_eq!(cells.len(), line.len());
            for (cell, was) in cells.iter().zip(line) {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "a formula: {cell:?}");
                assert_eq!(plain(cell), *was);
            }
        }
    }
});
