//! The list of patients as a file.

use std::collections::BTreeSet;

use medicalpro::ids::Role;
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::{PATIENTS, ids};
use crate::support::{Clinic, World};

const EXPORT: &str = "/api/v1/patients/export.csv";

/// So many patients, with notes of this length.
async fn lay_in(clinic: &Clinic<'_>, count: i32, notes: i32) {
    let insert = format!(
        "SET session_replication_role = replica;
         INSERT INTO patients (patient_number, first_name, last_name, sort_name, notes)
         SELECT 'N' || n, 'Anna', 'Name' || n % 7, 'name' || n % 7 || ' anna', repeat('x', {notes}) FROM generate_series(1, {count}) AS n"
    );
    clinic.database().await.batch_execute(&insert).await.unwrap();
}

/// The cells of a file without quotes, line by line.
fn cells(text: &str) -> Vec<Vec<String>> {
    text.split_terminator("\r\n").map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn the_list_is_a_file_that_no_spreadsheet_runs() {
    let world = World::start().await;
    let clinic = world.clinic("export").await;
    let me = &clinic.admin;
    let formula = json!({
        "patientNumber": "A-1", "firstName": "=HYPERLINK(\"https://example.org\")", "lastName": "@Durand, Zoé", "birthDate": "1984-02-29",
        "phone": "+33 1 42 68 53 00", "notes": "-1\nsecond line", "address": { "city": "Paris", "country": "FR" },
    });
    let made = me.post(PATIENTS, &formula).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let id = made.json["id"].as_str().unwrap();
    let phone = made.json["phone"].as_str().unwrap();

    let file = me.get(EXPORT).await;
    assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8; header=present"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"patients.csv\"");
    assert_eq!((file.header("cache-control"), file.header("x-content-type-options")), ("no-store", "nosniff"));
    let expected = format!(
        "id,patientNumber,firstName,lastName,birthDate,gender,email,phone,addressLine1,addressLine2,postalCode,city,country,language,notes\r\n\
         {id},A-1,\"'=HYPERLINK(\"\"https://example.org\"\")\",\"'@Durand, Zoé\",1984-02-29,unknown,,'{phone},,,,Paris,FR,,\"'-1\nsecond line\"\r\n"
    );
    assert_eq!(file.text, expected);
    assert_eq!(me.get(&format!("{EXPORT}?bom=true")).await.text, format!("\u{feff}{expected}"));

    // What was taken away can be entered elsewhere, and is what it was.
    let elsewhere = world.clinic("export-elsewhere").await;
    let without_ids: String = expected.replacen("id,", "", 1).replace(&format!("{id},"), "");
    assert_eq!(elsewhere.admin.post_csv("/api/v1/patients/import", &[], without_ids).await.json["created"], 1);
    let entered = &elsewhere.admin.get(PATIENTS).await.json["data"][0];
    for field in ["patientNumber", "firstName", "lastName", "birthDate", "gender", "phone", "notes", "address"] {
        assert_eq!(entered[field], made.json[field], "{field}");
    }
}

#[tokio::test]
async fn it_finds_what_the_list_finds_in_the_same_order() {
    let world = World::start().await;
    let clinic = world.clinic("export-filters").await;
    let me = &clinic.admin;
    for (name, birth_date) in
        [("Zahn", "1984-02-29"), ("Adam", "1984-02-29"), ("Zander", "1990-01-01"), ("Zorn", "1991-01-01")]
    {
        let body = json!({ "firstName": "Test", "lastName": name, "birthDate": birth_date });
        let made = me.post(PATIENTS, &body).await;
        if name == "Zorn" {
            assert_eq!(me.delete(&format!("{PATIENTS}/{}", made.json["id"].as_str().unwrap())).await.status, 204);
        }
    }
    for query in [
        "",
        "?sort=-name",
        "?sort=createdAt",
        "?sort=-createdAt",
        "?q=za",
        "?q=za%20test",
        "?birthDate=1984-02-29",
        "?birthDate=1984-02-29&q=z",
        "?archived=true",
        "?q=nobody",
    ] {
        let listed = ids(&me.get(&format!("{PATIENTS}{query}")).await);
        let file = me.get(&format!("{EXPORT}{query}")).await;
        let taken: Vec<String> = cells(&file.text).into_iter().skip(1).map(|mut line| line.remove(0)).collect();
        assert_eq!(taken, listed, "{query}");
    }
    assert_eq!(me.get(&format!("{EXPORT}?q=a%20b%20c%20d%20e%20f%20g")).await.json["errors"][0]["pointer"], "/query/q");
}

