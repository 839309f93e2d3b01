//! Several workers, killed workers, and mail that cannot be sent.

use std::collections::BTreeSet;
use std::time::Duration;

use medicalpro::email::read_directory;
use serde_json::Value;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::patients::{Visit, queue_confirmations};
use super::{address, ended, mails_to, person, queue};
use crate::observed::{counts, shown_at};
use crate::provisioning::pause::{Fate, Pause};
use crate::provisioning::site::{Site, until};
use crate::support::process::Process;
use crate::support::{MASTER_KEYS, provisioner_url};

/// What tells a mail from another, however often it comes.
fn message_ids(site: &Site) -> Vec<String> {
    let mails = read_directory(&site.world.mail, 5000).unwrap();
    let id = |file: &str| {
        let text = std::fs::read_to_string(site.world.mail.join(file)).unwrap();
        text.lines().find_map(|line| line.strip_prefix("Message-ID: ").map(str::to_owned)).unwrap()
    };
    mails.iter().map(|mail| id(&mail.file)).collect()
}

#[tokio::test]
async fn two_workers_send_fifty_mails_of_accounts_and_fifty_of_patients_once_each() {
    let mut site = Site::new("template").await;
    let (worker, _server) = (site.worker().await, site.server(25).await);
    let clinic = site.world.clinic("busy").await;
    let visit = Visit::of(&site.world, &clinic, "busy").await;
    assert!(worker.terminate().await.0.success());
    let before = message_ids(&site).len();
    let mut queued = Vec::new();
    for number in 0..50 {
        let user = person(&site.central, &address(&format!("n{number}")), "fr", false).await;
        queued.push(queue(&site.central, "verification", user, Some(clinic.id.0)).await);
    }
    queue_confirmations(&site.world, &visit, 50).await;

    let (_one, _other) = (site.worker().await, site.worker().await);
    for mail in queued {
        assert_eq!(ended(&site.central, mail).await, ("sent".to_owned(), 1));
    }
    let inside = site.inside(clinic.id).await;
    until("the patients' mails are sent", async || {
        let left = "SELECT count(*) FROM email_outbox WHERE status <> 'sent'";
        (inside.query_one(left, &[]).await.unwrap().get::<_, i64>(0) == 0).then_some(())
    })
    .await;
    let tried = "SELECT count(*), max(attempts), count(*) FILTER (WHERE leased_by IS NOT NULL) FROM email_outbox";
    let row = inside.query_one(tried, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i32>(1), row.get::<_, i64>(2)), (50, 1, 0));
    let ids = message_ids(&site);
    assert_eq!(ids.len(), before + 100, "each once");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "and each its own");
    // Nothing is left to be looked for.
    until("the clinic is forgotten", async || {
        let noted = "SELECT FROM clinic_mail WHERE company_id = $1";
        site.central.query_opt(noted, &[&clinic.id.0]).await.unwrap().is_none().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_mail_taken_by_a_worker_that_was_killed_is_sent_again_when_its_lease_has_passed_and_is_known_again() {
    let mut site = Site::new("template").await;
    let pause = Pause::install(&site).await;
    let (worker, _server) = (site.worker().await, site.server(25).await);
    let (clinic, _) = site.registered("killed").await;
    site.mail_is_out(clinic).await;
    let email = address("killed");
    let user = person(&site.central, &email, "fr", false).await;
    pause.at("sent").await;
    let mail = queue(&site.central, "verification", user, Some(clinic.0)).await;
    let connection = pause.reached().await;
    worker.kill().await;
    pause.settle(connection, Fate::Lost).await;
    assert_eq!(mails_to(&site.world, &email).len(), 1, "control: it was handed over");

    let _worker = site.worker().await;
    // A mail queued later is sent: the worker works, and leaves what is leased to another.
    let later = address("later");
    let other = person(&site.central, &later, "fr", false).await;
    let control = queue(&site.central, "verification", other, Some(clinic.0)).await;
    until("the later one is sent", async || (mails_to(&site.world, &later).len() == 1).then_some(())).await;
    assert_eq!(ended(&site.central, control).await, ("sent".to_owned(), 1));
    let leased =
        "SELECT status = 'queued' AND attempts = 1 AND next_attempt_at > now() FROM email_outbox WHERE id = $1";
    assert!(site.central.query_one(leased, &[&mail]).await.unwrap().get::<_, bool>(0), "not taken before its time");

    site.hurry().await;
    assert_eq!(ended(&site.central, mail).await, ("sent".to_owned(), 2));
    assert_eq!(mails_to(&site.world, &email).len(), 2, "once more, and no more");
    let ids = message_ids(&site);
    assert_eq!(ids.iter().filter(|id| id.contains(&mail.to_string())).count(), 2, "one Message-ID: {ids:?}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_given_up_shown_to_operators_and_tried_again_when_they_say_so() {
    let mut site = Site::new("template").await;
    let (worker, _server) = (site.worker().await, site.server(25).await);
    let (clinic, _) = site.registered("dead").await;
    site.mail_is_out(clinic).await;
    assert!(worker.terminate().await.0.success());

    // Nobody answers there.
    let port = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let url = provisioner_url(&site.admin);
    let nowhere = [
        ("MEDICALPRO_PROVISIONER_URL", &*url),
        ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS),
        ("MEDICALPRO_MAIL", &format!("smtp://127.0.0.1:{port}")),
    ];
    let mut worker = Process::start(["worker"], &nowhere);
    worker.line("\"working\"").await;
    let email = address("dead");
    let user = person(&site.central, &email, "fr", false).await;
    let mail = queue(&site.central, "verification", user, Some(clinic.0)).await;
    // The first wait is half a minute; a lease lasts two.
    let waits = "SELECT attempts, extract(epoch FROM next_attempt_at - now())::float8 FROM email_outbox WHERE id = $1";
    until("the first attempt has failed", async || {
        let row = site.central.query_one(waits, &[&mail]).await.unwrap();
        (row.get::<_, i32>(0) == 1 && (20.0..=30.0).contains(&row.get::<_, f64>(1))).then_some(())
    })
    .await;
    let waited = "UPDATE email_outbox SET next_attempt_at = now() WHERE id = $1 AND status = 'queued'
                     AND next_attempt_at - now() NOT BETWEEN interval '118 seconds' AND interval '120 seconds'";
    let dead = "SELECT attempts FROM email_outbox WHERE id = $1 AND status = 'dead'";
    let attempts: i32 = until("it is given up", async || {
        tokio::time::sleep(Duration::from_millis(200)).await;
        site.central.execute(waited, &[&mail]).await.unwrap();
        site.central.query_opt(dead, &[&mail]).await.unwrap().map(|row| row.get(0))
    })
    .await;
    // One that was hurried while it was tried may have been taken once more.
    assert!((10..=12).contains(&attempts), "{attempts}");
    // Where trying again is pointless, once is enough.
    let bad = person(&site.central, &format!("no address {}", Uuid::now_v7()), "fr", false).await;
    let refused = queue(&site.central, "verification", bad, Some(clinic.0)).await;
    assert_eq!(ended(&site.central, refused).await, ("dead".to_owned(), 1));
    let said = worker.terminate().await.1;
    assert!(said.contains("a mail could not be sent") && !said.contains(&email), "{said}");

    let (code, out, _) = site.run(&["mail", "dead", "--json"]).await;
    assert_eq!(code, 0);
    let dead: Value = serde_json::from_str(&out).unwrap();
    let shown: Vec<_> =
        dead.as_array().unwrap().iter().map(|mail| (&mail["id"], &mail["kind"], &mail["attempts"])).collect();
    let (first, second) = (Value::from(mail.to_string()), Value::from(refused.to_string()));
    let kind = Value::from("verification");
    assert_eq!(shown, [(&first, &kind, &attempts.into()), (&second, &kind, &1.into())]);
    let (code, out, _) = site.run(&["mail", "dead"]).await;
    assert!(code == 0 && out.contains(&mail.to_string()) && out.contains(&format!("{attempts} attempts")), "{out}");
    assert!(!out.contains('@'), "to nobody's knowledge: {out}");
    assert_eq!(site.run(&["mail", "retry", &Uuid::now_v7().to_string()]).await.0, 1, "no such mail");
    assert_eq!(site.run(&["mail", "retry"]).await.0, 2, "which?");

    let mut worker = site.worker().await;
    let at = shown_at(&mut worker).await;
    until("dead mails are counted", async || {
        (counts(&at).await.find(r#"mail_queue{state="dead"}"#) == Some(2.0)).then_some(())
    })
    .await;
    assert_eq!(mails_to(&site.world, &email).len(), 0, "control");
    let (code, out, _) = site.run(&["mail", "retry", &mail.to_string()]).await;
    assert!(code == 0 && out.contains('1'), "{out}");
    assert_eq!(ended(&site.central, mail).await, ("sent".to_owned(), 1));
    assert_eq!(mails_to(&site.world, &email).len(), 1);
    let (_, out, _) = site.run(&["mail", "retry", "--all", "--json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["queued"], 1);
    assert_eq!(ended(&site.central, refused).await, ("dead".to_owned(), 1), "still no address");
}
