//! What happened to a patient, as far as a role reads it.

use std::collections::BTreeSet;

use medicalpro::ids::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PATIENTS, ids};
use crate::statements::become_role;
use crate::support::{Answer, Clinic, World};

const KINDS: [&str; 6] = ["appointment", "medical_record", "prescription", "consent", "document", "medical_document"];

/// One row of each kind in a patient's file, on a day of January 2026.
async fn lay_in(clinic: &Clinic<'_>, patient: &str, day: u32) {
    let insert = format!(
        "SET session_replication_role = replica;
         INSERT INTO appointments (patient_id, practitioner_id, created_by, starts_at, ends_at, status, reason)
         VALUES ('{patient}', '{patient}', '{patient}', '2026-01-{day:02} 10:00Z', '2026-01-{day:02} 10:30Z', 'completed', 'Check-up');
         INSERT INTO medical_records (patient_id, practitioner_id, created_by, occurred_at, title, assessment)
         VALUES ('{patient}', '{patient}', '{patient}', '2026-01-{day:02} 10:10Z', 'zq7title', 'zq7assessment');
         INSERT INTO prescriptions (patient_id, practitioner_id, created_by, prescribed_on, notes)
         VALUES ('{patient}', '{patient}', '{patient}', '2026-01-{day:02}', 'zq7notes');
         INSERT INTO consents (patient_id, template_id, created_by, created_at, language, title, body, text_hash)
         VALUES ('{patient}', '{patient}', '{patient}', '2026-01-{day:02} 09:00Z', 'fr', 'Consent', 'Body', '');
         INSERT INTO documents (patient_id, created_by, created_at, kind, currency)
         VALUES ('{patient}', '{patient}', '2026-01-{day:02} 11:00Z', 'invoice', 'EUR');
         INSERT INTO medical_documents (patient_id, created_by, created_at, title, file_name, media_type, byte_size, sha256)
         VALUES ('{patient}', '{patient}', '2026-01-{day:02} 12:00Z', 'zq7scan', 'scan.png', 'image/png', 1, sha256(''))"
    );
    clinic.database().await.batch_execute(&insert).await.unwrap();
}

