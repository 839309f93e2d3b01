//! What is counted, and where it is shown.

use medicalpro::ids::Role;
use medicalpro::telemetry::metrics;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Counts, counts, get, shown_at};
use crate::provisioning::site::{Site, until};
use crate::support::process::{Process, run};
use crate::support::{MASTER_KEYS, PASSWORD, World, own_postgres, prepare};

const STEPS: [&str; 7] = ["seal", "role", "database", "migrate", "identity", "prove", "activate"];

#[tokio::test]
async fn requests_denials_checkouts_steps_and_mails_are_counted_and_shown_on_the_processes_own_listeners() {
    let mut site = Site::new("template").await;
    let (mut worker, mut server) = (site.worker().await, site.server(25).await);
    let (at_worker, at_server) = (shown_at(&mut worker).await, shown_at(&mut server).await);
    let before = counts(&at_server).await;
    assert_eq!(before.find(r#"http_requests_total{operation="patients_create",status="201"}"#), None, "control");

    let clinic = site.world.clinic("counted").await;
    let patient = clinic.patient("Durand").await;
    let path = format!("/api/v1/patients/{}", patient["id"].as_str().unwrap());
    for _ in 0..3 {
        assert_eq!(clinic.admin.get(&path).await.status, StatusCode::OK);
    }
    let reader = clinic.person(Role::Readonly).await;
    let refused = reader.post("/api/v1/patients", &json!({ "firstName": "A", "lastName": "B" })).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"));
    for _ in 0..2 {
        let answer = site.world.request(Method::GET, &path, Some("x.y.z"), &[], None).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "token_invalid"));
    }
    let odd = "/api/v1/nothing-of-that-name-is-here";
    assert_eq!(clinic.admin.get(odd).await.status, StatusCode::NOT_FOUND);

    let server_counts = counts(&at_server).await;
    for (series, expected) in [
        (r#"http_requests_total{operation="auth_register",status="201"}"#, 1.0),
        (r#"http_requests_total{operation="patients_create",status="201"}"#, 1.0),
        (r#"http_requests_total{operation="patients_create",status="403"}"#, 1.0),
        (r#"http_requests_total{operation="patients_find",status="200"}"#, 3.0),
        (r#"http_requests_total{operation="patients_find",status="401"}"#, 2.0),
        (r#"http_requests_total{operation="other",status="404"}"#, 1.0),
        (r#"http_request_duration_seconds_count{operation="patients_find"}"#, 5.0),
        (r#"denials_total{code="forbidden"}"#, 1.0),
        (r#"denials_total{code="token_invalid"}"#, 2.0),
        // Entered once, read thrice, refused once, and the refusal noted.
        (r#"checkout_duration_seconds_count{database="clinic"}"#, 6.0),
        (r#"pools{database="clinic"}"#, 1.0),
        (r#"pools{database="central"}"#, 1.0),
        (r#"pool_limit{database="clinic"}"#, 80.0),
        (r#"pool_waiting{database="clinic"}"#, 0.0),
        (r#"pool_connections{database="clinic",state="in_use"}"#, 0.0),
    ] {
        assert_eq!(server_counts.of(series).to_string(), expected.to_string(), "{series}");
    }
    assert!(server_counts.of(r#"pool_connections{database="clinic",state="idle"}"#) >= 1.0);
    assert!(server_counts.of(r#"checkout_duration_seconds_count{database="central"}"#) >= 1.0);

    site.mail_is_out(clinic.id).await;
    let worker_counts = counts(&at_worker).await;
    for step in STEPS {
        let series = format!(r#"provisioning_steps_total{{step="{step}",result="ok"}}"#);
        assert_eq!(worker_counts.of(&series).to_string(), "1", "{series}");
    }
    assert!(worker_counts.of(r#"provisioning_step_duration_seconds_sum{step="database"}"#) > 0.0);
    assert_eq!(worker_counts.of(r#"provisioning_attempts_total{result="ready"}"#).to_string(), "1");
    // The verification, and the welcome.
    assert_eq!(worker_counts.of(r#"mails_total{result="sent"}"#).to_string(), "2");

    // Elsewhere there is nothing, and here nothing else.
    let public = site.world.send(Method::GET, "/metrics", None).await;
    assert_eq!(public.status, StatusCode::NOT_FOUND);
    for own in [&at_worker, &at_server] {
        for path in ["/health/live", "/health/ready"] {
            assert_eq!(get(&format!("{own}{path}")).await, (200, "ok\n".to_owned()));
        }
        for path in ["/", "/docs", "/openapi.json", "/health", "/api/v1/patients"] {
            assert_eq!(get(&format!("{own}{path}")).await.0, 404, "{path}");
        }
    }

    // Of whom it was counted, nothing is told.
    for Counts(text) in [server_counts, worker_counts] {
        assert!(text.ends_with("# EOF\n") && text.contains("# HELP medicalpro_"), "control: {text}");
        let told = [&clinic.id.to_string(), &clinic.id.database_name(), &clinic.admin.email, "Durand", odd, "x.y.z"];
        for word in told.into_iter().chain([patient["id"].as_str().unwrap(), PASSWORD, "nothing-of-that-name"]) {
            assert!(!text.contains(word), "{word} in\n{text}");
        }
    }
}

#[tokio::test]
async fn steps_that_fail_attempts_and_the_queue_of_mails_are_counted() {
    let mut site = Site::new("template").await;
    let (worker, _server) = (site.worker().await, site.server(25).await);
    let (_, email) = site.registered("queued").await;
    site.mail_is_out(site.clinic(&email).await).await;
    assert!(worker.terminate().await.0.success());
    let queued = "UPDATE email_outbox
                     SET status = 'queued', sent_at = NULL, created_at = now() - interval '1 hour', next_attempt_at = now() + interval '1 hour'";
    assert_eq!(site.central.execute(queued, &[]).await.unwrap(), 1);
    let refuse =
        "REVOKE EXECUTE ON FUNCTION provisioning.create_clinic_role(uuid, text, int) FROM medicalpro_provisioner";
    site.central.batch_execute(refuse).await.unwrap();

    let mut worker = site.worker().await;
    let at_worker = shown_at(&mut worker).await;
    let counted = until("the queue is counted", async || {
        let counted = counts(&at_worker).await;
        (counted.find(r#"mail_queue{state="later"}"#) == Some(1.0)).then_some(counted)
    })
    .await;
    assert_eq!(counted.of(r#"mail_queue{state="due"}"#).to_string(), "0");
    assert!((3600.0..3700.0).contains(&counted.of("mail_queue_oldest_seconds")));

    let registering = site.register(&World::registration("refused"));
    until("it is given up", async || {
        site.hurry().await;
        counts(&at_worker).await.find(r#"provisioning_attempts_total{result="given_up"}"#)
    })
    .await;
    assert_eq!(registering.await.unwrap().expect("an answer").status, StatusCode::SERVICE_UNAVAILABLE);
    let counted = counts(&at_worker).await;
    for (series, expected) in [
        (r#"provisioning_steps_total{step="seal",result="ok"}"#, "1"),
        (r#"provisioning_steps_total{step="role",result="failed"}"#, "5"),
        (r#"provisioning_attempts_total{result="again"}"#, "4"),
        (r#"provisioning_attempts_total{result="given_up"}"#, "1"),
    ] {
        assert_eq!(counted.of(series).to_string(), expected, "{series}");
    }
    assert_eq!(counted.find(r#"provisioning_steps_total{step="database",result="ok"}"#), None);
}

#[tokio::test]
async fn evictions_and_limits_are_counted() {
    // Of its own: elsewhere this process's worker may be at another test's clinic, to look for mail.
    let (admin, cluster) = own_postgres().await;
    prepare(&admin).await;
    let world = World::on(admin, cluster, &["--pool-idle", "1"], &[]).await;
    let clinic = world.clinic("evicted").await;
    assert_eq!(clinic.admin.get("/api/v1/patients").await.status, StatusCode::OK);
    let evicted = r#"pool_evictions_total{reason="idle"}"#;
    until("the idle connection is closed", async || {
        Counts(metrics::shown().await).find(evicted).filter(|evicted| *evicted >= 1.0)
    })
    .await;
    until("and its pool forgotten", async || {
        (Counts(metrics::shown().await).of(r#"pools{database="clinic"}"#) < 1.0).then_some(())
    })
    .await;

    let settings = ["--logins-per-minute", "1", "--connection-budget", "1"];
    let limited = World::on(world.admin.clone(), None, &settings, &[]).await;
    let wrong = json!({ "email": clinic.admin.email, "password": PASSWORD });
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(limited.send(Method::POST, "/api/v1/auth/login", Some(&wrong)).await.status.as_u16());
    }
    assert_eq!(answers, [200, 429, 429]);
    let counted = Counts(metrics::shown().await);
    assert_eq!(counted.of(r#"denials_total{code="rate_limited"}"#).to_string(), "2");
    assert_eq!(counted.of(r#"http_requests_total{operation="auth_login",status="429"}"#).to_string(), "2");

    // One connection for all clinics together: the other's is closed for it.
    let other = world.clinic("other").await;
    let look =
        async |token: &str| limited.request(Method::GET, "/api/v1/patients", Some(token), &[], None).await.status;
    assert_eq!((look(&clinic.admin.token).await, look(&other.admin.token).await), (StatusCode::OK, StatusCode::OK));
    assert_eq!(Counts(metrics::shown().await).of(r#"pool_evictions_total{reason="budget"}"#).to_string(), "1");

    let renew = "UPDATE medicalpro_central.companies SET epoch = epoch + 1 WHERE id = $1";
    assert_eq!(world.central().await.execute(renew, &[&other.id.0]).await.unwrap(), 1);
    until("its pool is opened anew", async || {
        assert_eq!(look(&other.admin.token).await, StatusCode::OK);
        Counts(metrics::shown().await).find(r#"pool_evictions_total{reason="credentials"}"#)
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_told_before_anything_else_and_none_is_taken_unasked() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let url = "postgres://medicalpro_api:a-password-of-the-tests@127.0.0.1:1/medicalpro_central";
    for (command, setting) in [("serve", "MEDICALPRO_DATABASE_URL"), ("worker", "MEDICALPRO_PROVISIONER_URL")] {
        let settings = [(setting, url), ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS), ("MEDICALPRO_MAIL", "file:/nowhere")];
        let with = |listen| [&settings[..], &[("MEDICALPRO_METRICS_LISTEN", listen)]].concat();
        let (code, _, said) = run([command], &with(&*address)).await;
        assert_eq!(code, 1);
        assert!(said.contains(&format!("cannot listen on {address} for metrics")), "{said}");
        let (_, _, said) = run([command], &with("127.0.0.1:0")).await;
        assert!(said.contains("showing metrics") && said.contains("central"), "control: {said}");
        let (_, _, said) = run([command], &settings).await;
        assert!(!said.contains("metrics") && said.contains("central"), "{said}");
    }
}

#[tokio::test]
async fn a_process_that_cannot_work_yet_lives_and_is_not_ready() {
    // A PostgreSQL that takes a connection and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = silent.local_addr().unwrap();
    for (command, setting) in [("serve", "MEDICALPRO_DATABASE_URL"), ("worker", "MEDICALPRO_PROVISIONER_URL")] {
        let url = format!("postgres://somebody:a-password-of-the-tests@{place}/medicalpro_central");
        let settings = [
            (setting, &*url),
            ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS),
            ("MEDICALPRO_MAIL", "file:/nowhere"),
            ("MEDICALPRO_METRICS_LISTEN", "127.0.0.1:0"),
        ];
        let mut process = Process::start([command], &settings);
        let own = shown_at(&mut process).await;
        assert_eq!(get(&format!("{own}/health/live")).await, (200, "ok\n".to_owned()), "control");
        assert_eq!(get(&format!("{own}/health/ready")).await, (503, "starting\n".to_owned()), "{command}");
        process.kill().await;
    }
}

#[tokio::test]
async fn dev_shows_server_and_worker_together_where_it_is_asked_to() {
    let folder = std::env::temp_dir().join(format!("medicalpro-test-shown-{}", uuid::Uuid::now_v7().simple()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    let data = folder.join("data");
    let arguments =
        ["dev", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];
    let mut process = Process::start(arguments, &[]);
    let line = process.line("  Metrics ").await;
    let (status, text) = get(line.split_whitespace().last().unwrap()).await;
    assert_eq!(status, 200);
    let counted = Counts(text);
    assert!(counted.of(r#"http_requests_total{operation="patients_create",status="201"}"#) >= 1.0);
    assert!(counted.of(r#"provisioning_attempts_total{result="ready"}"#) >= 1.0);
    assert_eq!(counted.of(r#"pools{database="central"}"#).to_string(), "2");
    assert!(process.terminate().await.0.success());
    std::fs::remove_dir_all(folder).unwrap();
}
