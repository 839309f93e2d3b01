//! A patient confirms or cancels an appointment by the link of a mail: once, in time, and while it stands as it was told.

use chrono::{Duration, Utc};
use futures_util::future::join_all;
use medicalpro::clinic::LinkKind;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, Clinic, LinkedVisit, World, link_token};

const APPOINTMENT: &str = "/api/v1/links/appointment";
const CONFIRM: &str = "/api/v1/links/appointment/confirm";
const CANCEL: &str = "/api/v1/links/appointment/cancel";

async fn send(world: &World, path: &str, visit: &LinkedVisit) -> Answer {
    world.send(Method::POST, path, Some(&json!({ "token": visit.token() }))).await
}

/// `status|cancelled_for|who called it off`, as stored.
async fn stored(clinic: &Clinic<'_>, visit: &LinkedVisit) -> String {
    let query = "SELECT concat_ws('|', status, cancelled_for, cancelled_by) FROM appointments WHERE id = $1";
    clinic.database().await.query_one(query, &[&visit.appointment]).await.unwrap().get(0)
}

/// Changes an appointment as the clinic does, without asking who may.
async fn change(clinic: &Clinic<'_>, visit: &LinkedVisit, set: &str) {
    let database = clinic.database().await;
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    let changed =
        database.execute(&format!("UPDATE appointments SET {set} WHERE id = $1"), &[&visit.appointment]).await;
    assert_eq!(changed.unwrap(), 1);
}

fn invalid(answer: &Answer) -> bool {
    answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.json["errors"][0]["code"] == "token_invalid"
}

#[tokio::test]
async fn a_patient_sees_when_with_whom_and_where_and_confirms_without_logging_in() {
    let world = World::start().await;
    let clinic = world.clinic("link").await;
    let visit = clinic.linked_appointment("Linked").await;
    clinic
        .database()
        .await
        .batch_execute("SET session_replication_role = replica; UPDATE clinic_settings SET address_line1 = '12 rue du Parc', postal_code = '75002', city = 'Paris', phone = '+33 1 42 68 53 00'")
        .await
        .unwrap();
    let shown = send(&world, APPOINTMENT, &visit).await;
    assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
    let about = &shown.json;
    assert_eq!(about["start"].as_str().unwrap().parse::<chrono::DateTime<Utc>>().unwrap(), visit.start);
    assert_eq!(about["practitioner"], "Test Linked");
    assert_eq!(about["place"], json!(["12 rue du Parc", "75002 Paris"]));
    assert_eq!(
        (&about["language"], &about["timeZone"], &about["phone"]),
        (&json!("fr"), &json!("Europe/Paris"), &json!("+33 1 42 68 53 00"))
    );
    assert!(about["when"].as_str().unwrap().contains(&visit.start.format("%Y").to_string()), "{about}");
    assert_eq!((&about["confirmable"], &about["cancellable"], about.get("answer")), (&json!(true), &json!(true), None));
    // Never what for, and not to whom.
    for word in
        ["Never to be told", &visit.patient.to_string(), &visit.appointment.to_string(), &visit.link.to_string()]
    {
        assert!(!shown.text.contains(word), "{word}: {}", shown.text);
    }

    assert_eq!(send(&world, CONFIRM, &visit).await.status, StatusCode::NO_CONTENT);
    assert_eq!(stored(&clinic, &visit).await, "confirmed");
    let about = send(&world, APPOINTMENT, &visit).await.json;
    assert_eq!(
        (&about["answer"], &about["confirmable"], &about["cancellable"]),
        (&json!("confirmed"), &json!(false), &json!(false))
    );
    for path in [CONFIRM, CANCEL] {
        let again = send(&world, path, &visit).await;
        assert_eq!((again.status, again.code()), (StatusCode::CONFLICT, "link_used"), "{path}: {again:?}");
    }
    assert_eq!(stored(&clinic, &visit).await, "confirmed");

    // Another link of the same appointment, as a reminder bears, still cancels it.
    let later = "INSERT INTO appointment_links (appointment_id, starts_at) VALUES ($1, $2) RETURNING id";
    let database = clinic.database().await;
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    let link = database.query_one(later, &[&visit.appointment, &visit.start]).await.unwrap().get(0);
    let reminder = LinkedVisit { link, ..visit };
    assert_eq!(send(&world, CANCEL, &reminder).await.status, StatusCode::NO_CONTENT);
    assert_eq!(stored(&clinic, &reminder).await, format!("cancelled|patient_link|{link}"));
    let about = send(&world, APPOINTMENT, &reminder).await.json;
    assert_eq!((&about["answer"], &about["cancellable"]), (&json!("cancelled"), &json!(false)));
}

