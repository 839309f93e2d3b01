//! What patients are told, by the clinic's rules.

use chrono::{DateTime, Duration, Utc};
use medicalpro::email::{StoredMail, read_directory};
use medicalpro::ids::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{APPOINTMENTS, booked, by_hand, id_of, path_of, visit, with, within};
use crate::delivery::patients::{leases_pass, note};
use crate::provisioning::site::until;
use crate::support::{Clinic, World};

/// A patient who reads this language, and their address.
async fn reader(clinic: &Clinic<'_>, language: &str) -> (Value, String) {
    let email = format!("{language}-{}@example.org", Uuid::now_v7().simple());
    let body = json!({ "firstName": "Test", "lastName": "Leser", "email": email, "language": language });
    let patient = clinic.admin.post("/api/v1/patients", &body).await;
    assert_eq!(patient.status, StatusCode::CREATED, "{patient:?}");
    (patient.json, email)
}

/// The mails to an address, as they arrived.
async fn arrived(world: &World, clinic: &Clinic<'_>, email: &str, count: usize) -> Vec<StoredMail> {
    until("the mails are there", async || {
        leases_pass(world, clinic.id.0).await;
        let mut mails = read_directory(&world.mail, 5000).unwrap();
        mails.retain(|mail| mail.to == email);
        mails.reverse();
        (mails.len() >= count).then_some(mails)
    })
    .await
}

/// What is queued about a patient: kind, status, and hours from now until it is due, `0` for at once.
async fn queued(clinic: &Clinic<'_>, patient: &Value) -> Vec<(String, String, i64)> {
    let look =
        "SELECT kind, status, next_attempt_at FROM email_outbox WHERE patient_id = $1 ORDER BY created_at, kind, id";
    let id: Uuid = id_of(patient).parse().unwrap();
    let rows = clinic.database().await.query(look, &[&id]).await.unwrap();
    let hours = |at: DateTime<Utc>| (at - within(0)).num_minutes().div_euclid(60);
    rows.iter().map(|row| (row.get(0), row.get(1), hours(row.get(2)))).collect()
}

/// The kinds alone, with how each ended.
async fn kinds(clinic: &Clinic<'_>, patient: &Value) -> Vec<String> {
    let all = queued(clinic, patient).await;
    all.into_iter().map(|(kind, status, _)| format!("{} {status}", kind.replace("appointment_", ""))).collect()
}

/// What has become of them, in alphabetical order, once none waits any more.
async fn settled(world: &World, clinic: &Clinic<'_>, patient: &Value) -> Vec<String> {
    let mut all = until("all is settled", async || {
        leases_pass(world, clinic.id.0).await;
        let all = kinds(clinic, patient).await;
        (!all.iter().any(|mail| mail.ends_with("pending"))).then_some(all)
    })
    .await;
    all.sort();
    all
}

/// Lets all be due that waits.
async fn all_is_due(world: &World, clinic: &Clinic<'_>) {
    by_hand(clinic, "UPDATE email_outbox SET next_attempt_at = now() WHERE status = 'pending'").await;
    note(world, clinic.id.0).await;
}