#[tokio::test]
async fn a_long_list_comes_in_pieces_that_are_each_on_record_with_what_is_in_them() {
    let world = World::start().await;
    let clinic = world.clinic("export-long").await;
    lay_in(&clinic, 1201, 1).await;
    let manager = clinic.person(Role::Manager).await;
    let file = manager.get(EXPORT).await;
    let lines = cells(&file.text);
    let taken: BTreeSet<Uuid> = lines.iter().skip(1).map(|line| line[0].parse().unwrap()).collect();
    assert_eq!((lines.len(), taken.len()), (1202, 1201));
    let of_request = "SELECT action, actor_role, ids, patient_ids FROM audit_logs WHERE request_id = $1 ORDER BY id";
    let request: Uuid = file.header("x-request-id").parse().unwrap();
    let rows = clinic.database().await.query(of_request, &[&request]).await.unwrap();
    let mut on_record = Vec::new();
    for row in &rows {
        assert_eq!((row.get(0), row.get(1)), ("export", "medicalpro_manager"));
        let (ids, patients): (Vec<Uuid>, Vec<Uuid>) = (row.get(2), row.get(3));
        assert_eq!(ids, patients);
        on_record.push(ids);
    }
    assert_eq!(on_record.iter().map(Vec::len).collect::<Vec<_>>(), [500, 500, 201]);
    assert_eq!(on_record.concat().into_iter().collect::<BTreeSet<_>>(), taken);
}

#[tokio::test]
async fn whoever_reads_slowly_holds_no_connection_and_gets_all_of_it() {
    // One connection a clinic: whoever held it would keep everybody else waiting.
    let world = World::start_with(&["--pool-size", "1"]).await;
    let clinic = world.clinic("export-slow").await;
    lay_in(&clinic, 4000, 5000).await;
    let mut file = clinic.admin.stream(EXPORT, &[]).await;
    let mut bytes = file.chunk().await.unwrap().expect("it has begun").len();
    for _ in 0..20 {
        assert_eq!(clinic.admin.get(&format!("{PATIENTS}?limit=1")).await.status, StatusCode::OK);
    }
    let pieces = "audit_logs WHERE action = 'export'";
    let read: i64 =
        clinic.database().await.query_one(&format!("SELECT count(*) FROM {pieces}"), &[]).await.unwrap().get(0);
    assert!(read < 8, "not read ahead of who reads it: {read} pieces of 8");
    while let Some(chunk) = file.chunk().await.expect("goes on") {
        bytes += chunk.len();
    }
    assert!(bytes > 4000 * 5000, "{bytes}");
}

#[tokio::test]
async fn a_file_breaks_off_when_whoever_takes_it_may_not_any_more() {
    let world = World::start().await;
    let clinic = world.clinic("export-ended").await;
    lay_in(&clinic, 6000, 5000).await;
    for ended in [false, true] {
        let manager = clinic.person(Role::Manager).await;
        let mut file = manager.stream(EXPORT, &[]).await;
        assert_eq!(file.status(), StatusCode::OK);
        let mut bytes = file.chunk().await.unwrap().expect("it has begun").len();
        if ended {
            assert_eq!(manager.post("/api/v1/auth/logout", &json!({})).await.status, StatusCode::NO_CONTENT);
        }
        let outcome = loop {
            match file.chunk().await {
                Ok(Some(chunk)) => bytes += chunk.len(),
                Ok(None) => break "whole",
                Err(_) => break "cut short",
            }
        };
        assert_eq!((outcome, bytes > 6000 * 5000), if ended { ("cut short", false) } else { ("whole", true) });
    }
}
