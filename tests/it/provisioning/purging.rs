//! What the worker throws away: of each kind, an old row goes and a younger one stays.

use std::time::Duration;

use medicalpro::app::central_statements;
use medicalpro::ids::Role;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::World;

/// What is purged: what lays a row in, as old as `$1` days, with `$2` to know it by, of the person `$3`; what looks for it; how old
/// goes, if any does, and how old stays.
const KINDS: &[(&str, &str, &str, Option<i32>, i32)] = &[
    (
        "tokens of mails",
        "INSERT INTO one_time_tokens (token_hash, purpose, user_id, created_at, expires_at)
         SELECT sha256($2::uuid::text::bytea), 'password_reset', id, now() - $1::int4 * interval '1 day' - interval '1 hour', now() - $1::int4 * interval '1 day'
           FROM users WHERE email = $3",
        "SELECT count(*) FROM one_time_tokens WHERE token_hash = sha256($1::uuid::text::bytea)",
        Some(8),
        6,
    ),
    (
        "sessions that were ended",
        "WITH session AS (INSERT INTO sessions (id, user_id, company_id, created_at, expires_at, revoked_at, revoked_reason)
              SELECT $2::uuid, u.id, m.company_id, now() - interval '90 days', now() + interval '1 day', now() - $1::int4 * interval '1 day', 'logout'
                FROM users u JOIN memberships m ON m.user_id = u.id WHERE u.email = $3 RETURNING id)
         INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
         SELECT sha256($2::uuid::text::bytea), id, now() FROM session",
        "SELECT (SELECT count(*) FROM sessions WHERE id = $1)
              + (SELECT count(*) FROM refresh_tokens WHERE token_hash = sha256($1::uuid::text::bytea))",
        Some(31),
        29,
    ),
    (
        "sessions that expired",
        "WITH session AS (INSERT INTO sessions (id, user_id, company_id, created_at, expires_at)
              SELECT $2::uuid, u.id, m.company_id, now() - interval '90 days', now() - $1::int4 * interval '1 day'
                FROM users u JOIN memberships m ON m.user_id = u.id WHERE u.email = $3 RETURNING id)
         INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
         SELECT sha256($2::uuid::text::bytea), id, now() FROM session",
        "SELECT (SELECT count(*) FROM sessions WHERE id = $1)
              + (SELECT count(*) FROM refresh_tokens WHERE token_hash = sha256($1::uuid::text::bytea))",
        Some(31),
        29,
    ),
    (
        "used refresh tokens of a session that goes on, by which reuse is known: never",
        "WITH session AS (INSERT INTO sessions (id, user_id, company_id, created_at, expires_at)
              SELECT $2::uuid, u.id, m.company_id, now() - $1::int4 * interval '1 day', now() + interval '1 day'
                FROM users u JOIN memberships m ON m.user_id = u.id WHERE u.email = $3 RETURNING id)
         INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at, used_at, successor_hash)
         SELECT sha256($2::uuid::text::bytea), id, now() - $1::int4 * interval '1 day', now() - $1::int4 * interval '1 day',
                now() - $1::int4 * interval '1 day', sha256('x') FROM session",
        "SELECT count(*) FROM refresh_tokens WHERE token_hash = sha256($1::uuid::text::bytea)",
        None,
        1000,
    ),
    (
        "devices",
        "INSERT INTO devices (id, user_id, token_hash, last_used_at)
         SELECT $2::uuid, id, sha256($2::uuid::text::bytea), now() - $1::int4 * interval '1 day' FROM users WHERE email = $3",
        "SELECT count(*) FROM devices WHERE id = $1",
        Some(401),
        399,
    ),
    (
        "failed log-ins",
        "INSERT INTO login_failures (subject, failures, next_attempt_at, updated_at)
         SELECT sha256($2::uuid::text::bytea), 9, now(), now() - $1::int4 * interval '1 day' + interval '1 minute'
           FROM users WHERE email = $3",
        "SELECT count(*) FROM login_failures WHERE subject = sha256($1::uuid::text::bytea)",
        Some(2),
        1,
    ),
    (
        "mail that was sent",
        "INSERT INTO email_outbox (id, kind, user_id, status, created_at, sent_at)
         SELECT $2::uuid, 'password_changed', id, 'sent', now() - interval '99 days', now() - $1::int4 * interval '1 day' FROM users WHERE email = $3",
        "SELECT count(*) FROM email_outbox WHERE id = $1",
        Some(31),
        29,
    ),
    (
        "mail that was given up",
        "INSERT INTO email_outbox (id, kind, user_id, status, created_at)
         SELECT $2::uuid, 'password_changed', id, 'dead', now() - $1::int4 * interval '1 day' FROM users WHERE email = $3",
        "SELECT count(*) FROM email_outbox WHERE id = $1",
        Some(91),
        89,
    ),
    (
        "mail whose cause was gone",
        "INSERT INTO email_outbox (id, kind, user_id, status, created_at)
         SELECT $2::uuid, 'password_changed', id, 'closed', now() - $1::int4 * interval '1 day' FROM users WHERE email = $3",
        "SELECT count(*) FROM email_outbox WHERE id = $1",
        Some(91),
        89,
    ),
    (
        "keys of registrations",
        "INSERT INTO idempotency_keys (operation, key, request_hash, company_id, created_at)
         SELECT 'auth_register', $2::uuid::text, sha256('x'), m.company_id, now() - $1::int4 * interval '1 day'
           FROM users u JOIN memberships m ON m.user_id = u.id WHERE u.email = $3",
        "SELECT count(*) FROM idempotency_keys WHERE key = $1::uuid::text",
        Some(8),
        6,
    ),
];

