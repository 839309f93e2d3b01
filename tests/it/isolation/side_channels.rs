//! What is told beside the rows: by plans and statistics, by the text of an error, by notices, by the server's own log, by a database
//! that does not answer; in `catalogue`, by the catalogue. What is accepted is in `ARCHITECTURE.md`, with its reason.

use std::time::Duration;

use futures_util::StreamExt as _;
use medicalpro::ids::{Role, UserId};
use reqwest::StatusCode;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};
use uuid::Uuid;

use super::by_hand::{ADMIN, Hand, PRACTITIONER, SECRETARY, credentials, login, refused, rows, send, treasure, until};
use crate::support::{World, admin_client, api_url, own_postgres, prepare};

const PATH: &str = "/api/v1/patients";

/// What PostgreSQL says of a statement that fails, run where the product would run it.
async fn error(hand: &Hand, role: &'static str, sql: &str) -> DbError {
    let opened = format!("{}; {sql}", hand.opening(role, &hand.context(role)));
    let error = hand.client.batch_execute(&opened).await.expect_err(sql);
    hand.client.batch_execute("ROLLBACK").await.unwrap();
    error.as_db_error().expect(sql).clone()
}

/// All that an error says.
fn said(error: &DbError) -> String {
    let parts = [error.detail(), error.hint(), error.where_()];
    format!("{} {}", error.message(), parts.map(Option::unwrap_or_default).join(" "))
}

/// Estimates are made of the statistics, which hold values of rows: `EXPLAIN … WHERE title = '…'` would tell, without reading a
/// row, how many have that title, and `<` all of the histogram by halving.
#[tokio::test]
async fn no_plan_is_told_without_a_context_of_its_own() {
    let world = World::start().await;
    let clinic = world.clinic("plans").await;
    let hand = Hand::of(&world, &clinic).await;
    treasure(&clinic, &hand, "Abelard").await;
    clinic.database().await.batch_execute("ANALYZE").await.unwrap();
    let unsigned = |role: &str| format!("BEGIN; SET LOCAL ROLE {role}; SET LOCAL search_path = {}, pg_temp", hand.name);
    for (role, query) in [
        (ADMIN, "SELECT FROM patients WHERE last_name = 'Abelard'"),
        (ADMIN, "SELECT FROM patients WHERE sort_name < 'm'"),
        (ADMIN, "SELECT FROM audit_logs WHERE action = 'create'"),
        (ADMIN, "UPDATE patients SET last_name = 'X' WHERE last_name = 'Abelard'"),
        (ADMIN, "SELECT FROM patients p JOIN medical_records r ON r.patient_id = p.id WHERE r.kind = 'x'"),
        (ADMIN, "SELECT EXISTS (SELECT FROM patients WHERE last_name = 'Abelard')"),
        (ADMIN, "SELECT FROM rooms WHERE EXISTS (SELECT FROM patients WHERE last_name = 'Abelard')"),
        (PRACTITIONER, "SELECT FROM medical_records WHERE status = 'draft' AND occurred_at < now()"),
    ] {
        for explain in ["EXPLAIN", "EXPLAIN (FORMAT JSON)", "PREPARE p AS"] {
            let after = if explain == "PREPARE p AS" { "; EXPLAIN EXECUTE p" } else { "" };
            let sql = format!("{explain} {query}{after}");
            assert!(hand.run(role, &sql).await.is_ok(), "control: {sql}");
            if !after.is_empty() {
                send(&hand.client, "DEALLOCATE p").await.unwrap();
            }
            assert_eq!(hand.after(&unsigned(role), &sql).await, refused("MP001"), "{sql}");
            let _ = send(&hand.client, "DEALLOCATE p").await;
            let forged = hand.context(role).replace(&hand.user.to_string(), &UserId::generate().to_string());
            assert_eq!(hand.after(&hand.opening(role, &forged), &sql).await, refused("MP003"), "{sql}");
            let _ = send(&hand.client, "DEALLOCATE p").await;
            if role == PRACTITIONER {
                let stacked = format!("SET LOCAL ROLE {role}; {sql}");
                assert_eq!(hand.run(SECRETARY, &stacked).await, refused("MP005"), "{sql}");
                let _ = send(&hand.client, "DEALLOCATE p").await;
            }
        }
    }
    // A plan that was kept of a statement from before tells what it was planned with, which was its own; with nothing, nothing.
    let kept =
        "SET plan_cache_mode = force_generic_plan; PREPARE kept AS SELECT FROM patients WHERE last_name = 'Abelard'";
    assert_eq!(hand.commit(ADMIN, &format!("{kept}; EXECUTE kept")).await, rows([""]));
    assert_eq!(
        hand.after(&unsigned(PRACTITIONER), "EXPLAIN EXECUTE kept").await,
        refused("MP001"),
        "under another role"
    );
}

