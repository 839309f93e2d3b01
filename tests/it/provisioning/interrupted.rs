//! `kill -9` in the middle of a step: while the database is being copied, and while a migration runs.

use std::sync::Arc;

use medicalpro::ids::ClinicId;
use tokio_postgres::Client;

use super::pause::{Fate, Pause, gone};
use super::site::{Site, until};
use crate::support::process::Process;
use crate::support::{World, admin_client};

/// Server, worker, and a registration whose worker has noted a step and waits there.
async fn waiting_after(site: &mut Site, pause: &Pause, step: &str) -> (Process, Process, String, ClinicId) {
    let (server, worker) = (site.server(25).await, site.worker().await);
    let body = World::registration(step);
    let email = body["email"].as_str().unwrap().to_owned();
    pause.at(step).await;
    drop(site.register(&body));
    pause.reached().await;
    let clinic = site.clinic(&email).await;
    (server, worker, email, clinic)
}

/// Another worker makes it, whole and once.
async fn made_by_another(site: &mut Site, email: &str, clinic: ClinicId) {
    let (_server, _worker) = (site.server(25).await, site.worker().await);
    site.becomes(clinic, "active").await;
    site.is_of_use_to(email).await;
    assert_eq!(site.left_of(clinic).await, (1, 1), "one database and one role");
    assert_eq!(site.orphans().await, Vec::<String>::new());
}

async fn killed_while_its_database_is_copied(way: &'static str, fate: Fate) {
    let mut site = Site::new(way).await;
    let pause = Pause::install(&site).await;
    let (server, worker, email, clinic) = waiting_after(&mut site, &pause, "role").await;

    // CREATE DATABASE notes the owner here after it entered the database, and before it copies the files.
    let catalogue = admin_client(&site.admin, "postgres").await;
    catalogue.batch_execute("BEGIN; LOCK TABLE pg_shdepend IN SHARE MODE").await.unwrap();
    pause.release().await;
    let copying = "SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l USING (pid)
                    WHERE NOT l.granted AND l.relation = 'pg_shdepend'::regclass AND a.query LIKE 'CREATE DATABASE%'";
    let connection: i32 = until("the copy is under way", async || {
        site.central.query_opt(copying, &[]).await.unwrap().map(|row| row.get(0))
    })
    .await;
    worker.kill().await;
    server.kill().await;

    let lease = "SELECT pg_try_advisory_lock(hashtextextended($1::text, 0))";
    let held = !site.central.query_one(lease, &[&clinic.to_string()]).await.unwrap().get::<_, bool>(0);
    assert!(held, "the dead worker's statement still holds the clinic, so that nobody else copies meanwhile");
    if matches!(fate, Fate::Lost) {
        site.central.execute("SELECT pg_terminate_backend($1)", &[&connection]).await.unwrap();
        gone(&site.central, connection).await;
    }
    catalogue.batch_execute("COMMIT").await.unwrap();
    gone(&site.central, connection).await;
    let copied = i64::from(matches!(fate, Fate::Kept));
    assert_eq!(site.left_of(clinic).await, (copied, 1), "control: what the killed worker left");
    made_by_another(&mut site, &email, clinic).await;
}

#[tokio::test]
async fn killed_while_the_template_is_copied_and_the_copy_is_finished() {
    killed_while_its_database_is_copied("copied", Fate::Kept).await;
}

#[tokio::test]
async fn killed_while_the_template_is_copied_and_the_copy_is_lost() {
    killed_while_its_database_is_copied("copied", Fate::Lost).await;
}

#[tokio::test]
async fn killed_while_the_base_is_copied() {
    killed_while_its_database_is_copied("plain", Fate::Kept).await;
}

/// Makes whoever creates this table in a clinic's database wait; the lock is the returned connection's.
async fn stop_at_table(site: &Site, clinic: ClinicId, table: &str) -> Client {
    let inside = admin_client(&site.admin, &clinic.database_name()).await;
    inside
        .batch_execute(&format!(
            "SELECT pg_advisory_lock(4712);
             CREATE FUNCTION public.stop() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
             BEGIN
               IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%.{table}') THEN
                 PERFORM pg_advisory_xact_lock_shared(4712);
               END IF;
             END $$;
             CREATE EVENT TRIGGER stop ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.stop()"
        ))
        .await
        .unwrap();
    inside
}

async fn killed_while_migrating(table: &str, fate: Fate) {
    let mut site = Site::new("plain").await;
    let pause = Pause::install(&site).await;
    let (server, worker, email, clinic) = waiting_after(&mut site, &pause, "database").await;
    let inside = Arc::new(stop_at_table(&site, clinic, table).await);
    pause.release().await;
    let stopped = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712 AND NOT granted";
    let connection: i32 =
        until("a migration is under way", async || inside.query_opt(stopped, &[]).await.unwrap().map(|row| row.get(0)))
            .await;
    worker.kill().await;
    server.kill().await;

    if matches!(fate, Fate::Lost) {
        inside.execute("SELECT pg_terminate_backend($1)", &[&connection]).await.unwrap();
        gone(&inside, connection).await;
    }
    inside.batch_execute("SELECT pg_advisory_unlock(4712)").await.unwrap();
    gone(&inside, connection).await;
    inside.batch_execute("DROP EVENT TRIGGER stop; DROP FUNCTION public.stop()").await.unwrap();
    drop(inside);
    assert_ne!(site.status(clinic).await, "active", "control");
    made_by_another(&mut site, &email, clinic).await;
}

#[tokio::test]
async fn killed_before_the_history_of_migrations_exists() {
    killed_while_migrating("refinery_schema_history", Fate::Lost).await;
}

#[tokio::test]
async fn killed_before_the_first_migration() {
    killed_while_migrating("refinery_schema_history", Fate::Kept).await;
}

#[tokio::test]
async fn killed_in_the_middle_of_a_migration_that_is_lost() {
    killed_while_migrating("appointments", Fate::Lost).await;
}

#[tokio::test]
async fn killed_in_the_middle_of_a_migration_whose_statement_ends_later() {
    killed_while_migrating("appointments", Fate::Kept).await;
}
