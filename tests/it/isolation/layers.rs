//! The layers, each with the other three out of the way: one database and login a clinic; a pool of the clinic's credentials
//! only; the query's signed context. (The third, routing, is in `tokens`.)

use std::time::Duration;

use medicalpro::clinic::Credentials;
use medicalpro::secrets::MasterKeys;
use reqwest::StatusCode;
use serde_json::json;

use super::by_hand::{
    ADMIN, Hand, PRACTITIONER, SECRETARY, connected, credentials, login, now, refused, rows, sealed, treasure,
    try_connect, until, until_connected,
};
use crate::support::{Clinic, MASTER_KEYS, World, admin_client};

const NAMES: &str = "SELECT last_name FROM patients ORDER BY last_name";

#[tokio::test]
async fn layer_1_a_clinics_login_opens_its_own_database_and_no_other() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    let (of_a, of_b) = (credentials(&world, a.id).await, credentials(&world, b.id).await);
    for credentials in [&of_a, &of_b] {
        assert!(try_connect(&login(credentials, &credentials.name)).await.is_ok(), "control: its own");
    }

    let admin = admin_client(&world.admin, "postgres").await;
    let template = medicalpro::provisioning::template::name();
    let closed = ["template0", "medicalpro_clinic_base", &template];
    for (name, state) in
        [(of_b.name.as_str(), "42501"), ("medicalpro_central", "42501"), ("postgres", "42501"), ("template1", "42501")]
            .into_iter()
            .chain(closed.map(|name| (name, "55000")))
    {
        assert_eq!(try_connect(&login(&of_a, name)).await.map(drop), Err(state.to_owned()), "{name}");
        // A closed one tells everybody that it is closed; were it opened, it would still grant nothing.
        let granted = "SELECT has_database_privilege($1, $2, 'CONNECT, TEMP, CREATE')";
        let may: bool = admin.query_one(granted, &[&of_a.name, &name]).await.unwrap().get(0);
        assert!(!may, "{name} grants the clinic's login something");
    }

    let mut mixed = login(&of_a, &of_b.name);
    mixed.user(&of_b.name);
    assert_eq!(try_connect(&mixed).await.map(drop), Err("28P01".to_owned()), "A's password is not B's");
}

#[tokio::test]
async fn layer_2_a_connection_of_as_pool_has_nothing_of_b_whatever_it_is_asked_for() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    let (hand, other) = (Hand::of(&world, &a).await, Hand::of(&world, &b).await);
    treasure(&a, &hand, "Abelard").await;
    treasure(&b, &other, "Bernard").await;
    assert_eq!(hand.run(ADMIN, NAMES).await, rows(["Abelard"]), "control");
    assert_eq!(other.run(ADMIN, NAMES).await, rows(["Bernard"]), "control");

    // Everything of B's that a caller brings along, on a connection of A's.
    let opening_of_b = other.opening(ADMIN, &other.context(ADMIN));
    assert_eq!(hand.after(&opening_of_b, NAMES).await, refused("42P01"), "B's schema is not here");
    let b_name = &other.name;
    assert_eq!(hand.run(ADMIN, &format!("SELECT * FROM {b_name}.patients")).await, refused("42P01"));
    assert_eq!(hand.run(ADMIN, &format!("SELECT * FROM {b_name}.{b_name}.patients")).await, refused("0A000"));
    assert_eq!(hand.run(ADMIN, &format!("SET LOCAL ROLE {b_name}; {NAMES}")).await, refused("42501"), "B's login");
    assert_eq!(hand.run(ADMIN, &format!("SET SESSION AUTHORIZATION {b_name}")).await, refused("42501"));
}

#[tokio::test]
async fn layer_2_the_same_path_gives_each_clinic_its_own_when_asked_for_at_once() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    a.patient("Abelard").await;
    b.patient("Bernard").await;
    let asked = (0..200).map(|n| {
        let (clinic, name) = if n % 2 == 0 { (&a, "Abelard") } else { (&b, "Bernard") };
        async move { (clinic.admin.get("/api/v1/patients").await, name) }
    });
    for (answer, name) in futures_util::future::join_all(asked).await {
        let names: Vec<_> = answer.json["data"].as_array().unwrap().iter().map(|row| &row["lastName"]).collect();
        assert_eq!(names, [&json!(name)]);
    }
}

#[tokio::test]
async fn layer_2_a_pool_is_not_opened_with_credentials_that_were_another_clinics() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    a.patient("Abelard").await;
    b.patient("Bernard").await;
    let keys = MasterKeys::parse(MASTER_KEYS).unwrap();

    let mut renamed = sealed(&world, a.id).await;
    assert!(Credentials::open(&keys, &renamed).is_ok(), "control");
    let of_b = sealed(&world, b.id).await;
    (renamed.name, renamed.user) = (of_b.name.clone(), of_b.user.clone());
    assert!(Credentials::open(&keys, &renamed).is_err(), "A's row that names B's database");
    (renamed.password, renamed.context_key) = (of_b.password.clone(), of_b.context_key.clone());
    assert!(Credentials::open(&keys, &renamed).is_err(), "and bears B's secrets");

    // The same in central, as its administrator could: `epoch` makes the server open the pool anew.
    let central = world.central().await;
    let set = async |sealed: &medicalpro::central::companies::SealedCredentials, epoch: i64| {
        let sql =
            "UPDATE medicalpro_central.companies SET db_password = $2, context_key = $3, epoch = $4 WHERE id = $1";
        central.execute(sql, &[&a.id.0, &sealed.password, &sealed.context_key, &epoch]).await.unwrap();
    };
    let own = sealed(&world, a.id).await;
    set(&of_b, 2).await;
    let answer = until(StatusCode::INTERNAL_SERVER_ERROR, async || a.admin.get("/api/v1/patients").await);
    assert!(!answer.await.text.contains("Bernard"));
    set(&own, 3).await;
    let answer = until(StatusCode::OK, async || a.admin.get("/api/v1/patients").await).await;
    assert_eq!(answer.json["data"][0]["lastName"], "Abelard", "control: with its own, it works again");
}

