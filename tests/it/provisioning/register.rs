//! `POST /auth/register`: the clinic is ready with the answer, once; or nothing is made.

use medicalpro::ids::{ClinicId, PlatformRole};
use medicalpro::provisioning::reaper;
use medicalpro::region::Region;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use super::site::{Site, left_of, until};
use crate::support::{Answer, World, own_postgres, prepare};

const REGISTER: &str = "/api/v1/auth/register";

async fn register(world: &World, body: &Value) -> Answer {
    world.send(Method::POST, REGISTER, Some(body)).await
}

async fn register_with(world: &World, key: &str, body: &Value) -> Answer {
    world.request(Method::POST, REGISTER, None, &[("Idempotency-Key", key)], Some(body)).await
}

fn clinic_of(answer: &Answer) -> ClinicId {
    answer.json["company"]["id"].as_str().unwrap().parse().unwrap()
}

/// A world whose PostgreSQL nobody else uses, so that all in it can be counted.
async fn alone() -> World {
    let (admin, cluster) = own_postgres().await;
    prepare(&admin).await;
    World::on(admin, cluster, &[], &[]).await
}

/// Clinics' databases, their roles, companies, people, jobs: on the whole server.
async fn everything(central: &Client) -> [i64; 5] {
    let counts = r"SELECT (SELECT count(*) FROM pg_database WHERE datname ~ '^medicalpro_clinic_[0-9a-f_]{36}$'),
                          (SELECT count(*) FROM pg_roles    WHERE rolname ~ '^medicalpro_clinic_[0-9a-f_]{36}$'),
                          (SELECT count(*) FROM medicalpro_central.companies),
                          (SELECT count(*) FROM medicalpro_central.users),
                          (SELECT count(*) FROM medicalpro_central.provisioning_jobs)";
    let row = central.query_one(counts, &[]).await.unwrap();
    std::array::from_fn(|column| row.get(column))
}

