//! Rows that would belong to another clinic: not written, not moved, not pointed at; and a database that is not what its name
//! says.

use medicalpro::ids::ClinicId;

use super::by_hand::{ADMIN, Hand, SECRETARY, credentials, login, now, refused, rows, treasure, try_connect, until};
use crate::support::World;
use reqwest::StatusCode;

#[tokio::test]
async fn a_row_of_another_clinic_is_neither_inserted_nor_made_by_a_change() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    let hand = Hand::of(&world, &a).await;
    let treasure = treasure(&a, &hand, "Abelard").await;
    let insert = |clinic: ClinicId| {
        format!(
            "INSERT INTO patients (company_id, patient_number, first_name, last_name, sort_name)
             VALUES ('{clinic}', 'N-1', 'X', 'X', 'x') RETURNING last_name"
        )
    };
    assert_eq!(hand.run(ADMIN, &insert(a.id)).await, rows(["X"]), "control");
    assert_eq!(hand.run(ADMIN, &insert(b.id)).await, refused("42501"));
    assert_eq!(hand.run(SECRETARY, &insert(b.id)).await, refused("42501"));
    let fill = |clinic: ClinicId| {
        format!("INSERT INTO closures (company_id, starts_on, ends_on) SELECT '{clinic}', '2030-01-01', '2030-01-02'")
    };
    assert_eq!(hand.run(ADMIN, &fill(a.id)).await, rows([]), "control: by SELECT");
    assert_eq!(hand.run(ADMIN, &fill(b.id)).await, refused("42501"));

    let patient = treasure.patient;
    let change = |column: &str, value: &str| {
        format!("UPDATE patients SET {column} = '{value}' WHERE id = '{patient}' RETURNING last_name")
    };
    assert_eq!(hand.run(ADMIN, &change("last_name", "Changed")).await, rows(["Changed"]), "control");
    assert_eq!(hand.run(ADMIN, &change("company_id", &b.id.to_string())).await, refused("42501"));
    let upsert = format!("{} ON CONFLICT DO NOTHING", insert(b.id).replace(" RETURNING last_name", ""));
    assert_eq!(hand.run(ADMIN, &upsert).await, refused("42501"));
    let merge = format!(
        "MERGE INTO patients p USING (SELECT '{patient}'::uuid AS id) s ON p.id = s.id
          WHEN MATCHED THEN UPDATE SET company_id = '{}'",
        b.id
    );
    assert_eq!(hand.run(ADMIN, &merge).await, refused("42501"));

    // Even the owner, who has every grant and signs a context of A's as a migration does, is held to the clinic: by the
    // policies, and without them by the tables' CHECK.
    let owner = a.database().await;
    let context = hand.key.sign(a.id, "medicalpro_owner", hand.user, now());
    let as_owner = format!("{}; ", hand.opening("medicalpro_owner", &context));
    let attempt = async |sql: &str| {
        let outcome = super::by_hand::send(&owner, &format!("{as_owner}{sql}")).await;
        owner.batch_execute("ROLLBACK").await.unwrap();
        outcome
    };
    assert_eq!(attempt(&insert(a.id)).await, rows(["X"]), "control");
    assert_eq!(attempt(&insert(b.id)).await, refused("42501"));
    assert_eq!(attempt(&change("company_id", &b.id.to_string())).await, refused("42501"));
    assert_eq!(super::by_hand::send(&owner, &insert(b.id)).await, refused("23514"), "the superuser meets the CHECK");
}

#[tokio::test]
async fn a_row_cannot_point_at_another_clinics_row() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    let (hand, other) = (Hand::of(&world, &a).await, Hand::of(&world, &b).await);
    let (own, foreign) = (treasure(&a, &hand, "Abelard").await, treasure(&b, &other, "Bernard").await);
    let appointment = |patient, practitioner| {
        format!(
            "INSERT INTO appointments (patient_id, practitioner_id, starts_at, ends_at)
             VALUES ('{patient}', '{practitioner}', now(), now() + interval '30 minutes')"
        )
    };
    assert_eq!(hand.run(SECRETARY, &appointment(own.patient, own.practitioner)).await, rows([]), "control");
    assert_eq!(hand.run(SECRETARY, &appointment(foreign.patient, own.practitioner)).await, refused("23503"));
    assert_eq!(hand.run(SECRETARY, &appointment(own.patient, foreign.practitioner)).await, refused("23503"));
    let prescription = |record| {
        format!(
            "INSERT INTO prescriptions (patient_id, practitioner_id, medical_record_id, prescribed_on)
             VALUES ('{}', '{}', '{record}', now()::date)",
            own.patient, own.practitioner
        )
    };
    assert_eq!(hand.run(ADMIN, &prescription(own.record)).await, rows([]), "control");
    assert_eq!(hand.run(ADMIN, &prescription(foreign.record)).await, refused("23503"));
}