#[tokio::test]
async fn of_each_kind_an_old_row_goes_and_a_younger_one_stays() {
    let world = World::start().await;
    let clinic = world.clinic("purging").await;
    let person = clinic.person(Role::Nurse).await;
    let central = world.central().await;
    central.batch_execute("SET search_path = medicalpro_central").await.unwrap();
    let lay = async |statement: &str, days: i32| {
        let id = Uuid::now_v7();
        assert_eq!(central.execute(statement, &[&days, &id, &person.email]).await.unwrap(), 1, "{statement}");
        id
    };
    let mut laid = Vec::new();
    for (kind, insert, look, old, young) in KINDS {
        let mut gone = Vec::new();
        for days in old.iter().flat_map(|days| [*days, days + 300]) {
            gone.push(lay(insert, days).await);
        }
        laid.push((kind, look, gone, lay(insert, *young).await));
    }
    let count = async |look: &str, id: &Uuid| central.query_one(look, &[id]).await.unwrap().get::<_, i64>(0);
    for (kind, look, _, young) in &laid {
        assert!(count(look, young).await > 0, "laid: {kind}");
    }

    // A worker purges as it starts.
    let _another = World::start().await;
    for (kind, look, old, young) in &laid {
        for id in old {
            gone(kind, async || count(look, id).await == 0).await;
        }
        assert!(count(look, young).await > 0, "younger: {kind}");
    }
    // The control: who still works here is still let in.
    assert_eq!(person.get("/api/v1/auth/me").await.status, 200);
}

async fn gone(kind: &str, is_gone: impl AsyncFn() -> bool) {
    for _ in 0..400 {
        if is_gone().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("still there: {kind}");
}

#[tokio::test]
async fn every_purge_finds_its_rows_by_an_index() {
    let world = World::start().await;
    let central = world.central().await;
    central.batch_execute("SET search_path = medicalpro_central; SET enable_seqscan = off").await.unwrap();
    let mut looked_at = 0;
    for statement in central_statements().into_iter().filter(|statement| statement.name.contains("::housekeeping::")) {
        for text in statement.variants() {
            let plan = plan(&central, &text).await;
            assert!(!plan.contains("Seq Scan"), "{}\n{plan}", statement.name);
            looked_at += 1;
        }
    }
    assert!(looked_at >= 8, "{looked_at}");
    // This test can fail: there is no index on this.
    let unindexed = "DELETE FROM email_outbox WHERE attempts > 5";
    assert!(plan(&central, unindexed).await.contains("Seq Scan"));
}

async fn plan(central: &Client, text: &str) -> String {
    let rows = central.query(&format!("EXPLAIN {}", text.replace("$1", "730")), &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}
