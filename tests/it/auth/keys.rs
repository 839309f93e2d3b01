//! The keys that sign access tokens: published before they sign, verifying until their tokens have expired, and replaced at once
//! where one is stolen. Tests that make keys have a PostgreSQL of their own, since all servers of an installation share them.

use std::sync::Arc;

use jsonwebtoken::decode_header;
use medicalpro::auth::signing::rotate;
use medicalpro::central::Central;
use medicalpro::central::signing_keys::Cause;
use medicalpro::secrets::MasterKeys;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{log_in, until};
use crate::support::process::{Process, run};
use crate::support::{Answer, MASTER_KEYS, OwnCluster, PASSWORD, World, own_postgres, prepare, provisioner_url};

const JWKS: &str = "/.well-known/jwks.json";

/// Two servers and two workers on a PostgreSQL of their own.
async fn two_servers() -> (World, World) {
    let (admin, cluster): (_, Option<Arc<OwnCluster>>) = own_postgres().await;
    prepare(&admin).await;
    let one = World::on(admin.clone(), cluster.clone(), &[], &[]).await;
    let other = World::on(admin, cluster, &[], &[]).await;
    (one, other)
}

/// Central as the worker sees it, and the master keys.
fn worker(world: &World) -> (Central, MasterKeys) {
    let tls = medicalpro::database::tls(None).unwrap();
    let central = Central::new(provisioner_url(&world.admin).parse().unwrap(), tls, 4).unwrap();
    (central, MasterKeys::parse(MASTER_KEYS).unwrap())
}

/// The time has come of which this says; the servers are told, as they are of a rotation.
async fn time_passes(world: &World, update: &str) {
    let central = world.central().await;
    central
        .batch_execute(&format!("UPDATE medicalpro_central.signing_keys SET {update}; NOTIFY medicalpro_signing_keys"))
        .await
        .unwrap();
}