#[tokio::test]
async fn a_copy_of_a_clinics_database_under_another_clinics_name_shows_nothing() {
    let world = World::start().await;
    let (a, c) = (world.clinic("original").await, world.clinic("copy").await);
    let original = Hand::of(&world, &a).await;
    treasure(&a, &original, "Abelard").await;
    let names = "SELECT last_name FROM patients";
    assert_eq!(original.run(ADMIN, names).await, rows(["Abelard"]), "control");
    assert_eq!(c.admin.get("/api/v1/patients").await.status, StatusCode::OK, "control");

    // The administrator puts a copy of A's database in the place of C's: name, schema and CONNECT are C's.
    let (from, to) = (a.id.database_name(), c.id.database_name());
    let admin = crate::support::admin_client(&world.admin, "postgres").await;
    admin.batch_execute(&format!("DROP DATABASE {to} WITH (FORCE)")).await.unwrap();
    admin.batch_execute(&format!("ALTER DATABASE {from} ALLOW_CONNECTIONS false")).await.unwrap();
    admin
        .execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1", &[&from])
        .await
        .unwrap();
    admin.batch_execute(&format!("CREATE DATABASE {to} TEMPLATE {from} OWNER medicalpro_provisioner")).await.unwrap();
    admin.batch_execute(&format!("ALTER DATABASE {from} ALLOW_CONNECTIONS true")).await.unwrap();
    admin
        .batch_execute(&format!(
            "REVOKE ALL ON DATABASE {to} FROM PUBLIC; GRANT CONNECT ON DATABASE {to} TO {to}, {from}"
        ))
        .await
        .unwrap();
    let inside = c.database().await;
    inside.batch_execute(&format!("ALTER SCHEMA {from} RENAME TO {to}; SET search_path = {to}")).await.unwrap();
    assert_eq!(super::by_hand::send(&inside, names).await, rows(["Abelard"]), "control: it is a copy");

    // C, as C: its key is not the one inside.
    let copy = Hand::of(&world, &c).await;
    assert_eq!(copy.run(ADMIN, names).await, refused("MP003"));
    // Whoever holds A's key: for C, and for A, whose database this says it is.
    let with = async |clinic: ClinicId| {
        let context = original.key.sign(clinic, ADMIN, original.user, now());
        copy.after(&copy.opening(ADMIN, &context), names).await
    };
    assert_eq!(with(c.id).await, refused("MP004"));
    assert_eq!(with(a.id).await, refused("MP004"));
    // A's own login, let in by the administrator's GRANT.
    let own = try_connect(&login(&credentials(&world, a.id).await, &to)).await.expect("let in");
    let context = original.context(ADMIN);
    let opening = format!(
        "BEGIN; SET LOCAL ROLE {ADMIN}; SET LOCAL search_path = {to}, pg_temp; SET LOCAL app.ctx = '{context}'"
    );
    assert_eq!(super::by_hand::send(&own, &format!("{opening}; {names}")).await, refused("MP004"));

    // By the API: C gets an answer that says nothing, A is served as ever.
    let answer = until(StatusCode::INTERNAL_SERVER_ERROR, async || c.admin.get("/api/v1/patients").await).await;
    assert_eq!(answer.code(), "isolation_violation");
    assert!(!answer.text.contains("Abelard"));
    let answer = until(StatusCode::OK, async || a.admin.get("/api/v1/patients").await).await;
    assert_eq!(answer.json["data"][0]["lastName"], "Abelard", "control");
}