#[tokio::test]
async fn what_is_done_by_a_link_is_on_record_under_the_link() {
    let world = World::start().await;
    let clinic = world.clinic("link-audit").await;
    let visit = clinic.linked_appointment("Audited").await;
    for path in [APPOINTMENT, CANCEL, CANCEL] {
        send(&world, path, &visit).await;
    }
    let query = "SELECT concat_ws(' ', actor_role, action, resource, array_to_string(changed, ',')), actor_user, ids, patient_ids
                   FROM audit_logs WHERE actor_role = 'medicalpro_link' ORDER BY id";
    let rows = clinic.database().await.query(query, &[]).await.unwrap();
    let said: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        said,
        [
            "medicalpro_link read appointments",
            "medicalpro_link update appointments cancelled_at,cancelled_by,cancelled_for,status"
        ],
        "seen, called off, and nothing of what was refused"
    );
    for row in &rows {
        assert_eq!(row.get::<_, uuid::Uuid>(1), visit.link);
        assert_eq!(row.get::<_, Vec<uuid::Uuid>>(2), [visit.appointment]);
        assert_eq!(row.get::<_, Vec<uuid::Uuid>>(3), [visit.patient]);
    }
}

#[tokio::test]
async fn of_fifty_answers_at_once_one_counts() {
    let world = World::start().await;
    let clinic = world.clinic("link-race").await;
    for paths in [[CONFIRM, CONFIRM], [CANCEL, CANCEL], [CONFIRM, CANCEL]] {
        let visit = clinic.linked_appointment("Raced").await;
        let answers = join_all((0..50).map(|n| send(&world, paths[n % 2], &visit))).await;
        let won: Vec<&str> =
            (0..50).filter(|n| answers[*n].status == StatusCode::NO_CONTENT).map(|n| paths[n % 2]).collect();
        assert_eq!(won.len(), 1, "{won:?}");
        for answer in answers.iter().filter(|answer| answer.status != StatusCode::NO_CONTENT) {
            assert_eq!((answer.status, answer.code()), (StatusCode::CONFLICT, "link_used"), "{answer:?}");
        }
        let status =
            if won[0] == CONFIRM { "confirmed".to_owned() } else { format!("cancelled|patient_link|{}", visit.link) };
        assert_eq!(stored(&clinic, &visit).await, status);
    }
}

#[tokio::test]
async fn near_to_the_appointment_it_is_confirmed_and_not_cancelled() {
    let world = World::start().await;
    let clinic = world.clinic("link-late").await;
    let visit = clinic.linked_appointment_at("Late", soon(23)).await;
    let about = send(&world, APPOINTMENT, &visit).await.json;
    assert_eq!((&about["confirmable"], &about["cancellable"]), (&json!(true), &json!(false)));
    let late = send(&world, CANCEL, &visit).await;
    assert_eq!((late.status, late.code()), (StatusCode::CONFLICT, "too_late_to_cancel"), "{late:?}");
    assert_eq!(stored(&clinic, &visit).await, "scheduled");
    // The clinic says how near.
    clinic
        .database()
        .await
        .batch_execute("SET session_replication_role = replica; UPDATE clinic_settings SET cancellation_hours = 22")
        .await
        .unwrap();
    assert_eq!(send(&world, APPOINTMENT, &visit).await.json["cancellable"], true);
    clinic
        .database()
        .await
        .batch_execute("SET session_replication_role = replica; UPDATE clinic_settings SET cancellation_hours = 24")
        .await
        .unwrap();
    assert_eq!(send(&world, CONFIRM, &visit).await.status, StatusCode::NO_CONTENT, "its refusal did not use it up");
}

fn soon(hours: i64) -> chrono::DateTime<Utc> {
    let start = Utc::now() + Duration::hours(hours);
    chrono::DateTime::from_timestamp_micros(start.timestamp_micros()).unwrap()
}

