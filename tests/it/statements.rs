//! Every statement of the product can be prepared by everybody who runs it.

use std::collections::BTreeSet;
use std::path::Path;

use medicalpro::ids::{Role, UserId};
use medicalpro::sql::CentralLogin;
use medicalpro::{app, resources};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::isolation::by_hand::signed_inside;
use crate::support::{Clinic, World, api_url, provisioner_url};

/// Takes a role as checkout does; without a context nothing is planned.
pub async fn become_role(database: &Client, clinic: &Clinic<'_>, role: &str) {
    let context = signed_inside(database, clinic.id, role, UserId(Uuid::nil())).await;
    let schema = clinic.id.database_name();
    database
        .batch_execute(&format!(
            "BEGIN; SET LOCAL ROLE {role}; SET LOCAL search_path = {schema}, pg_temp; SET LOCAL app.ctx = '{context}'"
        ))
        .await
        .unwrap();
}

/// Why a statement cannot be prepared, in PostgreSQL's words.
async fn refusal(database: &Client, text: &str) -> Option<String> {
    database.batch_execute("SAVEPOINT one").await.unwrap();
    let error = database.prepare(text).await.err().map(|error| error.as_db_error().unwrap().to_string());
    database.batch_execute("ROLLBACK TO one").await.unwrap();
    error
}

/// Whether the role may do what the statement does. PREPARE alone checks names and types; EXPLAIN asks for the grants too.
async fn grants_missing(database: &Client, text: &str) -> Option<String> {
    let parameters = database.prepare(text).await.unwrap().params().len();
    let nulls = vec!["NULL"; parameters].join(", ");
    let execute = if parameters == 0 { "EXECUTE one".to_owned() } else { format!("EXECUTE one ({nulls})") };
    // A generic plan, so that NULLs do not make PostgreSQL leave out what it would have to check.
    let explain = format!("PREPARE one AS {text}; SET LOCAL plan_cache_mode = force_generic_plan; EXPLAIN {execute}");
    database.batch_execute("SAVEPOINT one").await.unwrap();
    let error = database.batch_execute(&explain).await.err().map(|error| error.as_db_error().unwrap().to_string());
    database.batch_execute("ROLLBACK TO one; DEALLOCATE ALL").await.unwrap();
    error
}

#[tokio::test]
async fn every_role_can_prepare_and_may_run_each_variant_of_its_statements_on_a_clinic() {
    let world = World::start().await;
    let clinic = world.clinic("statements").await;
    let mut prepared = 0;
    // What no person runs is the worker's, or a link's.
    let of_link = |name: &str| name.starts_with("medicalpro::resources::links::");
    let people = Role::ALL.map(|role| (role.session_role(), Some(role)));
    for (role, person) in people.into_iter().chain([("medicalpro_worker", None), ("medicalpro_link", None)]) {
        let database = clinic.database().await;
        become_role(&database, &clinic, role).await;
        for statement in resources::statements() {
            let theirs = match person {
                Some(person) => statement.run_by.contains(&person),
                None => statement.run_by.is_empty() && of_link(statement.name) == (role == "medicalpro_link"),
            };
            if !theirs {
                continue;
            }
            let variants = statement.variants();
            for (index, text) in variants.iter().enumerate() {
                assert_eq!(refusal(&database, text).await, None, "{role} prepares {} #{index}", statement.name);
            }
            prepared += variants.len();
            // Variants differ in filters and orders; the last has all of them, and so touches all that the others do.
            let missing = grants_missing(&database, variants.last().unwrap()).await;
            assert_eq!(missing, None, "{role} runs {}", statement.name);
        }
    }
    assert!(prepared > 1000, "only {prepared} were prepared");

    // This test can fail: a statement that names no column of ours, and one that the role has no grant for.
    let database = clinic.database().await;
    become_role(&database, &clinic, Role::Readonly.session_role()).await;
    assert!(refusal(&database, "SELECT no_such_column FROM patients").await.is_some());
    assert!(grants_missing(&database, "UPDATE patients SET notes = NULL WHERE id = $1").await.is_some());
}

#[tokio::test]
async fn each_login_of_central_can_prepare_and_may_run_its_statements() {
    let world = World::start().await;
    for (login, url) in
        [(CentralLogin::Api, api_url(&world.admin)), (CentralLogin::Provisioner, provisioner_url(&world.admin))]
    {
        let config = url.parse().unwrap();
        let tls = medicalpro::database::tls(None).unwrap();
        let database = medicalpro::database::connect(&config, &tls).await.unwrap();
        database.batch_execute("BEGIN").await.unwrap();
        let theirs = app::central_statements().into_iter().filter(|statement| statement.run_by.contains(&login));
        let mut prepared = 0;
        for statement in theirs {
            for text in statement.variants() {
                assert_eq!(refusal(&database, &text).await, None, "{login:?} prepares {}", statement.name);
                assert_eq!(grants_missing(&database, &text).await, None, "{login:?} runs {}", statement.name);
                prepared += 1;
            }
        }
        assert!(prepared > 10, "{login:?} has only {prepared}");
        // This test can fail: the journal's steps are the worker's, password hashes the server's.
        let forbidden = match login {
            CentralLogin::Api => "SELECT step FROM provisioning_steps",
            CentralLogin::Provisioner => "SELECT password_hash FROM users",
        };
        assert!(grants_missing(&database, forbidden).await.is_some(), "{login:?}");
    }
}

#[test]
fn statements_bear_different_names() {
    let clinic = resources::statements().into_iter().map(|statement| statement.name);
    let central = app::central_statements().into_iter().map(|statement| statement.name);
    let names: Vec<&str> = clinic.chain(central).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

#[test]
fn every_modules_list_of_statements_is_gathered() {
    let clinic = resources::statements().into_iter().map(|statement| statement.name);
    let central = app::central_statements().into_iter().map(|statement| statement.name);
    let gathered: BTreeSet<String> =
        clinic.chain(central).map(|name| name.rsplit_once("::").unwrap().0.to_owned()).collect();
    let declared: BTreeSet<String> = crate::architecture::sources()
        .into_iter()
        .filter(|source| source.code.lines().any(|line| line.starts_with("sql! {")))
        .map(|source| module_path(&source.path))
        .collect();
    assert_eq!(declared, gathered);
}

/// `resources/patients/mod.rs` is `medicalpro::resources::patients`.
fn module_path(file: &str) -> String {
    let path = Path::new(file).with_extension("");
    let parts = path.iter().map(|part| part.to_str().unwrap()).filter(|part| *part != "mod");
    ["medicalpro"].into_iter().chain(parts).collect::<Vec<_>>().join("::")
}

/// The generic plan of a statement, as lines; it is what a cached statement runs by.
pub async fn explain(database: &Client, text: &str, arguments: &str) -> String {
    database
        .batch_execute(&format!("SET LOCAL plan_cache_mode = force_generic_plan; PREPARE one AS {text}"))
        .await
        .unwrap();
    let rows = database.query(&format!("EXPLAIN (VERBOSE) EXECUTE one ({arguments})"), &[]).await.unwrap();
    database.batch_execute("DEALLOCATE one").await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}
