//! What the server process holds (its login and the master keys) makes no database and no role, and becomes nobody; the worker's
//! login makes databases, and no role but clinics' logins by the one function for it.

use secrecy::ExposeSecret as _;
use tokio_postgres::Client;
use uuid::Uuid;

use super::by_hand::{credentials, login, refused, rows, send, try_connect};
use crate::support::{World, api_url, provisioner_url};

/// Beyond both processes.
const BEYOND_BOTH: &[&str] = &[
    "CREATE ROLE intruder",
    "CREATE ROLE intruder LOGIN SUPERUSER",
    "ALTER ROLE medicalpro_api SUPERUSER",
    "ALTER ROLE medicalpro_provisioner CREATEROLE",
    "ALTER ROLE medicalpro_backup PASSWORD 'x'",
    "ALTER ROLE medicalpro_owner LOGIN",
    "DROP ROLE medicalpro_backup",
    "GRANT pg_execute_server_program TO CURRENT_USER",
    "GRANT pg_read_all_data TO CURRENT_USER",
    "GRANT medicalpro_backup TO CURRENT_USER",
    "GRANT medicalpro_rolemaker TO CURRENT_USER",
    "GRANT medicalpro_admin TO CURRENT_USER",
    "SET ROLE medicalpro_rolemaker",
    "SET ROLE medicalpro_backup",
    "SET ROLE medicalpro_admin",
    "SET ROLE pg_read_all_data",
    "SET SESSION AUTHORIZATION medicalpro_rolemaker",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/medicalpro-intruder'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT rolpassword FROM pg_authid",
    "ALTER SYSTEM SET log_statement = 'all'",
    "SET session_replication_role = 'replica'",
    "LOAD 'auto_explain'",
    "CREATE EXTENSION dblink",
    "CREATE OR REPLACE FUNCTION provisioning.drop_clinic_role(clinic uuid) RETURNS void LANGUAGE sql AS 'SELECT 1'",
];

/// The server's alone to be refused.
const BEYOND_THE_SERVER: &[&str] = &[
    "CREATE DATABASE intruder",
    "DROP DATABASE medicalpro_clinic_base",
    "ALTER DATABASE medicalpro_central ALLOW_CONNECTIONS false",
    "SET ROLE medicalpro_owner",
    "SET ROLE medicalpro_audit",
    "SET ROLE medicalpro_central_owner",
    "SET ROLE medicalpro_provisioner",
    "SET SESSION AUTHORIZATION medicalpro_provisioner",
    "GRANT medicalpro_owner TO CURRENT_USER",
    "SELECT provisioning.create_clinic_role(gen_random_uuid(), 'x', 1)",
    "SELECT provisioning.drop_clinic_role(gen_random_uuid())",
    "CREATE SCHEMA intruder",
    "CREATE TABLE medicalpro_central.intruder (x int)",
    "CREATE FUNCTION medicalpro_central.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE medicalpro_central.audit_logs DISABLE TRIGGER ALL",
    "DROP TABLE medicalpro_central.users",
];

async fn all_refused(client: &Client, who: &str, attempts: &[&str]) {
    for attempt in attempts {
        assert_eq!(send(client, attempt).await, refused("42501"), "{who}: {attempt}");
    }
}

#[tokio::test]
async fn the_servers_login_makes_no_database_and_no_role_and_becomes_nobody() {
    let world = World::start().await;
    let clinic = world.clinic("process").await;
    let config: tokio_postgres::Config = api_url(&world.admin).parse().unwrap();
    let api = try_connect(&config).await.unwrap();
    assert_eq!(
        send(&api, "SELECT session_user, count(*) > 0 FROM companies").await,
        rows(["medicalpro_api|t"]),
        "control"
    );
    all_refused(&api, "api", BEYOND_BOTH).await;
    all_refused(&api, "api", BEYOND_THE_SERVER).await;
    let login = clinic.id.database_name();
    all_refused(&api, "api", &[&format!("SET ROLE {login}"), &format!("DROP DATABASE {login}")]).await;
    for (database, state) in
        [("postgres", "42501"), ("template1", "42501"), (&login, "42501"), ("medicalpro_clinic_base", "55000")]
    {
        let mut elsewhere = config.clone();
        assert_eq!(try_connect(elsewhere.dbname(database)).await.map(drop), Err(state.to_owned()), "{database}");
    }
}