/// Of tables whose rows are hidden from some who may read the table, the statistics hold no words: what a valid context lets one plan
/// tells them nothing.
#[tokio::test]
async fn words_that_a_policy_hides_from_colleagues_are_in_no_statistics() {
    let world = World::start().await;
    let clinic = world.clinic("statistics").await;
    let hand = Hand::of(&world, &clinic).await;
    treasure(&clinic, &hand, "Abelard").await;
    let admin = clinic.database().await;
    admin.batch_execute("ANALYZE").await.unwrap();
    let held = "SELECT s.tablename || '.' || s.attname FROM pg_stats s JOIN pg_attribute a
                    ON a.attrelid = (quote_ident(s.schemaname) || '.' || quote_ident(s.tablename))::regclass AND a.attname = s.attname
                 WHERE s.schemaname = current_schema() AND a.atttypid = 'text'::regtype AND s.tablename = ANY ($1)
                   AND s.attname NOT IN ('kind', 'status', 'operation', 'key', 'session_role') ORDER BY 1";
    let of = async |tables: &[&str]| -> Vec<String> {
        admin.query(held, &[&tables]).await.unwrap().iter().map(|row| row.get(0)).collect()
    };
    assert!(of(&["patients"]).await.contains(&"patients.last_name".to_owned()), "control: there are statistics");
    let hidden = "SELECT DISTINCT tablename::text FROM pg_policies WHERE policyname = 'care_team' AND schemaname = current_schema()";
    let mut hidden: Vec<String> = admin.query(hidden, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(hidden.len(), 7, "control: {hidden:?}");
    hidden.push("idempotency_keys".into());
    let hidden: Vec<&str> = hidden.iter().map(String::as_str).collect();
    assert_eq!(of(&hidden).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_violation_says_names_the_rule_and_quotes_no_row() {
    let world = World::start().await;
    let clinic = world.clinic("violations").await;
    let hand = Hand::of(&world, &clinic).await;
    let treasure = treasure(&clinic, &hand, "Abelard").await;
    let entered = "INSERT INTO patients (patient_number, first_name, last_name, sort_name, notes)
                   VALUES ('N-77', 'First', 'Bernard', 'bernard', 'Confided')";
    assert_eq!(hand.commit(SECRETARY, entered).await, rows([]));
    let nowhere = Uuid::now_v7();
    for (sql, state, rule) in [
        (entered.to_owned(), "23505", "patients_patient_number_key"),
        (entered.replace("N-77", "N-78").replace("'First'", "''"), "23514", "patients_first_name_check"),
        (entered.replace("'bernard'", "NULL"), "23502", ""),
        (
            format!(
                "INSERT INTO appointments (patient_id, practitioner_id, starts_at, ends_at)
                 VALUES ('{nowhere}', '{}', now(), now() + interval '30 minutes')",
                treasure.practitioner
            ),
            "23503",
            "appointments_patient_id_fkey",
        ),
    ] {
        let error = error(&hand, SECRETARY, &sql).await;
        assert_eq!((error.code().code(), error.constraint().unwrap_or_default()), (state, rule), "{error:?}");
        for value in ["N-77", "N-78", "Bernard", "bernard", "Confided", "Abelard", &nowhere.to_string()] {
            assert!(!said(&error).contains(value), "{value}: {error:?}");
        }
    }
    // The clinic's administrator of PostgreSQL, whom no policy holds, is told the value: it is row security that keeps it back.
    let admin = clinic.database().await;
    let twice =
        "INSERT INTO patients (patient_number, first_name, last_name, sort_name) VALUES ('N-77', 'x', 'x', 'x')";
    let told = admin.batch_execute(twice).await.expect_err("a violation");
    assert!(said(told.as_db_error().unwrap()).contains("N-77"), "control");

    // By HTTP: which field, in our words.
    let body = json!({ "firstName": "X", "lastName": "Y", "patientNumber": "N-77" });
    let answer = clinic.admin.post(PATH, &body).await;
    assert_eq!((answer.status, &answer.json["errors"][0]["pointer"]), (StatusCode::CONFLICT, &json!("/patientNumber")));
    for word in ["N-77", "Bernard", "duplicate key", "constraint", "_key", "patients_", "23505", "violates"] {
        assert!(!answer.text.contains(word), "{word}: {answer:?}");
    }
}

/// A function that fails on a value quotes it: it must not meet rows that are hidden.
#[tokio::test]
async fn a_function_that_quotes_what_it_fails_on_never_meets_a_hidden_row() {
    let world = World::start().await;
    let clinic = world.clinic("quoting").await;
    let mut hand = Hand::of(&world, &clinic).await;
    treasure(&clinic, &hand, "Abelard").await;
    let answer = "INSERT INTO idempotency_keys (user_id, operation, key, session_role, request_hash, response)
                  VALUES ('USER', 'op', 'k', 'medicalpro_secretary', sha256('x'), 'Confided')";
    assert_eq!(hand.commit(SECRETARY, &answer.replace("USER", &hand.user.to_string())).await, rows([]));
    for quoting in [
        "SELECT response::int FROM idempotency_keys",
        "SELECT FROM idempotency_keys WHERE response::int = 1",
        "SELECT FROM idempotency_keys ORDER BY response::uuid",
        "SELECT FROM idempotency_keys WHERE 1 / (length(response) - 8) = 1",
    ] {
        assert!(hand.run(SECRETARY, quoting).await.is_err(), "control, their own: {quoting}");
        let own = std::mem::replace(&mut hand.user, UserId::generate());
        assert!(hand.run(SECRETARY, quoting).await.is_ok_and(|rows| rows.is_empty()), "another's: {quoting}");
        hand.user = own;
        let bare = format!("BEGIN; SET LOCAL ROLE {SECRETARY}; SET LOCAL search_path = {}, pg_temp", hand.name);
        assert_eq!(hand.after(&bare, quoting).await, refused("MP001"), "no context: {quoting}");
    }
    let quoted = error(&hand, SECRETARY, "SELECT last_name::int FROM patients").await;
    assert!(quoted.message().contains("Abelard"), "control: it quotes what one may read");
}

/// Listens; what it hears.
async fn hear(config: &Config, channels: &[&str]) -> (Client, mpsc::UnboundedReceiver<(String, String)>) {
    let (client, mut connection) = config.connect(NoTls).await.unwrap();
    let (heard, hears) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut messages = futures_util::stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(notice) = message {
                let _ = heard.send((notice.channel().to_owned(), notice.payload().to_owned()));
            }
        }
    });
    for channel in channels {
        client.batch_execute(&format!("LISTEN {channel}")).await.unwrap();
    }
    (client, hears)
}

