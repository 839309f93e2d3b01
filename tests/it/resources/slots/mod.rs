//! Slots and holds, through HTTP. What is free when is shown of the engine itself, beside its source.

mod holds;
mod lists;
mod plans;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use medicalpro::region::clock;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::isolation::by_hand::{ADMIN, Hand, rows};
use crate::support::{Answer, Clinic, Person};

const HOLDS: &str = "/api/v1/slot-holds";

/// A Monday to come, after which the next days are to come too.
fn monday() -> NaiveDate {
    let soon = Utc::now().date_naive() + Days::new(10);
    soon.iter_days().find(|day| day.weekday() == Weekday::Mon).unwrap()
}

/// What the clock shows then in Paris, where the tests' clinics are.
fn at(day: NaiveDate, time: &str) -> DateTime<Utc> {
    clock::instant(day, NaiveTime::parse_from_str(time, "%H:%M").unwrap(), Tz::Europe__Paris)
}

/// When a page's slots begin, as the clock shows it in Paris.
fn times(page: &Answer) -> Vec<String> {
    assert_eq!(page.status, StatusCode::OK, "{}", page.json);
    let begins = |slot: &Value| slot["startsAt"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let slots = page.json["data"].as_array().unwrap().iter();
    slots.map(|slot| begins(slot).with_timezone(&Tz::Europe__Paris).format("%H:%M").to_string()).collect()
}

/// A day's free slots of a practitioner.
async fn free(person: &Person<'_>, practitioner: Uuid, day: NaiveDate) -> Vec<String> {
    times(&person.get(&format!("/api/v1/practitioners/{practitioner}/slots?from={day}&to={day}")).await)
}

/// A clinic's rules, changed by hand.
async fn set(clinic: &Clinic<'_>, change: &str) {
    let database = clinic.database().await;
    database.batch_execute(&format!("SET session_replication_role = replica; {change}")).await.unwrap();
}

/// Books a practitioner for a new patient, as the product's own statement would.
async fn book(clinic: &Clinic<'_>, hand: &Hand, practitioner: Uuid, day: NaiveDate, from: &str, to: &str) -> Uuid {
    let (id, insert) = booking(clinic, practitioner, at(day, from), at(day, to)).await;
    assert_eq!(hand.commit(ADMIN, &insert).await, rows([]));
    id
}

/// The statement of a booking, and its id.
async fn booking(clinic: &Clinic<'_>, practitioner: Uuid, from: DateTime<Utc>, to: DateTime<Utc>) -> (Uuid, String) {
    let (id, patient) = (Uuid::now_v7(), clinic.patient("Slot").await["id"].as_str().unwrap().to_owned());
    let insert = format!(
        "INSERT INTO appointments (id, patient_id, practitioner_id, starts_at, ends_at)
         VALUES ('{id}', '{patient}', '{practitioner}', '{from}', '{to}')"
    );
    (id, insert)
}

fn new_hold(practitioner: Uuid, starts_at: DateTime<Utc>, minutes: i32) -> Value {
    json!({ "practitionerId": practitioner, "startsAt": starts_at.to_rfc3339(), "minutes": minutes })
}