#[tokio::test]
async fn the_clinic_is_ready_with_the_answer_in_every_region() {
    let world = World::start().await;
    let central = world.central().await;
    for region in Region::all() {
        let mut body = World::registration(&region.country.to_lowercase());
        body["country"] = region.country.into();
        let answer = register(&world, &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
        assert_eq!(
            (&answer.json["clinicProvisioned"], &answer.json["nextStep"]),
            (&json!(true), &json!("verify_email"))
        );
        let company = &answer.json["company"];
        let language = region.language().tag();
        for (field, expected) in [
            ("status", "active"),
            ("country", region.country),
            ("currency", region.currency),
            ("language", language),
            ("timeZone", region.time_zone.name()),
        ] {
            assert_eq!(company[field], expected, "{field} of {}", region.country);
        }
        assert_eq!(
            (&answer.json["user"]["role"], &answer.json["user"]["emailVerified"]),
            (&json!("admin"), &json!(false))
        );

        let clinic = clinic_of(&answer);
        assert_eq!(left_of(&central, clinic).await, (1, 1), "a database and a role");
        let inside = crate::support::admin_client(&world.admin, &clinic.database_name()).await;
        let ran = "SELECT array_agg(version ORDER BY version) FROM app.refinery_schema_history";
        assert_eq!(inside.query_one(ran, &[]).await.unwrap().get::<_, Vec<i32>>(0), (1..=9).collect::<Vec<_>>());
        let settings = format!("SELECT to_jsonb(s) FROM {}.clinic_settings s", clinic.database_name());
        let rows = inside.query(&settings, &[]).await.unwrap();
        assert_eq!(rows.len(), 1, "one row, its own");
        let row: Value = rows[0].get(0);
        for (column, expected) in [
            ("company_id", json!(clinic)),
            ("name", body["companyName"].clone()),
            ("email", body["companyEmail"].clone()),
            ("country", json!(region.country)),
            ("language", json!(language)),
            ("time_zone", json!(region.time_zone.name())),
            ("currency", json!(region.currency)),
            ("tax_label", json!(region.tax.label)),
            ("tax_rates", json!(region.tax.rates)),
            ("patient_number_prefix", json!(region.numbering.patient)),
            ("quote_number_prefix", json!(region.numbering.quote)),
            ("invoice_number_prefix", json!(region.numbering.invoice)),
            ("credit_note_number_prefix", json!(region.numbering.credit_note)),
            ("first_weekday", json!(region.first_weekday.number_from_monday())),
            ("retention_years", json!(region.retention.years)),
        ] {
            assert_eq!(row[column], expected, "{column} of {}", region.country);
        }
    }
}

#[tokio::test]
async fn what_the_clinic_says_of_itself_goes_before_its_regions_defaults() {
    let world = World::start().await;
    let mut body = World::registration("own");
    let own = [("country", "ES"), ("language", "fr-BE"), ("timeZone", "Atlantic/Canary"), ("vatNumber", "ESX1234567L")];
    for (field, value) in own {
        body[field] = value.into();
    }
    let answer = register(&world, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    let clinic = clinic_of(&answer);
    let inside = crate::support::admin_client(&world.admin, &clinic.database_name()).await;
    let settings = format!(
        "SELECT country, language, time_zone, currency, vat_number, tax_label FROM {}.clinic_settings",
        clinic.database_name()
    );
    let row = inside.query_one(&settings, &[]).await.unwrap();
    let found: Vec<&str> = (0..6).map(|column| row.get(column)).collect();
    assert_eq!(found, ["ES", "fr", "Atlantic/Canary", "EUR", "ESX1234567L", "IVA"]);
}

#[tokio::test]
async fn a_taken_address_is_refused_in_whatever_form_and_nothing_is_made() {
    let world = alone().await;
    let central = world.central().await;
    let mut first = World::registration("first");
    (first["email"], first["companyEmail"]) = ("anna@example.org".into(), "clinic@example.org".into());
    assert_eq!(register(&world, &first).await.status, StatusCode::CREATED);
    let before = everything(&central).await;
    assert_eq!(before, [1, 1, 1, 1, 1], "control: one clinic, whole");

    // As it was, and in capitals. In letters of double width, which look alike and are another mailbox, it is no address at all.
    let (taken, invalid) = (StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY);
    for (field, status, code, address) in [
        ("email", taken, "email_taken", "anna@example.org"),
        ("email", taken, "email_taken", "ANNA@Example.ORG"),
        ("email", invalid, "invalid", "ａｎｎａ@example.org"),
        ("companyEmail", taken, "company_email_taken", "clinic@example.org"),
        ("companyEmail", taken, "company_email_taken", "Clinic@EXAMPLE.org"),
        ("companyEmail", invalid, "invalid", "ｃlinic@example.org"),
    ] {
        let mut body = World::registration("second");
        body[field] = address.into();
        let answer = register(&world, &body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{address}: {}", answer.json);
        assert_eq!(answer.json["errors"][0]["pointer"], format!("/{field}"), "{address}");
        assert_eq!(everything(&central).await, before, "{address}: something was made");
    }
    // The person's address and the clinic's are different things.
    let mut body = World::registration("third");
    (body["email"], body["companyEmail"]) = ("clinic@example.org".into(), "anna@example.org".into());
    assert_eq!(register(&world, &body).await.status, StatusCode::CREATED, "control");
    assert_eq!(everything(&central).await, [2, 2, 2, 2, 2]);
    assert_eq!(reaper::orphans(&central).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn all_that_is_wrong_with_a_registration_is_told_at_once_and_nothing_is_made() {
    let world = alone().await;
    let central = world.central().await;
    let mut body = World::registration("wrong");
    body["country"] = "US".into();
    body["acceptTerms"] = false.into();
    body["password"] = "too short".into();
    body["email"] = "nobody".into();
    body["companyId"] = json!(Uuid::now_v7());
    body.as_object_mut().unwrap().remove("companyName");
    let answer = register(&world, &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.json);
    let errors = answer.json["errors"].as_array().unwrap();
    let mut pointers: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/acceptTerms", "/companyId", "/companyName", "/country", "/email", "/password"]);

    // Each alone is enough.
    for (field, value) in [("country", json!("US")), ("acceptTerms", json!(false)), ("password", json!("too short"))] {
        let mut body = World::registration("wrong");
        body[field] = value;
        let answer = register(&world, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert_eq!(answer.json["errors"].as_array().unwrap().len(), 1, "{}", answer.json);
        assert_eq!(answer.json["errors"][0]["pointer"], format!("/{field}"));
    }
    assert_eq!(everything(&central).await, [0; 5]);
    assert_eq!(register(&world, &World::registration("right")).await.status, StatusCode::CREATED, "control");
}

#[tokio::test]
async fn of_fifty_at_once_one_registers() {
    let world = alone().await;
    let central = world.central().await;
    let body = World::registration("fifty");
    let answers = futures_util::future::join_all((0..50).map(|_| register(&world, &body))).await;
    let with = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with(StatusCode::CREATED), with(StatusCode::CONFLICT)), (1, 49), "{answers:?}");
    assert_eq!(everything(&central).await, [1, 1, 1, 1, 1]);
    assert_eq!(reaper::orphans(&central).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_registration_repeated_with_its_key_is_answered_alike() {
    let world = World::start().await;
    let (body, key) = (World::registration("key"), Uuid::now_v7().to_string());
    let first = register_with(&world, &key, &body).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.json);
    let again = register_with(&world, &key, &body).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    let boss = world.operator(PlatformRole::SuperAdmin).await;
    for (order, status) in [("suspend", "suspended"), ("resume", "active")] {
        let path = format!("/api/v1/platform/companies/{}/{order}", clinic_of(&first));
        let done = world.request(Method::POST, &path, Some(&boss.token), &[], None).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
        let again = register_with(&world, &key, &body).await;
        assert_eq!((again.status, &again.json["company"]["status"]), (StatusCode::CREATED, &json!(status)));
    }
    for secret in ["token", "Token", "password", "db_"] {
        assert!(!first.text.contains(secret), "{secret} in {}", first.text);
    }
    let mut other = body.clone();
    other["firstName"] = "Else".into();
    let refused = register_with(&world, &key, &other).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"));
    let without = register(&world, &body).await;
    assert_eq!(without.status, StatusCode::CONFLICT, "control: without its key it is another registration");
    let row = "SELECT request_hash FROM medicalpro_central.idempotency_keys WHERE key = $1";
    let stored: Vec<u8> = world.central().await.query_one(row, &[&key]).await.unwrap().get(0);
    let plain = medicalpro::secrets::sha256(body.to_string().as_bytes());
    assert_ne!(stored, plain, "the body holds a password: a plain hash of it could be guessed");
}

#[tokio::test]
async fn a_registration_sent_twice_at_once_with_one_key_is_one() {
    let world = World::start().await;
    for _ in 0..5 {
        let (body, key) = (World::registration("twice"), Uuid::now_v7().to_string());
        let send = || register_with(&world, &key, &body);
        let (one, other, third) = tokio::join!(send(), send(), send());
        for answer in [&one, &other, &third] {
            assert_eq!((answer.status, &answer.text), (StatusCode::CREATED, &one.text));
        }
    }
}

#[tokio::test]
async fn without_a_worker_the_answer_comes_in_time_and_the_clinic_later() {
    let mut site = Site::new("template").await;
    let _server = site.server(1).await;
    let body = World::registration("later");
    let email = body["email"].as_str().unwrap();
    let answer = register(&site.world, &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.json);
    assert_eq!(
        (&answer.json["clinicProvisioned"], &answer.json["company"]["status"]),
        (&json!(false), &json!("pending"))
    );
    let clinic = clinic_of(&answer);
    assert_eq!((site.left_of(clinic).await, site.mailed_tokens(email).len()), ((0, 0), 0), "control: no worker");

    let _worker = site.worker().await;
    until("active", async || (site.status(clinic).await == "active").then_some(())).await;
    site.is_of_use_to(email).await;
}
