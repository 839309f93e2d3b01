//! The calendar: what falls into its days, who may see it, whom it shows, and by which indexes it is read.

use std::collections::BTreeSet;

use medicalpro::ids::Role;
use medicalpro::resources;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::statements::{become_role, explain};
use crate::support::{Clinic, Person, World};

const CALENDAR: &str = "/api/v1/calendar";

/// Changes what lies there, without asking for a context.
async fn change(clinic: &Clinic<'_>, update: &str) {
    let update = format!("SET session_replication_role = replica; {update}");
    clinic.database().await.batch_execute(&update).await.unwrap();
}

/// Family names of the patients of a view, by the beginnings of their appointments.
async fn shown(who: &Person<'_>, query: &str) -> Vec<String> {
    let view = who.get(&format!("{CALENDAR}?{query}")).await;
    assert_eq!(view.status, 200, "{query}: {view:?}");
    let name = |row: &Value| row["patientName"].as_str().unwrap().strip_prefix("Test ").unwrap().to_owned();
    view.json["data"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn a_view_shows_what_falls_into_its_days_in_the_clinics_zone() {
    let world = World::start().await;
    let clinic = world.clinic("calendar").await;
    let me = &clinic.admin;
    // In Paris it is summer from 29 March 2026, 02:00, on: that day begins at 23:00 UTC, and ends at 22:00 UTC.
    for (name, starts, minutes) in [
        ("Yesterday", "2026-03-28 22:30Z", 30),
        ("Overnight", "2026-03-28 22:30Z", 31),
        ("Midnight", "2026-03-28 23:00Z", 30),
        ("Night", "2026-03-29 00:59Z", 30),
        ("Last", "2026-03-29 21:59Z", 60),
        ("Tomorrow", "2026-03-29 22:00Z", 30),
        ("Deleted", "2026-03-29 10:00Z", 30),
        ("Cancelled", "2026-03-29 11:00Z", 30),
    ] {
        let practitioner = clinic.practitioner("Days").await;
        let id = clinic.appointment(practitioner, name, &format!("timestamptz '{starts}'")).await;
        change(
            &clinic,
            &format!("UPDATE appointments SET ends_at = starts_at + {minutes} * interval '1 minute' WHERE id = '{id}'"),
        )
        .await;
        match name {
            "Deleted" => {
                change(&clinic, &format!("UPDATE appointments SET deleted_at = now() WHERE id = '{id}'")).await;
            }
            "Cancelled" => {
                let cancel = format!(
                    "UPDATE appointments SET status = 'cancelled', cancelled_for = 'patient' WHERE id = '{id}'"
                );
                change(&clinic, &cancel).await;
            }
            _ => {}
        }
    }
    let day = ["Overnight", "Midnight", "Night", "Cancelled", "Last"];
    assert_eq!(shown(me, "from=2026-03-29&to=2026-03-29").await, day);
    assert_eq!(shown(me, "from=2026-03-30&to=2026-05-10").await, ["Last", "Tomorrow"], "six weeks");
    let view = me.get(&format!("{CALENDAR}?from=2026-03-29&to=2026-03-29")).await;
    let entry = &view.json["data"][3];
    assert_eq!(
        (&entry["status"], &entry["startsAt"], &entry["practitionerName"], &entry["overbook"]),
        (&json!("cancelled"), &json!("2026-03-29T11:00:00+00:00"), &json!("Test Days"), &json!(false))
    );
    assert_eq!((&view.json["from"], &view.json["timeZone"]), (&json!("2026-03-29"), &json!("Europe/Paris")));

    // Without days: today and the six that follow.
    clinic.appointment(clinic.practitioner("Days").await, "Soon", "now() + interval '3 days'").await;
    assert_eq!(shown(me, "").await, ["Soon"]);
    for (query, pointer) in [
        ("from=2026-03-29", "/query/to"),
        ("to=2026-03-29", "/query/from"),
        ("from=2026-03-29&to=2026-03-28", "/query/to"),
        ("from=2026-03-30&to=2026-05-11", "/query/to"),
        ("from=today&to=2026-05-11", "/query/from"),
    ] {
        let refused = me.get(&format!("{CALENDAR}?{query}")).await;
        assert_eq!((refused.status.as_u16(), &refused.json["errors"][0]["pointer"]), (422, &json!(pointer)), "{query}");
    }
}

#[tokio::test]
async fn a_view_is_of_a_practitioner_a_facility_or_a_room_and_shows_what_keeps_them_away() {
    let world = World::start().await;
    let clinic = world.clinic("calendar").await;
    let me = &clinic.admin;
    let (ada, bob) = (clinic.practitioner("Ada").await, clinic.practitioner("Bob").await);
    let (north, south) = (clinic.facility("North").await, clinic.facility("South").await);
    let room = clinic.room(north, "Room 1").await;
    let service = clinic.service("Checkup", 30).await;
    for (practitioner, patient, hour, place) in [
        (ada, "One", 8, format!("facility_id = '{north}', room_id = '{room}', service_id = '{service}'")),
        (ada, "Two", 9, format!("facility_id = '{south}'")),
        (bob, "Three", 10, format!("facility_id = '{north}'")),
    ] {
        let id = clinic.appointment(practitioner, patient, &format!("timestamptz '2026-04-07 {hour}:00Z'")).await;
        change(&clinic, &format!("UPDATE appointments SET {place} WHERE id = '{id}'")).await;
    }
    let week = "from=2026-04-06&to=2026-04-12";
    for (filter, expected) in [
        (String::new(), &["One", "Two", "Three"][..]),
        (format!("&practitionerId={ada}"), &["One", "Two"]),
        (format!("&facilityId={north}"), &["One", "Three"]),
        (format!("&facilityId={north}&practitionerId={bob}"), &["Three"]),
        (format!("&roomId={room}"), &["One"]),
        (format!("&roomId={room}&practitionerId={bob}"), &[]),
    ] {
        assert_eq!(shown(me, &format!("{week}{filter}")).await, expected, "{filter}");
    }

    for (practitioner, body) in [
        (
            ada,
            json!({ "kind": "absence", "validFrom": "2026-04-01", "validUntil": "2026-04-06", "reason": "Congress" }),
        ),
        (
            bob,
            json!({ "kind": "extra", "validFrom": "2026-04-12", "validUntil": "2026-04-12", "starts": "09:00", "ends": "12:00", "facilityId": south }),
        ),
        (bob, json!({ "kind": "absence", "validFrom": "2026-04-13", "validUntil": "2026-04-13" })),
        (bob, json!({ "kind": "weekly", "weekday": 1, "starts": "09:00", "ends": "12:00" })),
    ] {
        assert_eq!(me.post(&format!("/api/v1/practitioners/{practitioner}/availability"), &body).await.status, 201);
    }
    let closures = format!(
        "INSERT INTO closures (facility_id, starts_on, ends_on) VALUES (NULL, '2026-04-10', '2026-04-10'), ('{south}', '2026-04-12', '2026-04-20'),
                (NULL, '2026-04-13', '2026-04-14');
         INSERT INTO closures (kind, starts_on, ends_on) VALUES ('open', '2026-04-06', '2026-04-06')"
    );
    change(&clinic, &closures).await;
    let view = async |filter: &str| me.get(&format!("{CALENDAR}?{week}{filter}")).await.json;
    let all = view("").await;
    let column = |view: &Value, list: &str, field: &str| -> Vec<String> {
        view[list].as_array().unwrap().iter().map(|row| row[field].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(column(&all, "exceptions", "kind"), ["absence", "extra"]);
    assert_eq!(all["exceptions"][0]["reason"], "Congress");
    assert_eq!(
        (&all["exceptions"][1]["starts"], &all["exceptions"][1]["facilityId"]),
        (&json!("09:00"), &json!(south))
    );
    assert_eq!(column(&all, "closures", "startsOn"), ["2026-04-06", "2026-04-10", "2026-04-12"]);
    assert_eq!(all["closures"][0]["kind"], "open");
    assert_eq!(
        (column(&all, "holidays", "day"), column(&all, "holidays", "key")),
        (vec!["2026-04-06".to_owned()], vec!["easter_monday".to_owned()])
    );
    assert_eq!(column(&view(&format!("&practitionerId={ada}")).await, "exceptions", "kind"), ["absence"]);
    let north = view(&format!("&facilityId={north}")).await;
    assert_eq!(column(&north, "exceptions", "kind"), ["absence"], "the extra hours are in the South");
    assert_eq!(column(&north, "closures", "startsOn"), ["2026-04-06", "2026-04-10"]);
    let german = [("accept-language", "de")];
    let named = me.request(Method::GET, &format!("{CALENDAR}?{week}"), &german, None).await;
    assert_eq!(named.json["holidays"][0]["name"], "Ostermontag");
}

#[tokio::test]
async fn a_view_leaves_one_audit_row_that_names_the_patients_it_showed() {
    let world = World::start().await;
    let (clinic, other) = (world.clinic("calendar").await, world.clinic("calendar-other").await);
    let practitioner = clinic.practitioner("Audited").await;
    for (patient, hour) in [("One", 8), ("Two", 9)] {
        clinic.appointment(practitioner, patient, &format!("timestamptz '2026-04-07 {hour}:00Z'")).await;
    }
    clinic.appointment(practitioner, "Unseen", "timestamptz '2026-04-08 08:00Z'").await;
    let reader = clinic.person(Role::Readonly).await;
    let request = Uuid::now_v7();
    let name = request.to_string();
    let headers = [("x-request-id", name.as_str())];
    let view = reader.request(Method::GET, &format!("{CALENDAR}?from=2026-04-07&to=2026-04-07"), &headers, None).await;
    let column = |field: &str| -> Vec<Uuid> {
        view.json["data"].as_array().unwrap().iter().map(|row| row[field].as_str().unwrap().parse().unwrap()).collect()
    };
    let of_request = "SELECT action, resource, ids, patient_ids FROM audit_logs WHERE request_id = $1";
    let rows = clinic.database().await.query(of_request, &[&request]).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].get::<_, &str>(0), rows[0].get::<_, &str>(1)), ("list", "appointments"));
    assert_eq!((rows[0].get::<_, Vec<Uuid>>(2), column("id").len()), (column("id"), 2));
    let patients: BTreeSet<Uuid> = rows[0].get::<_, Vec<Uuid>>(3).into_iter().collect();
    assert_eq!(patients, column("patientId").into_iter().collect());
    assert_eq!(shown(&other.admin, "from=2026-04-07&to=2026-04-07").await, Vec::<String>::new(), "another clinic's");
}

#[tokio::test]
async fn more_than_five_thousand_appointments_are_no_view_and_are_read_from_indexes() {
    let world = World::start().await;
    let clinic = world.clinic("calendar-full").await;
    let (ada, patient) =
        (clinic.practitioner("Ada").await, clinic.patient("Often").await["id"].as_str().unwrap().to_owned());
    let (facility, bob) = (clinic.facility("North").await, clinic.practitioner("Bob").await);
    let room = clinic.room(facility, "Room 1").await;
    // 50,000 in four years; in one of the days 5001, of which one is Bob's.
    let fill = format!(
        "INSERT INTO appointments (patient_id, practitioner_id, facility_id, room_id, starts_at, ends_at, overbook, status, created_by)
         SELECT '{patient}', '{ada}', '{facility}', '{room}', at, at + interval '5 minutes', true, 'completed', '{patient}'
           FROM (SELECT timestamptz '2022-01-01' + n * interval '42 minutes' FROM generate_series(1, 44999) n) AS t (at);
         INSERT INTO appointments (patient_id, practitioner_id, starts_at, ends_at, overbook, status, created_by)
         SELECT '{patient}', CASE n WHEN 1 THEN uuid '{bob}' ELSE '{ada}' END, at, at + interval '5 minutes', true, 'completed', '{patient}'
           FROM (SELECT n, timestamptz '2027-06-01 08:00Z' + n * interval '1 second' FROM generate_series(1, 5001) n) AS t (n, at);
         ANALYZE appointments"
    );
    change(&clinic, &fill).await;
    let day = "from=2027-06-01&to=2027-06-01";
    let refused = clinic.admin.get(&format!("{CALENDAR}?{day}")).await;
    assert_eq!((refused.status.as_u16(), &refused.json["errors"][0]["code"]), (422, &json!("too_many")), "{refused:?}");
    assert_eq!(shown(&clinic.admin, &format!("{day}&practitionerId={bob}")).await.len(), 1, "control");
    let ada_alone = clinic.admin.get(&format!("{CALENDAR}?{day}&practitionerId={ada}")).await;
    assert_eq!(ada_alone.json["data"].as_array().map(Vec::len), Some(5000), "as many as there may be");

    let name = "medicalpro::resources::calendar::statements::RANGE";
    let range = resources::statements().into_iter().find(|statement| statement.name == name).unwrap();
    let database = clinic.database().await;
    become_role(&database, &clinic, Role::Secretary.session_role()).await;
    let mut looked_at = 0;
    for text in range.variants() {
        let given = |filter: &str, id: Uuid| if text.contains(filter) { format!("'{id}'") } else { "NULL".to_owned() };
        let arguments = format!(
            "'{}', '2024-03-04', '2024-03-10', {}, {}, {}",
            clinic.id,
            given("a.practitioner_id = $4", ada),
            given("a.facility_id = $5", facility),
            given("a.room_id = $6", room)
        );
        let plan = explain(&database, &text, &arguments).await;
        assert!(
            plan.contains("appointments_")
                && !plan.contains(&format!("Seq Scan on {}.appointments", clinic.id.database_name())),
            "{plan}"
        );
        assert!(plan.contains("app.tenant"), "row security is on\n{plan}");
        looked_at += 1;
    }
    assert_eq!(looked_at, 8);
    let scan = "SELECT id FROM appointments WHERE company_id = $1::uuid AND tstzrange(starts_at, ends_at) && tstzrange($2::timestamptz, NULL)";
    let plan = explain(&database, scan, &format!("'{}', '2024-03-04'", clinic.id)).await;
    assert!(plan.contains("Seq Scan on "), "this can fail: what is not leakproof uses no index\n{plan}");
}
