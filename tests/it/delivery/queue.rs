//! The note that a clinic has mail: one worker a clinic at a time, and no note is lost.

use medicalpro::central::{Central, clinic_mail};
use medicalpro::database::tls;
use medicalpro::ids::ClinicId;

use crate::provisioning::site::{Site, import};
use crate::support::{api_url, provisioner_url};

#[tokio::test]
async fn a_clinic_is_taken_by_one_worker_at_a_time_and_what_is_noted_meanwhile_is_not_lost() {
    let mut site = Site::new("template").await;
    let clinic = {
        let (worker, _server) = (site.worker().await, site.server(25).await);
        let (clinic, _) = site.registered("noted").await;
        assert!(worker.terminate().await.0.success());
        clinic
    };
    let open = |url: String| Central::new(url.parse().unwrap(), tls(None).unwrap(), 4).unwrap();
    let (server, worker) = (open(api_url(&site.admin)), open(provisioner_url(&site.admin)));
    let due = async || clinic_mail::take(&worker).await.unwrap();
    let is_noted = async || {
        let noted = "SELECT FROM clinic_mail WHERE company_id = $1";
        site.central.query_opt(noted, &[&clinic.0]).await.unwrap().is_some()
    };
    assert!(due().await.is_none(), "nothing is noted");

    clinic_mail::note(&server, clinic).await.unwrap();
    clinic_mail::note(&server, clinic).await.unwrap();
    let (one, other) = tokio::join!(due(), due());
    assert_eq!(u8::from(one.is_some()) + u8::from(other.is_some()), 1, "one worker at a time");
    let turn = one.or(other).unwrap();
    assert_eq!(turn.company_id, clinic.0);
    // Noted while it is looked at: looked at again, by nobody else before.
    clinic_mail::note(&server, clinic).await.unwrap();
    assert!(due().await.is_none(), "still held");
    clinic_mail::give_back(&worker, &turn, None).await.unwrap();
    let turn = due().await.expect("what was noted meanwhile");
    clinic_mail::give_back(&worker, &turn, None).await.unwrap();
    assert!(!is_noted().await && due().await.is_none(), "and then forgotten");

    // A mail that is due later is looked for later.
    clinic_mail::note(&server, clinic).await.unwrap();
    let turn = due().await.unwrap();
    clinic_mail::give_back(&worker, &turn, Some(chrono::Utc::now() + chrono::Duration::hours(1))).await.unwrap();
    assert!(is_noted().await && due().await.is_none());
    site.central.batch_execute("UPDATE clinic_mail SET due_at = now()").await.unwrap();
    let turn = due().await.unwrap();

    // A worker that is gone leaves it to others when its lease has passed, and gives nothing back any more.
    assert!(due().await.is_none());
    site.central.batch_execute("UPDATE clinic_mail SET leased_until = now() - interval '1 second'").await.unwrap();
    let next = due().await.expect("after the lease");
    clinic_mail::give_back(&worker, &turn, None).await.unwrap();
    clinic_mail::put_off(&worker, &turn).await.unwrap();
    assert!(is_noted().await && due().await.is_none(), "the next one holds it");

    // One that could not be reached comes later, and after others.
    clinic_mail::put_off(&worker, &next).await.unwrap();
    assert!(is_noted().await && due().await.is_none());

    // A sweep notes every active clinic, and no other.
    site.central.batch_execute("DELETE FROM clinic_mail").await.unwrap();
    let email = "pending@example.org";
    let lender = "SELECT email FROM users LIMIT 1";
    let lender: String = site.central.query_one(lender, &[]).await.unwrap().get(0);
    let pending = ClinicId::generate();
    import(&site.central, pending, uuid::Uuid::now_v7(), email, &lender).await;
    clinic_mail::sweep(&worker, 0.0).await.unwrap();
    assert_eq!(due().await.map(|turn| turn.company_id), Some(clinic.0));
    assert!(due().await.is_none());
}
