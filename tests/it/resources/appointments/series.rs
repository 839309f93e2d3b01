//! Series: the same time of the clock each week, all or nothing, and each of them by itself.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{booked, by_hand, conflict, id_of, path_of, visit, with};
use crate::support::{Answer, Clinic, World};

const SERIES: &str = "/api/v1/appointment-series";
const PARIS: Tz = chrono_tz::Europe::Paris;

/// The next Tuesday that is more than a week away.
fn first() -> NaiveDate {
    let day = Utc::now().date_naive() + Days::new(8);
    day + Days::new(u64::from((1 + 7 - day.weekday().num_days_from_monday()) % 7))
}

fn weeks(count: u64) -> NaiveDate {
    first() + Days::new(7 * count)
}

fn weekly(patient: &Value, practitioner: Uuid, count: u64) -> Value {
    json!({ "patientId": patient["id"], "practitionerId": practitioner, "firstOn": first(), "starts": "09:00", "minutes": 30, "count": count })
}

fn occurrences(series: &Value) -> &[Value] {
    series["occurrences"].as_array().unwrap_or_else(|| panic!("{series}"))
}

/// When each begins, as the clock in Paris shows.
fn local(series: &Value) -> Vec<String> {
    let show = |one: &Value| {
        let at: DateTime<Utc> = one["startsAt"].as_str().unwrap().parse().unwrap();
        at.with_timezone(&PARIS).format("%Y-%m-%d %H:%M").to_string()
    };
    occurrences(series).iter().map(show).collect()
}

fn statuses(series: &Value) -> Vec<&str> {
    occurrences(series).iter().map(|one| one["status"].as_str().unwrap()).collect()
}