fn kinds(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json["data"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

fn id_of(patient: &Value) -> &str {
    patient["id"].as_str().unwrap()
}

#[tokio::test]
async fn each_role_sees_what_it_reads_and_is_refused_what_it_asks_for_beyond() {
    let world = World::start().await;
    let clinic = world.clinic("timeline").await;
    let (patient, other) = (clinic.patient("Timeline").await, clinic.patient("Other").await);
    lay_in(&clinic, id_of(&patient), 5).await;
    lay_in(&clinic, id_of(&other), 6).await;
    let path = format!("{PATIENTS}/{}/timeline", id_of(&patient));
    let all = ["medical_document", "document", "medical_record", "appointment", "consent", "prescription"];
    let office = ["document", "appointment", "consent"];
    for (role, seen) in [
        (Role::Admin, &all[..]),
        (Role::Practitioner, &all),
        (Role::Nurse, &all),
        (Role::Manager, &office),
        (Role::Secretary, &office),
        (Role::Readonly, &office[..2]),
    ] {
        let person = clinic.person(role).await;
        let answer = person.get(&path).await;
        assert_eq!(kinds(&answer), seen, "{role:?}");
        assert_eq!(answer.text.contains("zq7"), seen == all, "{role:?}: {answer:?}");
        for kind in KINDS {
            let asked = person.get(&format!("{path}?kind={kind}")).await;
            if seen.contains(&kind) {
                assert_eq!(kinds(&asked), [kind], "{role:?}");
            } else {
                assert_eq!((asked.status, asked.code()), (StatusCode::FORBIDDEN, "forbidden"), "{role:?}: {kind}");
            }
        }
    }
    let first = &clinic.admin.get(&format!("{path}?kind=appointment&kind=document")).await.json["data"];
    assert_eq!((&first[0]["kind"], &first[0]["category"]), (&json!("document"), &json!("invoice")));
    let appointment = json!({
        "kind": "appointment", "id": first[1]["id"], "patientId": id_of(&patient), "at": "2026-01-05T10:00:00+00:00", "title": "Check-up",
        "status": "completed",
    });
    assert_eq!(first[1], appointment);
    assert_eq!(clinic.admin.get(&format!("{path}?kind=secrets")).await.json["errors"][0]["pointer"], "/query/kind");
}

#[tokio::test]
async fn care_teams_hold_here_too() {
    let world = World::start().await;
    let clinic = world.clinic("timeline-teams").await;
    let patient = clinic.patient("Team").await;
    lay_in(&clinic, id_of(&patient), 5).await;
    let path = format!("{PATIENTS}/{}/timeline", id_of(&patient));
    let doctor = clinic.person(Role::Practitioner).await;
    assert_eq!(kinds(&doctor.get(&path).await).len(), 6, "control: no team is asked for");
    let require = "SET session_replication_role = replica; UPDATE clinic_settings SET care_team_required = true";
    clinic.database().await.batch_execute(require).await.unwrap();
    assert_eq!(kinds(&doctor.get(&path).await), ["document", "appointment", "consent"]);
}

#[tokio::test]
async fn pages_lead_through_all_of_it_once_and_merged_files_belong_to_it() {
    let world = World::start().await;
    let clinic = world.clinic("timeline-pages").await;
    let [patient, merged, chained, stranger] =
        [clinic.patient("A").await, clinic.patient("B").await, clinic.patient("C").await, clinic.patient("D").await];
    for (file, days) in [(&patient, [3, 9, 9]), (&merged, [3, 4, 8]), (&chained, [1, 3, 12]), (&stranger, [3, 4, 5])] {
        for day in days {
            lay_in(&clinic, id_of(file), day).await;
        }
    }
    let path = format!("{PATIENTS}/{}/timeline", id_of(&patient));
    let alone = clinic.admin.get(&path).await;
    assert_eq!(alone.json["data"].as_array().unwrap().len(), 18, "control: nothing is merged yet");
    for (duplicate, survivor) in [(&merged, &patient), (&chained, &merged)] {
        let merge = format!(
            "SET session_replication_role = replica; UPDATE patients SET merged_into_id = '{}', deleted_at = now() WHERE id = '{}'",
            id_of(survivor),
            id_of(duplicate)
        );
        clinic.database().await.batch_execute(&merge).await.unwrap();
    }
    let whole = clinic.admin.get(&format!("{path}?limit=200")).await;
    let rows = whole.json["data"].as_array().unwrap();
    let files: BTreeSet<&str> = rows.iter().map(|row| row["patientId"].as_str().unwrap()).collect();
    assert_eq!(files, [&patient, &merged, &chained].map(id_of).into());
    let times: Vec<&str> = rows.iter().map(|row| row["at"].as_str().unwrap()).collect();
    assert!(times.iter().rev().is_sorted(), "{times:?}");
    for limit in [1, 7, 20] {
        let mut all = Vec::new();
        let mut next = String::new();
        loop {
            let page = clinic.admin.get(&format!("{path}?limit={limit}{next}")).await;
            all.extend(ids(&page));
            match page.json["nextCursor"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(all, ids(&whole), "by {limit}");
    }
    assert_eq!(rows.len(), 54);
}

#[tokio::test]
async fn nobody_has_no_timeline_and_a_quiet_one_is_empty_and_on_record() {
    let world = World::start().await;
    let clinic = world.clinic("timeline-empty").await;
    let patient = clinic.patient("Quiet").await;
    let path = format!("{PATIENTS}/{}/timeline", id_of(&patient));
    let answer = clinic.admin.get(&path).await;
    assert_eq!((answer.status, &answer.json), (StatusCode::OK, &json!({ "data": [] })));
    let request: Uuid = answer.header("x-request-id").parse().unwrap();
    let row = "SELECT action, resource, ids, patient_ids FROM audit_logs WHERE request_id = $1";
    let row = clinic.database().await.query_one(row, &[&request]).await.unwrap();
    let patient: Uuid = id_of(&patient).parse().unwrap();
    assert_eq!((row.get(0), row.get(1)), ("list", "patient_timeline"));
    assert_eq!((row.get::<_, Vec<Uuid>>(2), row.get::<_, Vec<Uuid>>(3)), (vec![], vec![patient]));
    assert_eq!(
        clinic.admin.get(&format!("{PATIENTS}/{}/timeline", Uuid::now_v7())).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(clinic.admin.delete(&format!("{PATIENTS}/{patient}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(clinic.admin.get(&path).await.status, StatusCode::NOT_FOUND, "an archived patient is not found");
}

#[tokio::test]
async fn a_timeline_is_read_from_indexes_under_row_security() {
    let world = World::start().await;
    let clinic = world.clinic("timeline-plan").await;
    let database = clinic.database().await;
    let some = "generate_series(1, 3000) AS n, LATERAL (SELECT md5((n % 500)::text)::uuid AS p, timestamptz '2026-01-01Z' + n * interval '1 hour' AS at) AS t";
    database
        .batch_execute(&format!(
            "SET session_replication_role = replica;
             INSERT INTO patients (id, patient_number, first_name, last_name, sort_name)
             SELECT md5(n::text)::uuid, 'N' || n, 'A', 'B', n::text FROM generate_series(1, 3000) AS n;
             INSERT INTO appointments (patient_id, practitioner_id, created_by, starts_at, ends_at)
             SELECT p, p, p, at, at + interval '1 minute' FROM {some};
             INSERT INTO medical_records (patient_id, practitioner_id, created_by, occurred_at) SELECT p, p, p, at FROM {some};
             INSERT INTO prescriptions (patient_id, practitioner_id, created_by, prescribed_on) SELECT p, p, p, at FROM {some};
             INSERT INTO consents (patient_id, template_id, created_by, created_at, language, title, body, text_hash)
             SELECT p, p, p, at, 'fr', 'T', 'B', '' FROM {some};
             INSERT INTO documents (patient_id, created_by, created_at, kind, currency) SELECT p, p, at, 'invoice', 'EUR' FROM {some};
             INSERT INTO medical_documents (patient_id, created_by, created_at, title, file_name, media_type, byte_size, sha256)
             SELECT p, p, at, 'T', 'f.png', 'image/png', 1, sha256('') FROM {some};
             RESET session_replication_role;
             ANALYZE"
        ))
        .await
        .unwrap();
    let name = "medicalpro::resources::patients::timeline::TIMELINE";
    let statement = medicalpro::resources::statements().into_iter().find(|statement| statement.name == name).unwrap();
    // The last has all kinds.
    let text = statement.variants().pop().unwrap();
    become_role(&database, &clinic, Role::Nurse.session_role()).await;
    let prepare = format!("SET LOCAL plan_cache_mode = force_generic_plan; PREPARE one AS {text}");
    database.batch_execute(&prepare).await.unwrap();
    let id = "'00000000-0000-7000-8000-000000000000'";
    let plan = format!("EXPLAIN (VERBOSE) EXECUTE one ('{}', {id}, '9999-01-01Z', {id}, 50)", clinic.id);
    let rows = database.query(&plan, &[]).await.unwrap();
    let plan = rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n");
    for index in ["appointments", "medical_records", "prescriptions", "consents", "documents", "medical_documents"] {
        assert!(plan.contains(&format!(" {index}_patient_id_idx")), "{index}\n{plan}");
    }
    for table in
        ["patients", "appointments", "medical_records", "prescriptions", "consents", "documents", "medical_documents"]
    {
        let scan = format!("Seq Scan on {}.{table}", clinic.id.database_name());
        assert!(!plan.lines().any(|line| line.contains(&scan)), "{table}\n{plan}");
    }
    assert!(plan.contains("app.tenant"), "row security is on\n{plan}");
}