#[tokio::test]
async fn a_booking_is_confirmed_in_the_patients_language_and_reminded_of_later() {
    let world = World::start().await;
    let clinic = world.clinic("mail-languages").await;
    let secretary = clinic.person(Role::Secretary).await;
    let practitioner = clinic.practitioner("Martin").await;
    // Where we do not write the patient's, the clinic's.
    for (number, (language, spoken, word)) in
        [("de", "de", "Termin"), ("fr", "fr", "rendez-vous"), ("nl", "fr", "rendez-vous")].into_iter().enumerate()
    {
        let (patient, email) = reader(&clinic, language).await;
        let at = within(72 + i64::try_from(number).unwrap());
        let made = booked(&secretary, &with(visit(&patient, practitioner, at), json!({ "reason": "Geheim" }))).await;
        let mails = arrived(&world, &clinic, &email, 1).await;
        assert!(mails[0].html.contains(&format!("<html lang=\"{spoken}")), "{}", mails[0].html);
        assert!(mails[0].text.contains(word) && mails[0].text.contains("Test Martin"), "{}", mails[0].text);
        assert!(!mails[0].text.contains("Geheim"), "never what for");
        // 24 hours before, as the clinic has it.
        let waits = queued(&clinic, &patient).await.into_iter().filter(|(_, status, _)| status == "pending");
        let hours = (at - within(0)).num_hours() - 24;
        assert_eq!(waits.collect::<Vec<_>>(), [("appointment_reminder".to_owned(), "pending".to_owned(), hours)]);
        let links = "SELECT count(*) FROM appointment_links l JOIN appointments a ON a.id = l.appointment_id AND a.starts_at = l.starts_at
                      WHERE a.id = $1 AND EXISTS (SELECT FROM email_outbox m WHERE m.payload ->> 'link' = l.id::text)";
        let id: Uuid = id_of(&made).parse().unwrap();
        assert_eq!(clinic.database().await.query_one(links, &[&id]).await.unwrap().get::<_, i64>(0), 2, "one a mail");
    }
}

