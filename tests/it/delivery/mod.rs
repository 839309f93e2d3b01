//! How mail is sent: each kind to its reader, once, or not any more; and what becomes of what cannot be sent.

mod accounts;
mod housekeeping;
mod leases;
pub mod patients;
mod queue;
mod slow;

use medicalpro::email::{StoredMail, read_directory};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::provisioning::site::until;
use crate::support::World;

/// The mails to an address, newest first.
fn mails_to(world: &World, email: &str) -> Vec<StoredMail> {
    let mut mails = read_directory(&world.mail, 5000).unwrap();
    mails.retain(|mail| mail.to == email);
    mails
}

/// An address that nobody else has.
fn address(label: &str) -> String {
    format!("{label}-{}@example.org", Uuid::now_v7().simple())
}

/// A person laid into central, with the password of somebody who is there.
async fn person(central: &Client, email: &str, language: &str, verified: bool) -> Uuid {
    let id = Uuid::now_v7();
    let insert = "INSERT INTO medicalpro_central.users (id, email, email_normalized, password_hash, first_name, language, terms_accepted_at,
                                                        email_verified_at)
                  VALUES ($1, $2, $2, '$argon2id$none', 'Ada', $3, now(), CASE WHEN $4 THEN now() END)";
    central.execute(insert, &[&id, &email, &language, &verified]).await.unwrap();
    id
}

/// Queues a mail to a person by hand.
async fn queue(central: &Client, kind: &str, user: Uuid, clinic: Option<Uuid>) -> Uuid {
    let insert =
        "INSERT INTO medicalpro_central.email_outbox (kind, user_id, company_id) VALUES ($1, $2, $3) RETURNING id";
    central.query_one(insert, &[&kind, &user, &clinic]).await.unwrap().get(0)
}

/// Waits until a mail is no longer queued. How it ended, and after how many attempts. Time passes quickly here: what was taken by another
/// test's worker, which ended with its test, is due again.
async fn ended(central: &Client, mail: Uuid) -> (String, i32) {
    let look = "SELECT status, attempts FROM medicalpro_central.email_outbox WHERE id = $1 AND status <> 'queued'";
    let mut looks = 0;
    until("the mail's end", async || {
        looks += 1;
        if looks % 80 == 0 {
            let again = "UPDATE medicalpro_central.email_outbox SET next_attempt_at = now()
                          WHERE id = $1 AND next_attempt_at - now() NOT BETWEEN interval '118 seconds' AND interval '120 seconds'";
            central.execute(again, &[&mail]).await.unwrap();
        }
        central.query_opt(look, &[&mail]).await.unwrap().map(|row| (row.get(0), row.get(1)))
    })
    .await
}
