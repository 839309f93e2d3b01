//! What an appointment needs is archived beside bookings of it: one of them comes first, and the other knows.

use std::pin::Pin;

use chrono::{Days, Utc};
use futures_util::future::join_all;
use medicalpro::secrets::sha256;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{APPOINTMENTS, booked, by_hand, path_of, visit, with, within};
use crate::support::{Answer, Clinic, World};

const ROUNDS: usize = 20;

/// What is archived, and what an appointment calls it.
struct Needed {
    table: &'static str,
    path: &'static str,
    field: &'static str,
    column: &'static str,
    /// Whether it is kept while appointments are to come.
    kept: bool,
}

/// How many appointments of it there are, and how many of these were made after it was archived: the audit trail is written in the
/// order of things, since who archives waits for who books, or the other way round.
async fn made(clinic: &Clinic<'_>, needed: &Needed, thing: Uuid) -> (i64, i64) {
    let Needed { table, column, .. } = needed;
    let look = format!(
        "SELECT count(*), count(*) FILTER (WHERE EXISTS (
                    SELECT FROM audit_logs late JOIN audit_logs gone ON gone.id < late.id
                     WHERE late.resource = 'appointments' AND late.ids = ARRAY[a.id] AND late.action IN ('create', 'update')
                       AND gone.resource = '{table}' AND gone.ids = ARRAY[a.{column}] AND gone.action = 'delete'))
           FROM appointments a WHERE a.{column} = $1 AND a.starts_at > now() AND a.deleted_at IS NULL"
    );
    let row = clinic.database().await.query_one(&look, &[&thing]).await.unwrap();
    (row.get(0), row.get(1))
}

async fn archived_beside_bookings(name: &str, needed: Needed) {
    let world = World::start().await;
    let clinic = world.clinic(name).await;
    let me = &clinic.admin;
    let mut patients = Vec::new();
    for name in ["Plain", "Series", "Beside", "Held", "Moved"] {
        patients.push(clinic.patient(name).await);
    }
    let day = (Utc::now() + Days::new(10)).date_naive();
    for round in 0..ROUNDS {
        let (practitioner, other) = (clinic.practitioner("Martin").await, clinic.practitioner("Petit").await);
        let facility = clinic.facility("Here").await;
        let thing = match needed.table {
            "practitioners" => practitioner,
            "rooms" => clinic.room(facility, &format!("Room {round}")).await,
            "medical_facilities" => facility,
            _ => clinic.service("Check-up", 30).await,
        };
        let of = |body: Value| with(body, json!({ needed.field: thing }));
        let token = Uuid::now_v7().simple().to_string();
        by_hand(
            &clinic,
            &format!(
                "DELETE FROM appointments;
                 INSERT INTO slot_holds (practitioner_id, starts_at, ends_at, expires_at, token_hash, user_id)
                 VALUES ('{practitioner}', '{0}', '{0}'::timestamptz + interval '30 minutes', now() + interval '5 minutes', '\\x{1}', '{practitioner}')",
                within(54),
                hex::encode(sha256(token.as_bytes()))
            ),
        )
        .await;
        let moved = path_of(&booked(me, &visit(&patients[4], other, within(60))).await);
        let series = json!({ "patientId": patients[1]["id"], "practitionerId": practitioner, "firstOn": day, "starts": "09:00", "minutes": 30, "count": 2 });
        let bodies = [
            (APPOINTMENTS, of(visit(&patients[0], practitioner, within(48)))),
            ("/api/v1/appointment-series", of(series)),
            (APPOINTMENTS, of(with(visit(&patients[2], practitioner, within(48)), json!({ "overbook": true })))),
            (APPOINTMENTS, of(with(visit(&patients[3], practitioner, within(54)), json!({ "holdToken": token })))),
        ];
        let hold = json!({ "practitionerId": practitioner, "startsAt": within(57), "minutes": 30 });
        let change = json!({ needed.field: thing });
        let path = format!("/api/v1/{}/{thing}", needed.path);
        let mut requests: Vec<Pin<Box<dyn Future<Output = Answer>>>> = Vec::new();
        for (path, body) in &bodies {
            requests.push(Box::pin(me.post(path, body)));
        }
        requests.push(Box::pin(me.patch(&moved, &change)));
        // First, last, or between them.
        let place = round % 6;
        requests.insert(place, Box::pin(me.delete(&path)));
        let (mut answers, held) = tokio::join!(join_all(requests), me.post("/api/v1/slot-holds", &hold));
        let archived = answers.remove(place);

        let (there, late) = made(&clinic, &needed, thing).await;
        assert_eq!(late, 0, "round {round}: {answers:?}");
        let taken = answers.iter().filter(|answer| answer.status.is_success()).count();
        for refused in answers.iter().filter(|answer| !answer.status.is_success()) {
            let told = (refused.status.as_u16(), refused.code(), &refused.json["errors"][0]["pointer"]);
            // One that overlaps with what was put beside another one is busy.
            if told.1 != "practitioner_busy" {
                assert_eq!(told, (409, "reference_missing", &json!(format!("/{}", needed.field))), "round {round}");
            }
        }
        match archived.status.as_u16() {
            204 if needed.kept => assert_eq!((there, taken), (0, 0), "round {round}: {answers:?}"),
            204 => {}
            409 => assert!(needed.kept && there > 0 && taken > 0, "round {round}: {archived:?}"),
            _ => panic!("round {round}: {archived:?}"),
        }
        // Who holds a time of somebody who is gone books nothing with it.
        if let (204, Some(token)) = (archived.status.as_u16(), held.json["token"].as_str()) {
            let late = of(with(visit(&patients[0], practitioner, within(57)), json!({ "holdToken": token })));
            assert_eq!(me.post(APPOINTMENTS, &late).await.code(), "reference_missing", "round {round}");
        }
    }
}

#[tokio::test]
async fn a_practitioner_is_archived_or_booked() {
    let needed = Needed {
        table: "practitioners",
        path: "practitioners",
        field: "practitionerId",
        column: "practitioner_id",
        kept: true,
    };
    archived_beside_bookings("gone-practitioner", needed).await;
}

#[tokio::test]
async fn a_room_is_archived_or_booked() {
    let needed = Needed { table: "rooms", path: "rooms", field: "roomId", column: "room_id", kept: true };
    archived_beside_bookings("gone-room", needed).await;
}

#[tokio::test]
async fn a_facility_is_archived_or_booked() {
    let needed = Needed {
        table: "medical_facilities",
        path: "facilities",
        field: "facilityId",
        column: "facility_id",
        kept: true,
    };
    archived_beside_bookings("gone-facility", needed).await;
}

#[tokio::test]
async fn a_service_is_archived_after_what_it_was_booked_for_and_never_before() {
    let needed =
        Needed { table: "products_services", path: "products", field: "serviceId", column: "service_id", kept: false };
    archived_beside_bookings("gone-service", needed).await;
}