/// The ids that a server publishes, newest first.
async fn published(world: &World) -> Vec<String> {
    let keys = world.send(Method::GET, JWKS, None).await;
    assert_eq!(keys.status, StatusCode::OK);
    keys.json["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Waits until a server publishes so many.
async fn publishes_so_many(world: &World, count: usize) -> Vec<String> {
    eventually(async || {
        let keys = published(world).await;
        if keys.len() == count { Ok(keys) } else { Err(keys) }
    })
    .await
}

/// Waits until a server publishes exactly these.
async fn publishes(world: &World, kids: &[&str]) {
    eventually(async || {
        let keys = published(world).await;
        if keys == kids { Ok(()) } else { Err(keys) }
    })
    .await;
}

async fn me(world: &World, token: &str) -> Answer {
    world.request(Method::GET, "/api/v1/auth/me", Some(token), &[], None).await
}

/// A new access token, and the key that signed it.
async fn token(world: &World, email: &str) -> (String, String) {
    let session = log_in(world, email, PASSWORD).await;
    let token = session.json["accessToken"].as_str().unwrap_or_else(|| panic!("{session:?}")).to_owned();
    let kid = decode_header(&token).unwrap().kid.unwrap();
    (token, kid)
}

#[tokio::test]
async fn the_key_set_may_be_kept_for_less_than_a_key_is_published_before_it_signs() {
    let world = World::start().await;
    let keys = world.send(Method::GET, JWKS, None).await;
    let (policy, etag) = (keys.header("cache-control"), keys.header("etag"));
    let seconds: i64 = policy.strip_prefix("public, max-age=").expect(policy).parse().unwrap();
    assert!((1..=medicalpro::auth::signing::AHEAD).contains(&seconds), "{policy}");
    let ask = async |tags: &str| world.request(Method::GET, JWKS, None, &[("if-none-match", tags)], None).await;
    for known in [etag.to_owned(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        let answer = ask(&known).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
        assert_eq!((answer.header("cache-control"), answer.header("etag")), (policy, etag));
    }
    let answer = ask("\"other\"").await;
    assert_eq!((answer.status, answer.json), (StatusCode::OK, keys.json.clone()));
    // Of the other answers none may be kept.
    assert_eq!(world.send(Method::GET, "/api/v1/auth/me", None).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_new_key_is_published_then_signs_and_the_old_one_verifies_until_its_end_on_every_server() {
    let (one, other) = two_servers().await;
    let clinic = one.clinic("rotation").await;
    let email = &clinic.admin.email;
    let (old_token, old) = token(&one, email).await;
    assert_eq!(published(&one).await, [old.as_str()], "of two workers that started, one made a key");

    let (central, keys) = worker(&one);
    let (new, from) = rotate(&central, &keys, Cause::Asked).await.unwrap().unwrap();
    assert!(from > chrono::Utc::now() + chrono::TimeDelta::seconds(90), "it signs later: {from}");
    for server in [&one, &other] {
        publishes(server, &[&new, &old]).await;
        assert_eq!(token(server, email).await.1, old, "it is published before it signs");
    }

    time_passes(&one, &format!("signs_from = now() WHERE kid = '{new}'")).await;
    let mut new_token = String::new();
    for server in [&one, &other] {
        let signed = async || {
            let (token, kid) = token(server, email).await;
            if kid == new { Ok(token) } else { Err(kid) }
        };
        new_token = eventually(signed).await;
    }
    for server in [&one, &other] {
        for token in [&old_token, &new_token] {
            assert_eq!(me(server, token).await.status, StatusCode::OK, "both count");
        }
    }

    // Its tokens have expired by then: this one, made for longer, shows that they count no more, though it was verified a moment ago.
    let overlap =
        "SELECT extract(epoch FROM retired_at - now())::bigint FROM medicalpro_central.signing_keys WHERE kid = $1";
    let overlap: i64 = one.central().await.query_one(overlap, &[&old]).await.unwrap().get(0);
    assert!((601..900).contains(&overlap), "longer than a token lives, and not much: {overlap} s");
    time_passes(&one, &format!("retired_at = now() WHERE kid = '{old}'")).await;
    for server in [&one, &other] {
        let refused = until(StatusCode::UNAUTHORIZED, async || me(server, &old_token).await).await;
        assert_eq!(refused.code(), "token_invalid");
        assert_eq!(me(server, &new_token).await.status, StatusCode::OK, "control");
        publishes(server, &[&new]).await;
    }
}

/// Tries until it is well; there is a bound.
async fn eventually<T, E: std::fmt::Debug>(attempt: impl AsyncFn() -> Result<T, E>) -> T {
    for _ in 0..200 {
        if let Ok(value) = attempt().await {
            return value;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("never: {:?}", attempt().await.err());
}

#[tokio::test]
async fn two_rotations_in_a_row_leave_one_key_without_an_end_and_no_token_unverified() {
    let (one, other) = two_servers().await;
    let clinic = one.clinic("twice").await;
    let (first_token, first) = token(&one, &clinic.admin.email).await;
    let (central, keys) = worker(&one);
    let (second, _) = rotate(&central, &keys, Cause::Asked).await.unwrap().unwrap();
    let (third, _) = rotate(&central, &keys, Cause::Asked).await.unwrap().unwrap();
    for server in [&one, &other] {
        publishes(server, &[&third, &second, &first]).await;
        assert_eq!(me(server, &first_token).await.status, StatusCode::OK);
        assert_eq!(token(server, &clinic.admin.email).await.1, first, "the others' time has not come");
    }
    let unending = "SELECT kid FROM medicalpro_central.signing_keys WHERE retired_at IS NULL";
    let unending: Vec<String> =
        one.central().await.query(unending, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(unending, std::slice::from_ref(&third));
    // Each counts for as long as what it signed: the second signs until the third does.
    let order = "SELECT bool_and(e.retired_at >= l.signs_from + interval '600 seconds')
                   FROM medicalpro_central.signing_keys e JOIN medicalpro_central.signing_keys l ON l.signs_from > e.signs_from
                  WHERE l.kid <> $1 OR e.kid = $2";
    assert!(one.central().await.query_one(order, &[&third, &second]).await.unwrap().get::<_, bool>(0));

    time_passes(&one, &format!("signs_from = now() - interval '1 second' WHERE kid = '{second}'")).await;
    time_passes(&one, &format!("signs_from = now() WHERE kid = '{third}'")).await;
    for server in [&one, &other] {
        eventually(async || {
            let (_, kid) = token(server, &clinic.admin.email).await;
            if kid == third { Ok(()) } else { Err(kid) }
        })
        .await;
    }
}

#[tokio::test]
async fn a_stolen_keys_tokens_are_refused_at_once_on_every_server() {
    let (one, other) = two_servers().await;
    let clinic = one.clinic("stolen").await;
    let (stolen_token, stolen) = token(&one, &clinic.admin.email).await;
    let session = log_in(&one, &clinic.admin.email, PASSWORD).await;
    let (central, keys) = worker(&one);
    let (pending, _) = rotate(&central, &keys, Cause::Asked).await.unwrap().unwrap();
    for server in [&one, &other] {
        publishes(server, &[&pending, &stolen]).await;
        assert_eq!(me(server, &stolen_token).await.status, StatusCode::OK, "control: and it is remembered as verified");
    }

    let settings =
        [("MEDICALPRO_PROVISIONER_URL", &*provisioner_url(&one.admin)), ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS)];
    let (code, out, said) = run(["keys", "rotate", "--now", "--json"], &settings).await;
    assert_eq!(code, 0, "{said}");
    let new = serde_json::from_str::<Value>(&out).unwrap()["kid"].as_str().unwrap().to_owned();
    for server in [&one, &other] {
        let refused = until(StatusCode::UNAUTHORIZED, async || me(server, &stolen_token).await).await;
        assert_eq!(refused.code(), "token_invalid");
        publishes(server, &[&new]).await;
        let (good, kid) = token(server, &clinic.admin.email).await;
        assert_eq!((kid.as_str(), me(server, &good).await.status), (new.as_str(), StatusCode::OK));
    }
    // Nobody is logged out by it: the next refresh brings a token of the new key.
    let refresh = json!({ "refreshToken": session.json["refreshToken"] });
    let refreshed = other.send(Method::POST, "/api/v1/auth/refresh", Some(&refresh)).await;
    assert_eq!(me(&one, refreshed.json["accessToken"].as_str().unwrap()).await.status, StatusCode::OK);

    let (code, out, said) = run(["keys", "rotate"], &settings).await;
    assert_eq!((code, out.contains(" signs from ")), (0, true), "{said}");
    let log = "SELECT detail FROM medicalpro_central.audit_logs WHERE action = 'signing_key_rotated' ORDER BY id";
    let log: Vec<String> = one.central().await.query(log, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(log, ["the first", "by command", "by command, at once", "by command"]);
}

#[tokio::test]
async fn a_key_is_replaced_at_its_age_by_one_of_the_workers_that_see_it() {
    let (admin, cluster) = own_postgres().await;
    prepare(&admin).await;
    let world = World::on(admin, cluster, &[], &[]).await;
    let (central, keys) = worker(&world);
    let age = async |days: i32| {
        let update = format!("created_at = now() - interval '{days} days' WHERE retired_at IS NULL");
        time_passes(&world, &update).await;
    };
    let look = async || {
        let looks = (0..10).map(|_| rotate(&central, &keys, Cause::Age(90)));
        let made = futures_util::future::join_all(looks).await;
        made.into_iter().filter_map(|made| made.unwrap()).count()
    };
    assert_eq!(look().await, 0, "it is new");
    age(89).await;
    assert_eq!(look().await, 0);
    age(90).await;
    assert_eq!(look().await, 1, "of ten at once one makes a key");
    assert_eq!(look().await, 0, "and it is new");
    let before = publishes_so_many(&world, 2).await;

    // A worker looks as it starts.
    age(31).await;
    let again = World::on(world.admin.clone(), None, &[], &["--signing-key-days", "30"]).await;
    assert_eq!(publishes_so_many(&again, 3).await[1..], before);
    assert_eq!(publishes_so_many(&world, 3).await[1..], before, "and the other server hears of it");
}

#[tokio::test]
async fn a_rotation_that_is_killed_changes_nothing() {
    let (admin, cluster) = own_postgres().await;
    prepare(&admin).await;
    let world = World::on(admin, cluster, &[], &[]).await;
    let central = world.central().await;
    let keys =
        "SELECT array_agg((kid, signs_from, retired_at)::text ORDER BY kid) FROM medicalpro_central.signing_keys";
    let before: Vec<String> = central.query_one(keys, &[]).await.unwrap().get(0);

    // It waits for another's lock, and dies waiting, in the middle of its transaction.
    let lock = "SELECT pg_advisory_lock(hashtext('medicalpro signing key'))";
    central.batch_execute(lock).await.unwrap();
    let url = provisioner_url(&world.admin);
    let settings = [("MEDICALPRO_PROVISIONER_URL", &*url), ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS)];
    let process = Process::start(["keys", "rotate"], &settings);
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    eventually(async || match central.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) {
        0 => Err("nobody waits"),
        _ => Ok(()),
    })
    .await;
    process.kill().await;
    central.batch_execute(&lock.replace("_lock", "_unlock")).await.unwrap();
    assert_eq!(central.query_one(keys, &[]).await.unwrap().get::<_, Vec<String>>(0), before);
    assert_eq!(run(["keys", "rotate"], &settings).await.0, 0, "and the next one works");
    publishes_so_many(&world, 2).await;
}

#[tokio::test]
async fn an_unknown_kid_is_looked_up_nowhere_but_in_memory() {
    let (admin, cluster) = own_postgres().await;
    prepare(&admin).await;
    let world = World::on(admin, cluster, &[], &[]).await;
    let clinic = world.clinic("kid").await;
    let (good, kid) = token(&world, &clinic.admin.email).await;
    // Whatever would read the table now fails, and would answer 500.
    world
        .central()
        .await
        .batch_execute("REVOKE SELECT ON medicalpro_central.signing_keys FROM medicalpro_api")
        .await
        .unwrap();
    let [head, body, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    for other in ["unknown-kid-1", "unknown-kid-2"] {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let header = String::from_utf8(engine.decode(head).unwrap()).unwrap().replace(&kid, other);
        assert!(header.contains(other));
        let refused = me(&world, &format!("{}.{body}.{signature}", engine.encode(header))).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "token_invalid"));
    }
    let (fresh, _) = token(&world, &clinic.admin.email).await;
    assert_eq!(me(&world, &fresh).await.status, StatusCode::OK, "control");
}

#[tokio::test]
async fn other_master_keys_than_those_of_the_key_in_use_make_none() {
    let (admin, cluster) = own_postgres().await;
    prepare(&admin).await;
    let world = World::on(admin, cluster, &[], &[]).await;
    let other = MasterKeys::generate(chrono::NaiveDate::MIN);
    let url = provisioner_url(&world.admin);
    let settings = [("MEDICALPRO_PROVISIONER_URL", &*url), ("MEDICALPRO_MASTER_KEYS", &**other)];
    let (code, _, said) = run(["keys", "rotate"], &settings).await;
    assert_eq!((code, said.contains("does not open")), (1, true), "{said}");
    assert_eq!(published(&world).await.len(), 1);
    let settings = [settings[0], ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS)];
    assert_eq!(run(["keys", "rotate"], &settings).await.0, 0, "control");
}
