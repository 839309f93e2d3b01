//! What became of appointments, counted.

use medicalpro::ids::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Clinic, World};

const STATISTICS: &str = "/api/v1/appointments/statistics";

async fn book(clinic: &Clinic<'_>, practitioner: Uuid, starts: &str, state: &str) -> String {
    let id = clinic.appointment(practitioner, "Counted", &format!("timestamptz '{starts}'")).await;
    let update = format!(
        "SET session_replication_role = replica; UPDATE appointments SET {state} WHERE id = '{id}' RETURNING patient_id"
    );
    let database = clinic.database().await;
    database.batch_execute(&update).await.unwrap();
    let patient: Uuid =
        database.query_one("SELECT patient_id FROM appointments WHERE id = $1", &[&id]).await.unwrap().get(0);
    patient.to_string()
}

#[tokio::test]
async fn appointments_are_counted_by_state_practitioner_and_hour_of_the_week_in_the_clinics_zone() {
    let world = World::start().await;
    let clinic = world.clinic("statistics").await;
    let (ada, bob) = (clinic.practitioner("Ada").await, clinic.practitioner("Bob").await);
    let mut patients = Vec::new();
    // 2026-03-23 and 30 are Mondays; 8:00 UTC is 9 in the one week and 10 in the other.
    for (practitioner, starts, state) in [
        (ada, "2026-03-23 08:00Z", "status = 'completed'"),
        (ada, "2026-03-30 07:30Z", "status = 'no_show'"),
        (ada, "2026-03-30 08:00Z", "status = 'completed'"),
        (bob, "2026-03-24 08:00Z", "status = 'cancelled', cancelled_for = 'patient_link'"),
        (bob, "2026-03-24 09:00Z", "status = 'cancelled', cancelled_for = 'clinic'"),
        (bob, "2026-03-24 10:00Z", "status = 'scheduled'"),
        (bob, "2026-03-24 11:00Z", "deleted_at = now()"),
        // The next day in Paris, and the day before.
        (ada, "2026-03-31 22:00Z", "status = 'no_show'"),
        (ada, "2026-03-22 22:59Z", "status = 'no_show'"),
    ] {
        patients.push(book(&clinic, practitioner, starts, state).await);
    }
    let ask = async |query: &str| {
        let answer = clinic.admin.get(&format!("{STATISTICS}?from=2026-03-23&to=2026-03-31{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        answer.json
    };
    let all = ask("").await;
    assert_eq!(
        all["total"],
        json!({ "total": 6, "scheduled": 1, "confirmed": 0, "checkedIn": 0, "completed": 2, "cancelled": 2, "cancelledByPatient": 1,
                "noShow": 1, "noShowRate": 0.3333 })
    );
    let by_practitioner = all["practitioners"].as_array().unwrap();
    let names: Vec<&Value> = by_practitioner.iter().map(|one| &one["practitionerName"]).collect();
    assert_eq!(names, ["Test Ada", "Test Bob"]);
    assert_eq!(by_practitioner[0]["counts"]["total"], 3);
    assert_eq!(by_practitioner[1]["counts"].get("noShowRate"), None, "nobody should have come to Bob");
    let hours: Vec<(i64, i64, i64)> = all["hours"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (one["weekday"].as_i64().unwrap(), one["hour"].as_i64().unwrap(), one["counts"]["total"].as_i64().unwrap())
        })
        .collect();
    assert_eq!(hours, [(1, 9, 2), (1, 10, 1), (2, 9, 1), (2, 10, 1), (2, 11, 1)]);

    assert_eq!(ask(&format!("&practitionerId={bob}")).await["total"]["total"], 3);
    let one = ask(&format!("&patientId={}", patients[1])).await;
    assert_eq!((&one["total"]["total"], &one["total"]["noShowRate"]), (&json!(1), &json!(1.0)));
    assert_eq!(ask(&format!("&patientId={}&practitionerId={bob}", patients[1])).await["total"]["total"], 0);
    let lately = clinic.admin.get(STATISTICS).await;
    assert_eq!(lately.status, 200, "{lately:?}");
}

#[tokio::test]
async fn the_count_is_of_a_year_at_most_and_names_the_patient_it_was_asked_for() {
    let world = World::start().await;
    let (clinic, other) = (world.clinic("statistics").await, world.clinic("statistics-other").await);
    let me = clinic.person(Role::Readonly).await;
    let range = async |from: &str, to: &str| me.get(&format!("{STATISTICS}?from={from}&to={to}")).await.status.as_u16();
    assert_eq!(range("2024-01-01", "2024-12-31").await, 200, "366 days");
    assert_eq!(range("2024-01-01", "2025-01-01").await, 422);
    let (ours, theirs) = (clinic.patient("Ours").await, other.patient("Theirs").await);
    // As in every filter: of what is not there, there is nothing. Nor does it name whom the clinic does not know.
    for filter in [
        format!("patientId={}", theirs["id"].as_str().unwrap()),
        format!("patientId={}", Uuid::now_v7()),
        format!("practitionerId={}", Uuid::now_v7()),
    ] {
        let none = me.get(&format!("{STATISTICS}?{filter}")).await;
        assert_eq!((none.status.as_u16(), &none.json["total"]["total"]), (200, &json!(0)), "{filter}");
        assert_eq!((&none.json["practitioners"], &none.json["hours"]), (&json!([]), &json!([])), "{filter}");
    }
    let strangers = "SELECT count(*) FROM audit_logs l WHERE EXISTS (
                       SELECT FROM unnest(l.patient_ids) p WHERE p NOT IN (SELECT id FROM patients))";
    assert_eq!(clinic.database().await.query_one(strangers, &[]).await.unwrap().get::<_, i64>(0), 0);
    let patient: Uuid = ours["id"].as_str().unwrap().parse().unwrap();
    for (query, named) in [(format!("?patientId={patient}"), vec![patient]), (String::new(), vec![])] {
        let request = Uuid::now_v7();
        let name = request.to_string();
        let headers = [("x-request-id", name.as_str())];
        assert_eq!(me.request(Method::GET, &format!("{STATISTICS}{query}"), &headers, None).await.status, 200);
        let of_request = "SELECT patient_ids FROM audit_logs WHERE request_id = $1";
        let rows = clinic.database().await.query(of_request, &[&request]).await.unwrap();
        assert_eq!((rows.len(), rows[0].get::<_, Vec<Uuid>>(0)), (1, named));
    }
}
