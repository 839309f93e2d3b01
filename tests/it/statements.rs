//! Every statement of the product can be prepared by everybody who runs it, and lists are served from an index.

use std::collections::BTreeSet;
use std::path::Path;

use medicalpro::ids::Role;
use medicalpro::sql::CentralLogin;
use medicalpro::{app, resources};
use tokio_postgres::Client;

use crate::support::{Clinic, World, api_url, provisioner_url};

/// Takes a role as checkout does, without a context: preparing reads no row.
pub async fn become_role(database: &Client, clinic: &Clinic<'_>, role: &str) {
    let schema = clinic.id.database_name();
    database
        .batch_execute(&format!("BEGIN; SET LOCAL ROLE {role}; SET LOCAL search_path = {schema}, pg_temp"))
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

#[tokio::test]
async fn lists_and_searches_of_patients_use_an_index_under_row_security() {
    let world = World::start().await;
    let clinic = world.clinic("plans").await;
    let database = clinic.database().await;
    // As the administrator, whom row security does not hold; the audit triggers would ask for a context.
    database
        .batch_execute(
            "SET session_replication_role = replica;
             INSERT INTO patients (patient_number, first_name, last_name, birth_date, sort_name, created_at)
             SELECT 'N' || n, 'First' || n, 'Last' || n, date '1950-01-01' + n, md5(n::text) || ' ' || n, now() - n * interval '1 minute'
               FROM generate_series(1, 6000) AS n;
             UPDATE patients SET deleted_at = now() WHERE id IN (SELECT id FROM patients LIMIT 30);
             INSERT INTO patient_search_terms (term, patient_id)
             SELECT term, id FROM patients, LATERAL (VALUES (lower(last_name)), (lower(first_name)), (lower(patient_number))) AS t (term);
             RESET session_replication_role;
             ANALYZE patients; ANALYZE patient_search_terms",
        )
        .await
        .unwrap();

    let find = |name: &str| {
        let wanted = format!("medicalpro::resources::patients::statements::{name}");
        resources::statements().into_iter().find(|statement| statement.name == wanted).unwrap()
    };
    let words = "ARRAY['last12', 'first12', 'n12', 'last1'], ARRAY['last13', 'first13', 'n13', 'last2']";
    let id = "'00000000-0000-7000-8000-000000000000'";
    let mut looked_at = 0;
    become_role(&database, &clinic, Role::Secretary.session_role()).await;
    // A plan is not run, so that it needs no signature; the policy's function stands in it all the same.
    for text in find("LIST").variants() {
        let key = if text.contains("timestamptz") { "'2020-01-01T00:00:00Z'" } else { "'m'" };
        // A bound parameter that a variant does not use must be NULL: such a variant says `IS NULL` itself.
        let birth_date = if text.contains("birth_date = $2") { "'1984-02-29'" } else { "NULL" };
        let after = if text.contains("$5::text IS NULL") { "NULL, NULL".to_owned() } else { format!("{key}, {id}") };
        let arguments = format!("'{}', {birth_date}, {words}, {after}, 20", clinic.id);
        let plan = explain(&database, &text, &arguments).await;
        assert!(!plan.contains("Seq Scan on "), "{text}\n{plan}");
        assert!(plan.contains("app.tenant"), "row security is on\n{plan}");
        if !text.contains("term >=") && !text.contains("birth_date = $2") {
            assert!(!plan.contains("Sort"), "read in order, not sorted\n{plan}");
        }
        looked_at += 1;
    }
    assert_eq!(looked_at, 2 * 5 * 2 * 8 * 5);
    let plan = explain(&database, &find("FIND").variants()[0], &format!("'{}', {id}", clinic.id)).await;
    assert!(plan.contains("patients_pkey"), "{plan}");

    // This test can fail: what is not leakproof is compared row by row.
    let unordered =
        "SELECT id FROM patients WHERE upper(notes) = $2::text AND company_id IS NOT DISTINCT FROM $1::uuid";
    let plan = explain(&database, unordered, &format!("'{}', 'x'", clinic.id)).await;
    assert!(plan.contains("Seq Scan on "), "{plan}");
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