#[tokio::test]
async fn nothing_is_sent_that_the_clinics_rules_do_not_say_or_that_comes_too_late() {
    let world = World::start().await;
    let clinic = world.clinic("mail-rules").await;
    let me = &clinic.admin;
    let practitioner = clinic.practitioner("Martin").await;
    for (number, (rules, hours, expected)) in [
        ("confirmation_mails = true, reminder_hours = 24", 48, &["confirmation", "reminder"][..]),
        ("confirmation_mails = false, reminder_hours = 24", 48, &["reminder"]),
        ("confirmation_mails = true, reminder_hours = NULL", 48, &["confirmation"]),
        ("confirmation_mails = false, reminder_hours = NULL", 48, &[]),
        // There is no time left to remind, or it has been.
        ("confirmation_mails = true, reminder_hours = 24", 20, &["confirmation"]),
        ("confirmation_mails = true, reminder_hours = 24", -20, &[]),
    ]
    .into_iter()
    .enumerate()
    {
        by_hand(&clinic, &format!("UPDATE clinic_settings SET {rules}")).await;
        let (patient, _) = reader(&clinic, "fr").await;
        let at = within(hours) + Duration::minutes(30 * i64::try_from(number % 2).unwrap());
        let at = at + Duration::hours(if hours == 48 { i64::try_from(number).unwrap() } else { 0 });
        let made = booked(me, &visit(&patient, practitioner, at)).await;
        let told: Vec<_> =
            queued(&clinic, &patient).await.into_iter().map(|(kind, ..)| kind.replace("appointment_", "")).collect();
        assert_eq!(told, expected, "{rules}, in {hours} hours");
        // Whoever writes nothing about appointments does not write that one is called off.
        let cancelled = me.post(&format!("{}/cancel", path_of(&made)), &json!({ "for": "clinic" })).await;
        assert_eq!(cancelled.status, StatusCode::OK, "{cancelled:?}");
        let writes = hours > 0 && rules != "confirmation_mails = false, reminder_hours = NULL";
        let after = queued(&clinic, &patient).await.len() - expected.len();
        assert_eq!(after, usize::from(writes), "{rules}, in {hours} hours: called off");
    }
    // Who has no address is not written to, and has no link.
    by_hand(&clinic, "UPDATE clinic_settings SET confirmation_mails = true, reminder_hours = 24").await;
    let nobody = clinic.patient("Nowhere").await;
    let made = booked(me, &visit(&nobody, practitioner, within(200))).await;
    assert!(queued(&clinic, &nobody).await.is_empty());
    let links = format!("SELECT count(*) FROM appointment_links WHERE appointment_id = '{}'", id_of(&made));
    assert_eq!(clinic.database().await.query_one(&links, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn what_was_moved_is_told_anew_and_what_was_told_before_is_not_sent_any_more() {
    let world = World::start().await;
    let clinic = world.clinic("mail-moves").await;
    let me = &clinic.admin;
    let (practitioner, other) = (clinic.practitioner("Martin").await, clinic.practitioner("Petit").await);
    let (patient, email) = reader(&clinic, "de").await;
    let path = path_of(&booked(me, &visit(&patient, practitioner, within(72))).await);
    arrived(&world, &clinic, &email, 1).await;
    assert_eq!(me.patch(&path, &json!({ "notes": "Nothing that is told." })).await.status, StatusCode::OK);
    assert_eq!(queued(&clinic, &patient).await.len(), 2, "control");
    let facility = clinic.facility("Annexe").await;
    for (number, change) in [
        json!({ "startsAt": within(96) }),
        json!({ "practitionerId": other }),
        json!({ "minutes": 60 }),
        json!({ "facilityId": facility }),
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(me.patch(&path, change).await.status, StatusCode::OK, "{change}");
        let mails = arrived(&world, &clinic, &email, 2 + number).await;
        assert_eq!(mails.last().unwrap().text.contains("Test Petit"), number > 0, "{change}");
        assert_eq!(mails.last().unwrap().text.contains("Annexe"), number == 3, "{change}");
    }
    all_is_due(&world, &clinic).await;
    // Five reminders wait; the last is of how it stands.
    let mails = arrived(&world, &clinic, &email, 6).await;
    let all = settled(&world, &clinic, &patient).await;
    let count = |what: &str| all.iter().filter(|mail| *mail == what).count();
    assert_eq!((count("confirmation sent"), count("reminder sent"), count("reminder closed")), (5, 1, 4), "{all:?}");
    assert!(mails[5].text.contains("Test Petit"), "{}", mails[5].text);
}

#[tokio::test]
async fn what_was_moved_away_and_back_is_reminded_of_once() {
    let world = World::start().await;
    let clinic = world.clinic("mail-back").await;
    let me = &clinic.admin;
    let practitioner = clinic.practitioner("Martin").await;
    let (patient, _) = reader(&clinic, "fr").await;
    let path = path_of(&booked(me, &visit(&patient, practitioner, within(72))).await);
    for hours in [96, 72] {
        assert_eq!(me.patch(&path, &json!({ "startsAt": within(hours) })).await.status, StatusCode::OK);
    }
    all_is_due(&world, &clinic).await;
    let mut all = settled(&world, &clinic, &patient).await;
    all.retain(|mail| mail.starts_with("reminder"));
    assert_eq!(all, ["reminder closed", "reminder closed", "reminder sent"]);
}

#[tokio::test]
async fn what_the_clinic_calls_off_is_told_and_what_the_patient_called_off_is_not() {
    let world = World::start().await;
    let clinic = world.clinic("mail-cancels").await;
    let me = &clinic.admin;
    let practitioner = clinic.practitioner("Martin").await;
    for (hours, (cause, told)) in
        (48..).zip([("patient", false), ("practitioner", true), ("clinic", true), ("mistake", true), ("other", true)])
    {
        let (patient, email) = reader(&clinic, "fr").await;
        let made = booked(me, &visit(&patient, practitioner, within(hours))).await;
        arrived(&world, &clinic, &email, 1).await;
        let cancelled =
            me.post(&format!("{}/cancel", path_of(&made)), &json!({ "for": cause, "reason": "Privé." })).await;
        assert_eq!(cancelled.status, StatusCode::OK, "{cancelled:?}");
        if told {
            let mails = arrived(&world, &clinic, &email, 2).await;
            assert!(mails[1].text.contains("annulé") && !mails[1].text.contains("Privé"), "{}", mails[1].text);
        }
        all_is_due(&world, &clinic).await;
        let all = settled(&world, &clinic, &patient).await;
        let expected = ["cancellation sent", "confirmation sent", "reminder closed"];
        assert_eq!(all, expected[usize::from(!told)..], "{cause}");
    }
    // A booking that fails tells nobody.
    let (patient, _) = reader(&clinic, "fr").await;
    booked(me, &visit(&clinic.patient("Durand").await, practitioner, within(100))).await;
    assert_eq!(me.post(APPOINTMENTS, &visit(&patient, practitioner, within(100))).await.status, StatusCode::CONFLICT);
    assert!(queued(&clinic, &patient).await.is_empty());
}
