//! Stops a worker at a moment that the test chooses, without any hook in the product: triggers in central, laid there by
//! PostgreSQL's administrator, wait for a lock that the test holds.

use tokio_postgres::Client;

use super::site::{Site, until};
use crate::support::admin_client;

/// A moment is a step that is about to be noted (its work is done), or one of `begin`, `activate`, `claim` (a mail is about to
/// be taken), `sent` (it was handed over and is about to be noted), `give-up` (the clinic is gone, its job is about to end).
const TRIGGERS: &str = "
CREATE SCHEMA pause;
CREATE TABLE pause.here (moment text PRIMARY KEY);
CREATE FUNCTION pause.wait() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM pause.here WHERE moment = coalesce(TG_ARGV[0], to_jsonb(NEW)->>'step')) THEN
    PERFORM pg_advisory_xact_lock_shared(4711);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER pause BEFORE INSERT ON medicalpro_central.provisioning_steps
  FOR EACH ROW EXECUTE FUNCTION pause.wait();
CREATE TRIGGER pause_begin BEFORE UPDATE ON medicalpro_central.provisioning_jobs
  FOR EACH ROW WHEN (NEW.state = 'running') EXECUTE FUNCTION pause.wait('begin');
CREATE TRIGGER pause_give_up BEFORE UPDATE ON medicalpro_central.provisioning_jobs
  FOR EACH ROW WHEN (NEW.state = 'failed') EXECUTE FUNCTION pause.wait('give-up');
CREATE TRIGGER pause_activate BEFORE UPDATE ON medicalpro_central.companies
  FOR EACH ROW WHEN (NEW.status = 'active') EXECUTE FUNCTION pause.wait('activate');
CREATE TRIGGER pause_claim BEFORE UPDATE ON medicalpro_central.email_outbox
  FOR EACH ROW WHEN (NEW.attempts > OLD.attempts) EXECUTE FUNCTION pause.wait('claim');
CREATE TRIGGER pause_sent BEFORE UPDATE ON medicalpro_central.email_outbox
  FOR EACH ROW WHEN (NEW.status = 'sent') EXECUTE FUNCTION pause.wait('sent');
";

/// What becomes of the statement that a killed worker had sent.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// It takes effect: killed after the step was noted.
    Kept,
    /// It never happened: killed before the step was noted.
    Lost,
}

pub struct Pause(Client);

impl Pause {
    pub async fn install(site: &Site) -> Self {
        let client = admin_client(&site.admin, "medicalpro_central").await;
        client.batch_execute(TRIGGERS).await.unwrap();
        Self(client)
    }

    /// Whoever comes to this moment waits there.
    pub async fn at(&self, moment: &str) {
        self.0.batch_execute("SELECT pg_advisory_lock(4711)").await.unwrap();
        assert_eq!(self.0.execute("INSERT INTO pause.here VALUES ($1)", &[&moment]).await.unwrap(), 1);
    }

    /// Waits until somebody waits there, and lets nobody else be held up. PostgreSQL's process of that connection.
    pub async fn reached(&self) -> i32 {
        let waiting = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted";
        let pid = until("somebody waits at the moment", async || {
            self.0.query_opt(waiting, &[]).await.unwrap().map(|row| row.get(0))
        })
        .await;
        self.0.execute("DELETE FROM pause.here", &[]).await.unwrap();
        pid
    }

    /// Lets whoever waits go on.
    pub async fn release(&self) {
        self.0.batch_execute("SELECT pg_advisory_unlock(4711)").await.unwrap();
    }

    /// The one who waited is dead: its last statement takes effect or never happened. Returns when its connection is gone.
    pub async fn settle(&self, pid: i32, fate: Fate) {
        if matches!(fate, Fate::Lost) {
            self.0.execute("SELECT pg_terminate_backend($1)", &[&pid]).await.unwrap();
            gone(&self.0, pid).await;
        }
        self.release().await;
        gone(&self.0, pid).await;
    }
}

/// Waits until PostgreSQL's process of a connection has ended.
pub async fn gone(admin: &Client, pid: i32) {
    until("the connection has ended", async || {
        let there = admin.query_opt("SELECT FROM pg_stat_activity WHERE pid = $1", &[&pid]).await.unwrap();
        there.is_none().then_some(())
    })
    .await;
}