#[tokio::test]
async fn with_the_master_keys_the_server_is_a_clinics_login_and_nobody_more() {
    let world = World::start().await;
    let clinic = world.clinic("keys").await;
    let of_clinic = credentials(&world, clinic.id).await;
    let client = try_connect(&login(&of_clinic, &of_clinic.name)).await.unwrap();
    assert_eq!(send(&client, "SELECT session_user").await, rows([&of_clinic.name]), "control");
    all_refused(
        &client,
        "the clinic",
        &[
            "CREATE DATABASE intruder",
            "CREATE ROLE intruder",
            "SET ROLE medicalpro_owner",
            "SET ROLE medicalpro_audit",
            "SET ROLE medicalpro_provisioner",
            "SET ROLE medicalpro_api",
            "SET ROLE medicalpro_backup",
            &format!("DROP DATABASE {}", of_clinic.name),
            &format!("ALTER DATABASE {} RENAME TO intruder", of_clinic.name),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_workers_login_makes_databases_and_clinics_logins_and_nothing_beyond() {
    let world = World::start().await;
    let clinic = world.clinic("worker").await;
    let config: tokio_postgres::Config = provisioner_url(&world.admin).parse().unwrap();
    let worker = try_connect(&config).await.unwrap();

    // Controls: what the server is refused, the worker may.
    let database = format!("made_by_a_test_{}", Uuid::now_v7().simple());
    assert_eq!(send(&worker, &format!("CREATE DATABASE {database} TEMPLATE template0")).await, rows([]));
    assert_eq!(send(&worker, &format!("DROP DATABASE {database}")).await, rows([]));
    for role in ["medicalpro_owner", "medicalpro_audit", "medicalpro_central_owner"] {
        let became = send(&worker, &format!("BEGIN; SET LOCAL ROLE {role}; SELECT current_user; ROLLBACK")).await;
        assert_eq!(became, rows([role]));
    }
    let password = credentials(&world, clinic.id).await.password;
    let verifier = postgres_protocol::password::scram_sha_256(password.expose_secret().as_bytes());
    let make = async |verifier: &str, connections: i32| {
        let sql = "SELECT provisioning.create_clinic_role($1, $2, $3)";
        worker
            .execute(sql, &[&clinic.id.0, &verifier, &connections])
            .await
            .map_err(|error| super::by_hand::state(&error))
    };
    assert_eq!(make(&verifier, 40).await, Ok(1));

    all_refused(&worker, "worker", BEYOND_BOTH).await;
    let login = clinic.id.database_name();
    all_refused(
        &worker,
        "worker",
        &[
            &format!("SET ROLE {login}"),
            &format!("ALTER ROLE {login} PASSWORD 'x'"),
            &format!("GRANT {login} TO CURRENT_USER"),
            &format!("DROP ROLE {login}"),
        ],
    )
    .await;
    // The function takes a verifier and nothing that would be more than one.
    for odd in [
        "password",
        "",
        "md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        &format!("{verifier}' SUPERUSER --"),
        &format!("{verifier}\n"),
    ] {
        assert_eq!(make(odd, 40).await, Err("MP010".to_owned()), "{odd}");
    }
    for odd in [0, -1, 1001] {
        assert_eq!(make(&verifier, odd).await, Err("MP010".to_owned()), "{odd} connections");
    }
    let attributes = "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication OR rolinherit
                        FROM pg_roles WHERE rolname = $1";
    let more: bool = world.central().await.query_one(attributes, &[&login]).await.unwrap().get(0);
    assert!(!more, "a clinic's login has no attribute");
}