/// No statement of ours leaves a context behind. Should one, its connection is closed before it is used again after half a minute.
#[tokio::test]
async fn layer_2_a_connection_that_kept_a_context_is_closed_when_it_lay_idle() {
    let world = World::start_with(&["--pool-size", "1"]).await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    let admin = admin_client(&world.admin, "postgres").await;
    let ask = async |clinic: &Clinic<'_>| {
        assert_eq!(clinic.admin.get("/api/v1/patients").await.status, StatusCode::OK);
    };
    // What provisioning and its proof have opened.
    for clinic in [&a, &b] {
        until_connected(&admin, clinic, <[i32]>::is_empty).await;
    }
    // A's connections have a context as soon as they are opened, as if a transaction had left it.
    let leave = format!("ALTER ROLE {} SET app.ctx = 'left'", a.id.database_name());
    admin.batch_execute(&leave).await.unwrap();
    for clinic in [&a, &b] {
        ask(clinic).await;
        ask(clinic).await;
    }
    let (of_a, of_b) = (connected(&admin, &a).await, connected(&admin, &b).await);
    assert_eq!((of_a.len(), of_b.len()), (1, 1), "control");
    tokio::time::sleep(Duration::from_secs(31)).await;
    for clinic in [&a, &b] {
        ask(clinic).await;
    }
    until_connected(&admin, &a, |pids| pids.len() == 1 && pids != of_a).await;
    assert_eq!(connected(&admin, &b).await, of_b, "control: one that kept nothing goes on");
}

#[tokio::test]
async fn layer_4_as_own_connection_shows_rows_to_as_signed_context_only() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    let (hand, other) = (Hand::of(&world, &a).await, Hand::of(&world, &b).await);
    treasure(&a, &hand, "Abelard").await;
    let names = async |context: &str| hand.after(&hand.opening(SECRETARY, context), NAMES).await;
    let genuine = hand.context(SECRETARY);
    assert_eq!(names(&genuine).await, rows(["Abelard"]), "control");

    assert_eq!(names("").await, refused("MP001"), "none");
    for garbage in ["garbage", "|||||", "1|2|3|4|5|6|7", "x|a|b|c|d|e", &genuine[..genuine.len() / 2].replace('|', " ")]
    {
        assert_eq!(names(garbage).await, refused("MP002"), "{garbage}");
    }
    assert_eq!(names(&other.context(SECRETARY)).await, refused("MP003"), "B's");

    // Each field edited, the signature left as it was.
    let fields: Vec<&str> = genuine.split('|').collect();
    let user = medicalpro::ids::UserId::generate().to_string();
    let (later, clinic_b, mac) = ((now() + 3600).to_string(), b.id.to_string(), "0".repeat(64));
    let edits = [(0, "2"), (1, &clinic_b), (2, PRACTITIONER), (3, &user), (4, &later), (5, &mac)];
    for (field, edited) in edits {
        let mut forged = fields.clone();
        forged[field] = edited;
        assert_eq!(names(&forged.join("|")).await, refused("MP003"), "field {field}");
    }
    assert_eq!(names(&genuine.to_uppercase()).await, refused("MP003"), "another spelling");

    // Signed with A's own key, and still not for this database, role or moment.
    let sign = |clinic, role, at| hand.key.sign(clinic, role, hand.user, at);
    assert_eq!(names(&sign(b.id, SECRETARY, now())).await, refused("MP004"));
    assert_eq!(names(&sign(a.id, PRACTITIONER, now())).await, refused("MP005"));
    assert_eq!(names(&sign(a.id, SECRETARY, now() - 61)).await, refused("MP006"), "expired a second ago");
    assert_eq!(names(&sign(a.id, SECRETARY, now())).await, rows(["Abelard"]), "control");
}

#[tokio::test]
async fn layer_4_the_bare_login_has_no_rights_of_its_own() {
    let world = World::start().await;
    let a = world.clinic("a").await;
    let hand = Hand::of(&world, &a).await;
    treasure(&a, &hand, "Abelard").await;
    let context = hand.context(ADMIN);
    let bare = format!("BEGIN; SET LOCAL search_path = {}, pg_temp; SET LOCAL app.ctx = '{context}'", hand.name);
    // Without USAGE on the schema its tables are not even found; by their full name they are, and refused.
    assert_eq!(hand.after(&bare, NAMES).await, refused("42P01"));
    assert_eq!(hand.after(&bare, &format!("SELECT * FROM {}.patients", hand.name)).await, refused("42501"));
    assert_eq!(hand.after(&bare, "SELECT app.tenant(current_user)").await, refused("42501"));
    assert_eq!(hand.run(ADMIN, NAMES).await, rows(["Abelard"]), "control: the same context with its role");
    assert_eq!(
        hand.run(ADMIN, "COMMIT; SELECT current_user = session_user, current_setting('app.ctx')").await,
        rows(["t|"])
    );
}