async fn next(hears: &mut mpsc::UnboundedReceiver<(String, String)>) -> (String, String) {
    tokio::time::timeout(Duration::from_secs(20), hears.recv()).await.expect("a notice").expect("a connection")
}

#[tokio::test]
async fn a_notice_is_heard_in_its_own_database_and_in_no_other() {
    const CHANNELS: [&str; 5] =
        ["medicalpro_standing", "medicalpro_mail", "medicalpro_signing_keys", "shared", "the_end"];
    let world = World::start().await;
    let (a, b) = (world.clinic("notices-a").await, world.clinic("notices-b").await);
    let (of_a, of_b) = (credentials(&world, a.id).await, credentials(&world, b.id).await);
    let (in_a, mut heard_in_a) = hear(&login(&of_a, &of_a.name), &CHANNELS).await;
    let (in_b, mut heard_in_b) = hear(&login(&of_b, &of_b.name), &CHANNELS).await;
    let (_central, mut heard_in_central) = hear(&api_url(&world.admin).parse().unwrap(), &CHANNELS[..1]).await;

    in_b.batch_execute("NOTIFY shared, 'of B'; NOTIFY medicalpro_standing, 'forged'").await.unwrap();
    assert_eq!(next(&mut heard_in_b).await.1, "of B", "control");
    let person = a.person(Role::Nurse).await;
    assert_eq!(person.post("/api/v1/auth/logout", &json!({})).await.status, StatusCode::NO_CONTENT);
    let told = next(&mut heard_in_central).await.1;
    let (_, id) = told.split_once(' ').expect("what, and which");
    assert!(id.parse::<Uuid>().is_ok(), "control: central tells of it, by an id: {told}");
    in_a.batch_execute("NOTIFY the_end").await.unwrap();
    assert_eq!(next(&mut heard_in_a).await.0, "the_end", "and nothing before it");
    // What a clinic's connection calls by central's channel reaches no server: B's people go on, and nothing was forgotten.
    while let Ok((_, payload)) = heard_in_central.try_recv() {
        assert_ne!(payload, "forged");
    }
}

#[tokio::test]
async fn a_message_holds_one_statement_so_that_none_can_be_stacked_where_values_go() {
    let world = World::start().await;
    let clinic = world.clinic("one-statement").await;
    let hand = Hand::of(&world, &clinic).await;
    // As the product sends statements: a text that is prepared, and values beside it.
    let state =
        async |sql: &str| hand.client.prepare(sql).await.map(drop).map_err(|error| super::by_hand::state(&error));
    assert_eq!(state("SELECT 1").await, Ok(()), "control");
    assert_eq!(state("SELECT 1; SELECT 2").await, Err("42601".to_owned()));
    assert_eq!(state("DEALLOCATE ALL; PREPARE s0 AS SELECT 1").await, Err("42601".to_owned()));
}

