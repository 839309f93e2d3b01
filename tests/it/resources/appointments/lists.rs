//! Lists: filters, orders, pages, and that each is served from an index.

use chrono::{DateTime, Utc};
use medicalpro::ids::Role;
use medicalpro::resources;
use reqwest::StatusCode;
use serde_json::json;

use super::{APPOINTMENTS, booked, by_hand, id_of, path_of, visit, with, within};
use crate::statements::become_role;
use crate::support::{Person, World};

/// The ids that a query finds, over all pages.
async fn find(who: &Person<'_>, query: &str) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    for _ in 0..50 {
        let page = who.get(&format!("{APPOINTMENTS}?{query}{cursor}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}: {}", page.json);
        all.extend(page.json["data"].as_array().unwrap().iter().map(id_of));
        match page.json["nextCursor"].as_str() {
            None => return all,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
    panic!("the list does not end");
}

#[tokio::test]
async fn filters_hold_together_and_pages_give_each_once_in_every_order() {
    let world = World::start().await;
    let clinic = world.clinic("lists").await;
    let me = &clinic.admin;
    let patients = [clinic.patient("Durand").await, clinic.patient("Martin").await];
    let practitioners = [clinic.practitioner("One").await, clinic.practitioner("Two").await];
    let facility = clinic.facility("Here").await;
    let room = clinic.room(facility, "Room 1").await;
    let mut made = Vec::new();
    // Booked in another order than they take place.
    for number in [5, 2, 7, 0, 4, 1, 6, 3] {
        let body =
            visit(&patients[number % 2], practitioners[number / 4], within(24 * (1 + i64::try_from(number).unwrap())));
        let body = if number < 3 { with(body, json!({ "roomId": room })) } else { body };
        made.push((number, booked(me, &body).await));
    }
    let cancelled = path_of(&made.iter().find(|(number, _)| *number == 6).unwrap().1);
    assert_eq!(me.post(&format!("{cancelled}/cancel"), &json!({ "for": "patient" })).await.status, StatusCode::OK);
    let of = |numbers: &[usize]| -> Vec<String> {
        numbers.iter().map(|number| id_of(&made.iter().find(|(made, _)| made == number).unwrap().1)).collect()
    };
    let day = |number: usize| {
        let at: DateTime<Utc> =
            made.iter().find(|(made, _)| *made == number).unwrap().1["startsAt"].as_str().unwrap().parse().unwrap();
        // The clinic is in Paris.
        at.with_timezone(&chrono_tz::Europe::Paris).date_naive()
    };
    let (durand, martin) = (id_of(&patients[0]), id_of(&patients[1]));
    let [one, two] = practitioners;
    for (query, found) in [
        ("limit=200".to_owned(), &[0, 1, 2, 3, 4, 5, 6, 7][..]),
        ("limit=3".to_owned(), &[0, 1, 2, 3, 4, 5, 6, 7]),
        ("limit=3&sort=-startsAt".to_owned(), &[7, 6, 5, 4, 3, 2, 1, 0]),
        ("limit=3&sort=createdAt".to_owned(), &[5, 2, 7, 0, 4, 1, 6, 3]),
        ("limit=3&sort=-createdAt".to_owned(), &[3, 6, 1, 4, 0, 7, 2, 5]),
        (format!("patientId={durand}&limit=1"), &[0, 2, 4, 6]),
        (format!("practitionerId={one}&limit=1"), &[0, 1, 2, 3]),
        (format!("patientId={martin}&practitionerId={two}"), &[5, 7]),
        (format!("roomId={room}&limit=2&sort=-startsAt"), &[2, 1, 0]),
        (format!("facilityId={facility}&patientId={durand}"), &[0, 2]),
        (format!("roomId={room}&practitionerId={two}"), &[]),
        ("status=cancelled".to_owned(), &[6]),
        (format!("status=scheduled&practitionerId={two}&sort=createdAt"), &[5, 7, 4]),
        (format!("from={}&to={}", day(2), day(4)), &[2, 3, 4]),
        (format!("from={}&to={}&patientId={durand}", day(2), day(4)), &[2, 4]),
        (format!("to={}", day(0)), &[0]),
        (format!("from={}", day(7)), &[7]),
        ("archived=true".to_owned(), &[]),
    ] {
        assert_eq!(find(me, &query).await, of(found), "{query}");
    }
    for bad in ["from=yesterday", "status=late", "sort=notes", "patientId=1", "limit=0", "archived=perhaps"] {
        assert_eq!(me.get(&format!("{APPOINTMENTS}?{bad}")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    // All that is wrong is told at once.
    let wrong =
        me.get(&format!("{APPOINTMENTS}?limit=0&status=late&from=yesterday&patientId=1&archived=perhaps")).await;
    let told: Vec<_> =
        wrong.json["errors"].as_array().unwrap().iter().map(|error| (&error["pointer"], &error["code"])).collect();
    let expected = [
        ("from", "format"),
        ("patientId", "format"),
        ("status", "not_allowed"),
        ("archived", "type"),
        ("limit", "range"),
    ]
    .map(|(name, code)| (json!(format!("/query/{name}")), json!(code)));
    assert_eq!(told, expected.each_ref().map(|(pointer, code)| (pointer, code)), "{wrong:?}");
    let page = me.get(&format!("{APPOINTMENTS}?limit=1")).await.json;
    let elsewhere = format!("{APPOINTMENTS}?limit=1&status=scheduled&cursor={}", page["nextCursor"].as_str().unwrap());
    assert_eq!(me.get(&elsewhere).await.code(), "invalid_cursor");
}

#[tokio::test]
async fn a_day_is_the_clinics_own() {
    let world = World::start().await;
    let clinic = world.clinic("days").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    // Half past midnight in Paris is the day before in UTC; and the day that the clocks change has 23 hours.
    let (late, early) = (at("2026-03-28T22:30:00Z"), at("2026-03-28T23:30:00Z"));
    let (last, next) = (at("2026-03-29T21:30:00Z"), at("2026-03-29T22:30:00Z"));
    let mut ids = Vec::new();
    for start in [late, early, last, next] {
        ids.push(id_of(&booked(me, &visit(&patient, practitioner, start)).await));
    }
    assert_eq!(find(me, "from=2026-03-29&to=2026-03-29").await, ids[1..3]);
    by_hand(&clinic, "UPDATE clinic_settings SET time_zone = 'Atlantic/Azores'").await;
    assert_eq!(find(me, "from=2026-03-29&to=2026-03-29").await, ids[2..]);
}

#[tokio::test]
async fn every_list_is_served_from_an_index_under_row_security() {
    let world = World::start().await;
    let clinic = world.clinic("plans").await;
    let database = clinic.database().await;
    database
        .batch_execute(
            "SET session_replication_role = replica;
             INSERT INTO patients (patient_number, first_name, last_name, sort_name)
             SELECT 'N' || n, 'First', 'Last' || n, 'last' || n FROM generate_series(1, 2000) AS n;
             INSERT INTO practitioners (first_name, last_name, sort_name) SELECT 'First', 'Last' || n, 'last' || n FROM generate_series(1, 20) AS n;
             INSERT INTO medical_facilities (name) SELECT 'Site ' || n FROM generate_series(1, 5) AS n;
             INSERT INTO rooms (facility_id, name) SELECT f.id, 'Room ' || n FROM medical_facilities f, generate_series(1, 10) AS n;
             -- Rooms and practitioners work in turns, so that nothing overlaps.
             INSERT INTO appointments (patient_id, practitioner_id, facility_id, room_id, starts_at, ends_at, overbook, created_by)
             SELECT p.id, d.id, r.facility_id, r.id, timestamptz '2020-01-01' + n * interval '30 minutes',
                    timestamptz '2020-01-01' + n * interval '30 minutes' + interval '30 minutes', false, p.id
               FROM generate_series(1, 20000) AS n
               JOIN (SELECT id, row_number() OVER () AS k FROM patients) p      ON p.k = n % 2000 + 1
               JOIN (SELECT id, row_number() OVER () AS k FROM practitioners) d ON d.k = n % 20 + 1
               JOIN (SELECT id, facility_id, row_number() OVER () AS k FROM rooms) r ON r.k = n % 50 + 1;
             UPDATE appointments SET deleted_at = now() WHERE ends_at < '2020-01-15' AND extract(minute FROM starts_at) = 0
                                                          AND extract(hour FROM starts_at) = 9;
             RESET session_replication_role;
             ANALYZE patients; ANALYZE practitioners; ANALYZE appointments; ANALYZE rooms; ANALYZE medical_facilities",
        )
        .await
        .unwrap();
    let schema = clinic.id.database_name();
    become_role(&database, &clinic, Role::Secretary.session_role()).await;
    database.batch_execute("SET LOCAL plan_cache_mode = force_generic_plan").await.unwrap();
    let list = "medicalpro::resources::appointments::statements::LIST";
    let list = resources::statements().into_iter().find(|statement| statement.name == list).unwrap();
    let id = "'00000000-0000-7000-8000-000000000000'";
    let mut looked_at = 0;
    for text in list.variants() {
        let after = if text.contains("$9::text IS NULL") {
            "NULL, NULL".to_owned()
        } else {
            format!("'2020-02-01T00:00:00Z', {id}")
        };
        let lead = |column: &str, n: u8| if text.contains(&format!("a.{column} = ${n}::uuid")) { id } else { "NULL" };
        let arguments = format!(
            "'{}', '2020-01-01', '2020-02-01', {}, {}, {}, {}, NULL, {after}, 20",
            clinic.id,
            lead("practitioner_id", 4),
            lead("patient_id", 5),
            lead("room_id", 6),
            lead("facility_id", 7)
        );
        database.batch_execute(&format!("PREPARE one AS {text}")).await.unwrap();
        let rows = database.query(&format!("EXPLAIN (VERBOSE) EXECUTE one ({arguments})"), &[]).await.unwrap();
        database.batch_execute("DEALLOCATE one").await.unwrap();
        let plan = rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n");
        for table in ["appointments", "patients"] {
            assert!(!plan.contains(&format!("Seq Scan on {schema}.{table}")), "{text}\n{plan}");
        }
        assert!(plan.contains("app.tenant"), "row security is on\n{plan}");
        let led = (4..8).any(|n| text.contains(&format!(" = ${n}::uuid")));
        if text.contains("a.deleted_at IS NOT NULL") && !led {
            assert!(plan.contains("appointments_archived_"), "only the archive is read\n{text}\n{plan}");
        }
        if text.contains("ORDER BY a.starts_at") {
            assert!(!plan.contains("Sort"), "read in order, not sorted\n{text}\n{plan}");
        }
        looked_at += 1;
    }
    assert_eq!(looked_at, 2 * 5 * 8 * 5);
}