fn pointers(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = answer.json["errors"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

/// When one begins, at nine o'clock of the clinic.
fn nine(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(9, 0, 0).unwrap().and_local_timezone(PARIS).unwrap().to_utc()
}

async fn count(clinic: &Clinic<'_>) -> i64 {
    clinic.database().await.query_one("SELECT count(*) FROM appointments", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_series_is_at_the_same_local_time_on_both_sides_of_each_change_of_the_clocks() {
    let world = World::start().await;
    let clinic = world.clinic("series").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    // A year of it, so that both changes are within.
    let made = me.post(SERIES, &with(weekly(&patient, practitioner, 52), json!({ "reason": "Physio." }))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let path = format!("{SERIES}/{}", id_of(&made.json));
    assert_eq!(made.header("location"), path);
    let expected: Vec<_> = (0..52).map(|week| format!("{} 09:00", weeks(week))).collect();
    assert_eq!(local(&made.json), expected);
    let hours: std::collections::BTreeSet<&str> =
        occurrences(&made.json).iter().map(|one| &one["startsAt"].as_str().unwrap()[11..13]).collect();
    assert_eq!(hours.len(), 2, "control: two different hours of UTC");
    for one in occurrences(&made.json) {
        assert_eq!(
            (&one["seriesId"], &one["minutes"], &one["reason"]),
            (&made.json["id"], &json!(30), &json!("Physio."))
        );
    }
    assert_eq!((&made.json["until"], made.json.get("skipped")), (&json!(weeks(51)), None));
    assert_eq!(me.get(&path).await.json, made.json);

    let until = json!({ "patientId": patient["id"], "practitionerId": practitioner, "firstOn": first(), "starts": "14:15",
                        "intervalWeeks": 3, "until": weeks(9) });
    let other = me.post(SERIES, &until).await;
    let expected: Vec<_> = [0, 3, 6, 9].map(|week| format!("{} 14:15", weeks(week))).into();
    assert_eq!(local(&other.json), expected, "the last day is one of them");
    assert_eq!(occurrences(&other.json)[0]["minutes"], 30, "as the practitioner has it");
}

#[tokio::test]
async fn a_series_has_an_end_in_reach_and_what_it_refers_to() {
    let world = World::start().await;
    let clinic = world.clinic("series-bounds").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    let body = weekly(&patient, practitioner, 2);
    let mut endless = body.clone();
    endless.as_object_mut().unwrap().remove("count");
    for (wrong, pointer) in [
        (endless.clone(), "/until"),
        (with(body.clone(), json!({ "until": weeks(2) })), "/until"),
        (with(endless.clone(), json!({ "until": first() - Days::new(1) })), "/until"),
        (with(endless.clone(), json!({ "until": weeks(120) })), "/until"),
        (with(body.clone(), json!({ "count": 104, "intervalWeeks": 12 })), "/count"),
        (with(body.clone(), json!({ "count": 105 })), "/count"),
        (with(body.clone(), json!({ "intervalWeeks": 0 })), "/intervalWeeks"),
        (with(body.clone(), json!({ "starts": "24:00" })), "/starts"),
        (with(body.clone(), json!({ "firstOn": first() + Days::new(1200) })), "/firstOn"),
    ] {
        let refused = me.post(SERIES, &wrong).await;
        assert_eq!(conflict(&refused), (422, "invalid", pointer), "{wrong}");
    }
    let absent = me.post(SERIES, &with(body.clone(), json!({ "practitionerId": Uuid::now_v7() }))).await;
    assert_eq!(conflict(&absent), (409, "reference_missing", "/practitionerId"));
    // A licence that ends within the series.
    by_hand(&clinic, &format!("UPDATE practitioners SET registration_until = '{}'", weeks(1) - Days::new(1))).await;
    assert_eq!(conflict(&me.post(SERIES, &body).await), (409, "licence_expired", "/practitionerId"));
    assert_eq!(count(&clinic).await, 0);
    assert_eq!(me.post(SERIES, &with(body, json!({ "count": 1 }))).await.status, StatusCode::CREATED, "control");
}

#[tokio::test]
async fn every_day_that_is_taken_is_named_and_nothing_is_booked_unless_they_are_to_be_left_out() {
    let world = World::start().await;
    let clinic = world.clinic("series-taken").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    let (other, second) = (clinic.patient("Petit").await, clinic.practitioner("Second").await);
    let room = clinic.room(clinic.facility("Here").await, "Room 1").await;
    booked(me, &visit(&other, practitioner, nine(weeks(1)))).await;
    booked(me, &visit(&patient, second, nine(weeks(3)))).await;
    booked(me, &with(visit(&other, second, nine(weeks(4))), json!({ "roomId": room }))).await;
    let before = count(&clinic).await;

    let body = with(weekly(&patient, practitioner, 6), json!({ "roomId": room }));
    let refused = me.post(SERIES, &body).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "series_conflict"), "{refused:?}");
    let day = |week: u64, code: &str| (format!("/occurrences/{}", weeks(week)), code.to_owned());
    assert_eq!(pointers(&refused), [day(1, "practitioner_busy"), day(3, "patient_busy"), day(4, "room_busy")]);
    assert_eq!(count(&clinic).await, before, "all or nothing");

    let skipping = with(body.clone(), json!({ "skipConflicts": true }));
    let key = [("idempotency-key", "once")];
    let made = me.request(Method::POST, SERIES, &key, Some(&skipping)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let expected: Vec<_> = [0, 2, 5].map(|week| format!("{} 09:00", weeks(week))).into();
    assert_eq!(local(&made.json), expected);
    let skipped: Vec<_> = [1, 3, 4].map(|week| json!(weeks(week))).into();
    assert_eq!(
        made.json["skipped"].as_array().unwrap().iter().map(|one| one["day"].clone()).collect::<Vec<_>>(),
        skipped
    );
    let again = me.request(Method::POST, SERIES, &key, Some(&skipping)).await;
    assert_eq!((again.status, &again.text), (StatusCode::CREATED, &made.text));
    // Nothing is left of it.
    let none = me.post(SERIES, &with(weekly(&patient, practitioner, 1), json!({ "skipConflicts": true }))).await;
    assert_eq!((none.status, none.code()), (StatusCode::CONFLICT, "series_conflict"));
}

#[tokio::test]
async fn of_two_series_at_once_one_wins_whole_and_the_other_books_nothing() {
    let world = World::start().await;
    let clinic = world.clinic("series-race").await;
    let me = &clinic.admin;
    let practitioner = clinic.practitioner("Martin").await;
    let mut bodies = Vec::new();
    for _ in 0..10 {
        bodies.push(weekly(&clinic.patient("Durand").await, practitioner, 8));
    }
    let answers = futures_util::future::join_all(bodies.iter().map(|body| me.post(SERIES, body))).await;
    let won = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!(won, 1, "{answers:?}");
    for lost in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        assert_eq!((lost.code(), pointers(lost).len()), ("series_conflict", 8));
    }
    assert_eq!(count(&clinic).await, 8);
}

#[tokio::test]
async fn what_is_to_come_is_moved_but_for_what_was_moved_by_itself() {
    let world = World::start().await;
    let clinic = world.clinic("series-moves").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    let other = clinic.practitioner("Second").await;
    let made = me.post(SERIES, &weekly(&patient, practitioner, 6)).await.json;
    let path = format!("{SERIES}/{}", id_of(&made));
    let one = |number: usize| path_of(&occurrences(&made)[number]);

    let noted = me.patch(&one(3), &json!({ "notes": "Brings a friend." })).await;
    assert_eq!((noted.status, &noted.json["detached"]), (StatusCode::OK, &json!(false)), "a note moves nothing");
    let alone = me.patch(&one(2), &json!({ "startsAt": nine(weeks(2) + Days::new(1)) })).await;
    assert_eq!((alone.status, &alone.json["detached"]), (StatusCode::OK, &json!(true)), "{alone:?}");
    let gone = me.post(&format!("{}/cancel", one(4)), &json!({ "for": "patient" })).await;
    assert_eq!(gone.status, StatusCode::OK, "{gone:?}");

    let change = json!({ "from": weeks(1), "starts": "10:30", "minutes": 45, "practitionerId": other });
    let moved = me.patch(&path, &change).await;
    assert_eq!(moved.status, StatusCode::OK, "{moved:?}");
    let day = |week: u64, time: &str| format!("{} {time}", weeks(week));
    let elsewhere = format!("{} 09:00", weeks(2) + Days::new(1));
    let expected = [day(0, "09:00"), day(1, "10:30"), elsewhere, day(3, "10:30"), day(4, "09:00"), day(5, "10:30")];
    assert_eq!(local(&moved.json), expected);
    let with_other: Vec<_> =
        occurrences(&moved.json).iter().map(|one| one["practitionerId"] == other.to_string()).collect();
    assert_eq!(with_other, [false, true, false, true, false, true]);
    assert_eq!((&moved.json["starts"], &moved.json["minutes"]), (&json!("10:30"), &json!(45)));
    assert_eq!(me.get(&path).await.json, moved.json);

    // All or nothing: two days are taken.
    for week in [3, 5] {
        booked(me, &visit(&clinic.patient("Petit").await, other, nine(weeks(week)))).await;
    }
    let refused = me.patch(&path, &json!({ "from": weeks(0), "starts": "09:00", "practitionerId": other })).await;
    let taken = |week: u64| (format!("/occurrences/{}", weeks(week)), "practitioner_busy".to_owned());
    assert_eq!(pointers(&refused), [taken(3), taken(5)]);
    assert_eq!(me.get(&path).await.json, moved.json);
    // Half an hour later each lies where it partly was: its own time is free to it.
    let shifted = me.patch(&path, &json!({ "from": weeks(1), "starts": "10:45" })).await;
    assert_eq!(local(&shifted.json)[1], day(1, "10:45"), "{shifted:?}");
}

#[tokio::test]
async fn what_is_to_come_is_called_off_by_those_who_may() {
    let world = World::start().await;
    let clinic = world.clinic("series-cancels").await;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    let made = clinic.admin.post(SERIES, &weekly(&patient, practitioner, 4)).await.json;
    let path = format!("{SERIES}/{}", id_of(&made));
    let cancel = format!("{path}/cancel");
    let why = json!({ "from": weeks(2), "for": "practitioner", "reason": "Leaves." });
    let nurse = clinic.person(Role::Nurse).await;
    assert_eq!(nurse.post(&cancel, &why).await.status, StatusCode::FORBIDDEN);
    assert_eq!(statuses(&nurse.get(&path).await.json), ["scheduled"; 4], "control: may read it");
    let secretary = clinic.person(Role::Secretary).await;
    let cancelled = secretary.post(&cancel, &why).await;
    assert_eq!(cancelled.status, StatusCode::OK, "{cancelled:?}");
    assert_eq!(statuses(&cancelled.json), ["scheduled", "scheduled", "cancelled", "cancelled"]);
    assert_eq!(occurrences(&cancelled.json)[3]["cancelledFor"], "practitioner");
    let again = secretary.post(&cancel, &why).await;
    assert_eq!(statuses(&again.json), statuses(&cancelled.json), "what is called off stays so");
    let readonly = clinic.person(Role::Readonly).await;
    assert_eq!(
        readonly.patch(&path, &json!({ "from": weeks(0), "starts": "10:00" })).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(readonly.get(&path).await.status, StatusCode::OK, "control");
}

#[tokio::test]
async fn the_patient_is_told_of_the_first_and_reminded_of_each() {
    let world = World::start().await;
    let clinic = world.clinic("series-mails").await;
    let me = &clinic.admin;
    let practitioner = clinic.practitioner("Martin").await;
    let email = format!("series-{}@example.org", Uuid::now_v7().simple());
    let body = json!({ "firstName": "Test", "lastName": "Leser", "email": email, "language": "de" });
    let patient = me.post("/api/v1/patients", &body).await.json;
    let made = me.post(SERIES, &weekly(&patient, practitioner, 4)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let kinds = async || {
        let rows = clinic
            .database()
            .await
            .query("SELECT replace(kind, 'appointment_', ''), count(*) FROM email_outbox GROUP BY 1 ORDER BY 1", &[])
            .await
            .unwrap();
        rows.iter().map(|row| format!("{} {}", row.get::<_, String>(0), row.get::<_, i64>(1))).collect::<Vec<_>>()
    };
    assert_eq!(kinds().await, ["confirmation 1", "reminder 4"]);
    let path = format!("{SERIES}/{}", id_of(&made.json));
    assert_eq!(me.patch(&path, &json!({ "from": weeks(2), "starts": "10:00" })).await.status, StatusCode::OK);
    assert_eq!(kinds().await, ["confirmation 2", "reminder 6"]);
    let cancel = json!({ "from": weeks(3), "for": "clinic" });
    assert_eq!(me.post(&format!("{path}/cancel"), &cancel).await.status, StatusCode::OK);
    assert_eq!(kinds().await, ["cancellation 1", "confirmation 2", "reminder 6"]);
}

#[tokio::test]
async fn a_series_is_changed_by_whoever_has_seen_it_as_it_is() {
    let world = World::start().await;
    let clinic = world.clinic("series-etag").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    let made = me.post(SERIES, &weekly(&patient, practitioner, 3)).await.json;
    let path = format!("{SERIES}/{}", id_of(&made));
    let seen = me.get(&path).await.header("etag").to_owned();
    let change = async |tag: &str, starts: &str| {
        let body = json!({ "from": weeks(0), "starts": starts });
        me.request(Method::PATCH, &path, &[("if-match", tag)], Some(&body)).await
    };
    let moved = change(&seen, "10:00").await;
    assert_eq!(moved.status, StatusCode::OK, "{moved:?}");
    let tag = moved.header("etag").to_owned();
    assert_eq!(me.get(&path).await.header("etag"), tag);
    // The series was changed since, or one of it was.
    assert_eq!(change(&seen, "11:00").await.status, StatusCode::PRECONDITION_FAILED);
    let noted = me.patch(&path_of(&occurrences(&made)[1]), &json!({ "notes": "x" })).await;
    assert_eq!(noted.status, StatusCode::OK, "{noted:?}");
    assert_eq!(change(&tag, "11:00").await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(local(&me.get(&path).await.json)[0], format!("{} 10:00", weeks(0)), "nothing was moved");
    let newest = me.get(&path).await.header("etag").to_owned();
    for tag in [format!("\"x\", {newest}"), "*".to_owned()] {
        assert_eq!(change(&tag, "11:00").await.status, StatusCode::OK, "{tag}");
        assert_eq!(change(&newest, "12:00").await.status, StatusCode::PRECONDITION_FAILED);
    }
}