#[tokio::test]
async fn a_clinic_whose_database_is_gone_is_answered_without_a_word_of_it() {
    let world = World::start().await;
    let (a, b) = (world.clinic("gone").await, world.clinic("stays").await);
    a.patient("Abelard").await;
    let (name, admin) = (a.id.database_name(), admin_client(&world.admin, "postgres").await);
    let closed = |allow: bool| format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {allow}");
    let end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1";
    let words = [
        name.as_str(),
        "Abelard",
        "database \"",
        "medicalpro_clinic",
        "does not exist",
        "not currently accepting",
        "127.0.0.1",
        "FATAL",
    ];
    for (away, back) in [
        (closed(false), closed(true)),
        (
            format!("ALTER DATABASE {name} RENAME TO {name}_away"),
            format!("ALTER DATABASE {name}_away RENAME TO {name}"),
        ),
    ] {
        // Nobody comes in while the last are sent away, or there is nothing to rename.
        admin.batch_execute(&closed(false)).await.unwrap();
        admin.execute(end, &[&name]).await.unwrap();
        admin.batch_execute(&away).await.unwrap();
        for _ in 0..3 {
            let answer = a.admin.get(PATH).await;
            assert!(answer.status.is_server_error(), "{answer:?}");
            let told = format!("{} {:?}", answer.text, answer.headers);
            for word in words {
                assert!(!told.contains(word), "{word}: {answer:?}");
            }
        }
        assert_eq!(b.admin.get(PATH).await.status, StatusCode::OK, "control: another clinic is served");
        admin.batch_execute(&back).await.unwrap();
        admin.batch_execute(&closed(true)).await.unwrap();
        until(StatusCode::OK, async || a.admin.get(PATH).await).await;
    }
}

/// The settings of the private PostgreSQL; those that it stands on are also in `docker-compose.yml`.
#[tokio::test]
async fn postgresqls_own_log_quotes_nothing_whatever_a_connection_asks_it_to_log() {
    let (admin, cluster) = own_postgres().await;
    prepare(&admin).await;
    let world = World::on(admin, cluster, &[], &[]).await;
    let clinic = world.clinic("logged").await;
    let hand = Hand::of(&world, &clinic).await;
    treasure(&clinic, &hand, "Zqlogged").await;
    let postgres = admin_client(&world.admin, "postgres").await;
    let data: String = postgres.query_one("SHOW data_directory", &[]).await.unwrap().get(0);
    let log = std::path::Path::new(&data).ancestors().nth(2).unwrap().join("postgres.log");

    // What any login may set for itself.
    let chatty = "SET debug_print_parse = on; SET debug_print_plan = on; SET debug_print_rewritten = on; SET client_min_messages = debug5;
                  SET log_parameter_max_length_on_error = -1";
    send(&hand.client, chatty).await.unwrap();
    assert!(hand.run(SECRETARY, "SELECT last_name::int FROM patients").await.is_err());
    assert!(hand.run(SECRETARY, "SELECT FROM patients WHERE last_name = 'Zqliteral'").await.is_ok());
    assert!(hand.run(SECRETARY, "SELECT 'Zqcast'::int").await.is_err());
    assert!(hand.client.query("SELECT $1::text::int", &[&"Zqparameter"]).await.is_err());
    for quiet in [
        "log_statement = 'all'",
        "log_min_messages = debug5",
        "log_error_verbosity = verbose",
        "log_min_duration_statement = 0",
    ] {
        assert_eq!(send(&hand.client, &format!("SET {quiet}")).await, refused("42501"), "{quiet}");
    }
    let compose = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docker-compose.yml")).unwrap();
    for (setting, value) in
        [("log_min_messages", "log"), ("log_min_error_statement", "panic"), ("log_error_verbosity", "terse")]
    {
        let set: String = postgres.query_one(&format!("SHOW {setting}"), &[]).await.unwrap().get(0);
        assert_eq!(set, value);
        assert!(compose.contains(&format!("--{setting}={value}\n")), "{setting} in docker-compose.yml");
    }
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("parse tree"), "control: it was asked, and wrote: {said}");
    // A tree would write constants as numbers.
    for word in ["Zqlogged", "Zqliteral", "Zqcast", "Zqparameter", ":constvalue"] {
        assert!(!said.to_lowercase().contains(&word.to_lowercase()), "{word} stands in the log");
    }
}
