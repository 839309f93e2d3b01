//! Central knows clinics and the people who log in, and nothing of patients; nor do the logs. And what its two logins may not
//! do there.

use std::io;
use std::sync::{Arc, Mutex};

use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::by_hand::{refused, rows, send, try_connect};
use crate::support::{World, api_url, provisioner_url};

/// Every row of every table, as text: bytes are in hexadecimal there.
pub async fn everything(world: &World) -> Vec<(String, String)> {
    let central = world.central().await;
    let tables = central
        .query(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')",
            &[],
        )
        .await
        .unwrap();
    let mut found = Vec::new();
    for table in tables {
        let table: String = table.get(0);
        for row in central.query(&format!("SELECT t::text FROM {table} t"), &[]).await.unwrap() {
            found.push((table.clone(), row.get::<_, String>(0).to_lowercase()));
        }
    }
    found
}

/// Where a word stands, as it is or as bytes.
pub fn places<'a>(everything: &'a [(String, String)], word: &str) -> Vec<&'a str> {
    let (word, bytes) = (word.to_lowercase(), hex::encode(word));
    everything
        .iter()
        .filter(|(_, row)| row.contains(&word) || row.contains(&bytes))
        .map(|(table, _)| table.as_str())
        .collect()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_central_nor_the_log_holds_anything_of_a_patient_whatever_was_done_with_it() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_env_filter("debug")
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .try_init()
        .expect("the first to log in this process");

    let world = World::start().await;
    let clinic = world.clinic("scanned").await;
    let me = &clinic.admin;
    // Words that stand nowhere else; each is in one field or one kind of request.
    let word = |kind: &str| format!("Zq{kind}{}", Uuid::now_v7().simple());
    let [first, last, changed, city, street, notes, mail, number, searched, refused, nobody] =
        ["first", "last", "changed", "city", "street", "notes", "mail", "number", "searched", "refused", "nobody"]
            .map(word);
    let path = "/api/v1/patients";
    let number_short = number[..30].to_owned();
    let body = json!({
        "firstName": first, "lastName": last, "notes": notes, "email": format!("{mail}@example.org"),
        "phone": "+33612345678", "birthDate": "1957-03-29", "patientNumber": number_short,
        "address": { "line1": street, "city": city, "country": "FR" },
    });
    let created = me.request(reqwest::Method::POST, path, &[("idempotency-key", "scan")], Some(&body)).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.json);
    let location = created.header("location").to_owned();
    assert_eq!(me.patch(&location, &json!({ "lastName": changed })).await.status, StatusCode::OK);
    let hits = me.get(&format!("{path}?q={first}")).await;
    assert_eq!(hits.json["data"].as_array().map(Vec::len), Some(1), "control: found by name");
    assert_eq!(me.get(&format!("{path}?q={searched}")).await.status, StatusCode::OK);
    // Refused in every way: invalid, taken, unknown field, no right, no token, no such clinic's patient.
    let invalid =
        json!({ "firstName": refused, "lastName": refused, "birthDate": refused, "gender": refused, "email": refused });
    assert_eq!(me.post(path, &invalid).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(me.post(path, &body).await.status, StatusCode::CONFLICT);
    assert_eq!(me.post(path, &json!({ refused.as_str(): refused })).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reader = clinic.person(medicalpro::ids::Role::Readonly).await;
    let allowed = json!({ "firstName": refused, "lastName": refused });
    assert_eq!(reader.post(path, &allowed).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.send(reqwest::Method::POST, path, Some(&allowed)).await.status, StatusCode::UNAUTHORIZED);
    assert!(me.get(&format!("{path}/{nobody}")).await.status.is_client_error());
    assert_eq!(me.delete(&location).await.status, StatusCode::NO_CONTENT);

    let everything = everything(&world).await;
    assert!(!places(&everything, &me.email).is_empty(), "control: the account is there");
    assert!(!places(&everything, &clinic.id.to_string()).is_empty(), "control: the clinic is there");
    let id = created.json["id"].as_str().unwrap().to_owned();
    let words = [first, last, changed, city, street, notes, mail, number_short, searched, refused, nobody, id];
    for word in &words {
        assert_eq!(places(&everything, word), Vec::<&str>::new(), "{word}");
    }

    // In the clinic's own database they are, so that the scan would have found them.
    let own = clinic.database().await;
    let patients: Vec<String> =
        own.query("SELECT p::text FROM patients p", &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    for word in [&words[0], &words[2], &words[3], &words[4], &words[5]] {
        assert!(patients.iter().any(|row| row.contains(word.as_str())), "control: {word}");
    }

    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).to_lowercase();
    assert!(log.contains("route=\"/api/v1/patients/"), "control: requests are logged");
    for word in &words[..10] {
        assert!(!log.contains(&word.to_lowercase()), "{word} stands in the log");
    }
    for secret in [&me.token, &me.refresh_token, crate::support::PASSWORD] {
        assert!(!log.contains(&secret.to_lowercase()), "a secret stands in the log");
    }
}

#[tokio::test]
async fn the_servers_login_changes_no_credentials_keys_jobs_or_trail_in_central() {
    let world = World::start().await;
    let clinic = world.clinic("grants").await;
    let api = try_connect(&api_url(&world.admin).parse().unwrap()).await.unwrap();
    let id = clinic.id;
    let attempt = async |sql: &str| {
        let outcome = send(&api, &format!("BEGIN; {sql}")).await;
        api.batch_execute("ROLLBACK").await.unwrap();
        outcome
    };
    let update = format!("UPDATE users SET last_login_at = now() WHERE email = '{}' RETURNING 1", clinic.admin.email);
    assert_eq!(attempt(&update).await, rows(["1"]), "control");
    assert_eq!(attempt("SELECT count(*) > 0 FROM signing_keys").await, rows(["t"]), "control");

    for column in [
        "db_password",
        "db_host",
        "db_port",
        "db_name",
        "db_user",
        "context_key",
        "context_kid",
        "epoch",
        "status",
        "database_server_id",
        "schema_version",
        "provisioned_at",
        "id",
        "email",
        "created_at",
    ] {
        let sql = format!("UPDATE companies SET {column} = {column} WHERE id = '{id}'");
        assert_eq!(attempt(&sql).await, refused("42501"), "{column}");
    }
    for sql in [
        "INSERT INTO companies (id, name, email, email_normalized, country, language, time_zone, currency, status)
         VALUES (gen_random_uuid(), 'x', 'x@x', 'x@x', 'FR', 'fr', 'UTC', 'EUR', 'pending')",
        "DELETE FROM companies",
        "DELETE FROM users",
        "UPDATE users SET platform_role = 'super_admin'",
        "UPDATE users SET terms_accepted_at = now()",
        "INSERT INTO users (id, email, email_normalized, password_hash, language, terms_accepted_at, platform_role)
         VALUES (gen_random_uuid(), 'x@x', 'x@x', '$argon2id$', 'fr', now(), 'super_admin')",
        "INSERT INTO users (id, email, email_normalized, password_hash, language, terms_accepted_at, email_verified_at)
         VALUES (gen_random_uuid(), 'x@x', 'x@x', '$argon2id$', 'fr', now(), now())",
        "DELETE FROM memberships",
        "UPDATE memberships SET company_id = company_id",
        "DELETE FROM sessions",
        "UPDATE sessions SET user_id = user_id",
        "UPDATE sessions SET expires_at = now() + interval '10 years'",
        "DELETE FROM refresh_tokens",
        "UPDATE refresh_tokens SET session_id = session_id",
        "INSERT INTO one_time_tokens (token_hash, user_id, purpose, expires_at) SELECT ''::bytea, gen_random_uuid(), 'x', now()",
        "UPDATE one_time_tokens SET expires_at = now()",
        "INSERT INTO signing_keys (kid, public_key, private_key) VALUES ('12345678', ''::bytea, 'v1.')",
        "UPDATE signing_keys SET retired_at = now()",
        "DELETE FROM signing_keys",
        "UPDATE audit_logs SET action = 'x'",
        "DELETE FROM audit_logs",
        "TRUNCATE audit_logs",
        "INSERT INTO audit_logs (action, at) VALUES ('x', now())",
        "UPDATE email_outbox SET status = 'sent'",
        "UPDATE provisioning_jobs SET state = 'done'",
        "DELETE FROM provisioning_jobs",
        "SELECT * FROM provisioning_steps",
        "SELECT * FROM database_servers",
        "UPDATE database_servers SET host = 'elsewhere'",
        "SELECT * FROM clinic_migrations",
        "INSERT INTO isolation_reports (report, sha256) VALUES ('{}', 'x')",
        "UPDATE subscriptions SET plan = 'group'",
    ] {
        assert_eq!(attempt(sql).await, refused("42501"), "{sql}");
    }
}

#[tokio::test]
async fn the_workers_login_sees_no_password_session_or_refresh_token() {
    let world = World::start().await;
    world.clinic("worker-grants").await;
    let worker = try_connect(&provisioner_url(&world.admin).parse().unwrap()).await.unwrap();
    assert_eq!(send(&worker, "SELECT count(email) > 0 FROM users").await, rows(["t"]), "control");
    for sql in [
        "SELECT password_hash FROM users",
        "SELECT * FROM users",
        "UPDATE users SET password_hash = 'x'",
        "INSERT INTO users SELECT * FROM users",
        "SELECT * FROM sessions",
        "INSERT INTO sessions (id) VALUES (gen_random_uuid())",
        "SELECT * FROM refresh_tokens",
        "UPDATE memberships SET role = 'admin'",
        "UPDATE signing_keys SET kid = kid",
        "SELECT * FROM audit_logs",
        "UPDATE audit_logs SET action = 'x'",
        "UPDATE companies SET name = name",
        "SELECT totp_secret FROM users",
        "SELECT * FROM recovery_codes",
    ] {
        assert_eq!(send(&worker, sql).await, refused("42501"), "{sql}");
    }
    assert_eq!(send(&worker, "DELETE FROM audit_logs").await, refused("MP007"), "what is younger than a year stays");
}

#[tokio::test]
async fn centrals_audit_trail_is_append_only_for_its_owner_too() {
    let world = World::start().await;
    world.clinic("trail").await;
    let central = world.central().await;
    assert_eq!(send(&central, "SELECT count(*) > 0 FROM medicalpro_central.audit_logs").await, rows(["t"]), "control");
    for sql in ["UPDATE audit_logs SET action = 'x'", "DELETE FROM audit_logs", "TRUNCATE audit_logs"] {
        let owner = format!(
            "BEGIN; SET LOCAL ROLE medicalpro_central_owner; SET LOCAL search_path = medicalpro_central; {sql}"
        );
        assert_eq!(send(&central, &owner).await, refused("MP007"), "{sql}");
        central.batch_execute("ROLLBACK").await.unwrap();
    }
}