#[tokio::test]
async fn what_the_clinic_has_changed_voids_the_link() {
    let world = World::start().await;
    let clinic = world.clinic("link-void").await;
    for (what, set) in [
        ("moved", "starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour'"),
        ("called off", "status = 'cancelled', cancelled_for = 'clinic'"),
        ("deleted", "deleted_at = now()"),
    ] {
        let visit = clinic.linked_appointment("Voided").await;
        assert_eq!(send(&world, APPOINTMENT, &visit).await.status, StatusCode::OK, "control");
        change(&clinic, &visit, set).await;
        let before = stored(&clinic, &visit).await;
        for path in [APPOINTMENT, CONFIRM, CANCEL] {
            let answer = send(&world, path, &visit).await;
            assert!(invalid(&answer), "{what}: {path}: {answer:?}");
        }
        assert_eq!(stored(&clinic, &visit).await, before, "{what}");
    }
    // Of an archived patient nothing is shown.
    let visit = clinic.linked_appointment("Archived").await;
    let database = clinic.database().await;
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    let archive = "UPDATE patients SET deleted_at = now() WHERE id = $1";
    database.execute(archive, &[&visit.patient]).await.unwrap();
    assert!(invalid(&send(&world, APPOINTMENT, &visit).await));
}

#[tokio::test]
async fn an_appointment_that_has_begun_is_over_for_its_link() {
    let world = World::start().await;
    let clinic = world.clinic("link-over").await;
    let visit = clinic.linked_appointment_at("Over", soon(-1)).await;
    for path in [APPOINTMENT, CONFIRM, CANCEL] {
        assert!(invalid(&send(&world, path, &visit).await), "{path}: the token is over");
        // And so is the row, whatever a token says.
        let token = link_token(LinkKind::Appointment, clinic.id, visit.link, Some(soon(24)));
        let answer = world.send(Method::POST, path, Some(&json!({ "token": token }))).await;
        assert!(invalid(&answer), "{path}: {answer:?}");
    }
    assert_eq!(stored(&clinic, &visit).await, "scheduled");
}

#[tokio::test]
async fn the_patients_language_is_spoken_in_the_clinics_time() {
    let world = World::start().await;
    let clinic = world.clinic("link-words").await;
    // Noon in Paris, in summer and in winter; at nine in Lisbon's winter it is ten there.
    let year = Utc::now().format("%Y").to_string().parse::<i32>().unwrap() + 1;
    for (language, month, utc, expected) in [
        ("de", 7, 10, ["12:00", "Juli"]),
        ("it", 1, 11, ["12:00", "gennaio"]),
        ("pt-PT", 1, 9, ["10:00", "janeiro"]),
        ("es", 7, 10, ["12:00", "julio"]),
        // The clinic's, where we do not speak the patient's; English, where we speak neither.
        ("ja", 7, 10, ["12:00", "juillet"]),
        ("zh", 7, 10, ["12:00", "July"]),
    ] {
        let start = chrono::NaiveDate::from_ymd_opt(year, month, 15).unwrap().and_hms_opt(utc, 0, 0).unwrap().and_utc();
        let visit = clinic.linked_appointment_at("Spoken", start).await;
        let database = clinic.database().await;
        database.batch_execute("SET session_replication_role = replica").await.unwrap();
        database
            .execute("UPDATE patients SET language = $2 WHERE id = $1", &[&visit.patient, &language])
            .await
            .unwrap();
        if language == "zh" {
            database.batch_execute("UPDATE clinic_settings SET language = 'nl'").await.unwrap();
        }
        let about = send(&world, APPOINTMENT, &visit).await.json;
        let when = about["when"].as_str().unwrap();
        for part in expected {
            assert!(when.contains(part), "{language}: {part} in {when}");
        }
        let spoken = match language {
            "ja" => "fr",
            "zh" => "en",
            other => &other[..2],
        };
        assert_eq!(about["language"], spoken);
    }
}

#[tokio::test]
async fn the_page_tells_nothing_by_itself_and_speaks_six_languages() {
    let world = World::start().await;
    let mut titles = std::collections::BTreeSet::new();
    for language in ["en", "fr", "es", "de", "it", "pt"] {
        let page = world.send(Method::GET, &format!("/appointment?lang={language}&token=zq7marker"), None).await;
        assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
        assert!(page.text.contains(&format!("<html lang=\"{language}\" dir=\"ltr\">")), "{}", page.text);
        assert!(page.text.contains("<noscript>") && page.text.contains("<script src=\"/appointment.js\"></script>"));
        for inline in ["style=", "onclick", "<script>", "zq7marker"] {
            assert!(!page.text.contains(inline), "{inline}");
        }
        let title = page.text.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned();
        assert!(titles.insert(title), "a title of its own");
    }
    let script = world.send(Method::GET, "/appointment.js", None).await;
    assert_eq!((script.status, script.header("content-type")), (StatusCode::OK, "text/javascript; charset=utf-8"));
}
