//! What is stolen, and what a thief then has: one test a theft, each with what it opens beside what it does not. The thefts of tokens and
//! links are in `sessions`, `links` and `auth::refresh`; what the two processes' logins may do as such, in `process` and `central`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use medicalpro::central::companies::SealedCredentials;
use medicalpro::clinic::{Credentials, LinkKind};
use medicalpro::ids::{Role, UserId};
use medicalpro::secrets::MasterKeys;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio_postgres::{Client, Config};
use uuid::Uuid;

use super::by_hand::{
    ADMIN, Hand, Outcome, credentials, login, refused, rows, sealed, send, session_roles, signed_inside, treasure,
    try_connect,
};
use super::central::{everything, places};
use crate::support::{Clinic, World, api_url, link_token, provisioner_url};

const NAMES: &str = "SELECT last_name FROM patients";

/// What has a name in a clinic's schema.
async fn named(clinic: &Clinic<'_>, kinds: &str) -> Vec<String> {
    let sql = format!(
        "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ({kinds}) ORDER BY relname"
    );
    clinic.database().await.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// An opening without a context: all that a login without its key can write.
fn unsigned(hand: &Hand, role: &str) -> String {
    format!("BEGIN; SET LOCAL ROLE {role}; SET LOCAL search_path = {}, pg_temp", hand.name)
}

#[tokio::test]
async fn a_clinics_login_without_its_key_reads_plans_and_writes_nothing_in_any_table() {
    let world = World::start().await;
    let clinic = world.clinic("stolen-login").await;
    let hand = Hand::of(&world, &clinic).await;
    treasure(&clinic, &hand, "Abelard").await;
    clinic.database().await.batch_execute("ANALYZE").await.unwrap();
    assert_eq!(hand.run(ADMIN, NAMES).await, rows(["Abelard"]), "control: all that is missing is a signature");
    assert!(hand.run(ADMIN, &format!("EXPLAIN {NAMES}")).await.is_ok(), "control");

    let (mut open, mut tried) = (Vec::new(), 0);
    let tables = named(&clinic, "'r', 'p'").await;
    for role in session_roles() {
        let opening = unsigned(&hand, role);
        for table in &tables {
            for attempt in [
                format!("SELECT company_id FROM {table}"),
                format!("SELECT count(*) FROM {table}"),
                format!("EXPLAIN SELECT company_id FROM {table}"),
                format!("INSERT INTO {table} (company_id) VALUES ('{}')", clinic.id),
                format!("UPDATE {table} SET company_id = company_id"),
                format!("DELETE FROM {table}"),
            ] {
                let outcome = hand.after(&opening, &attempt).await;
                // No grant; no context; a column that must be filled, and a row that belongs to nothing (`app.name_patient`), are seen before
                // the policies are.
                if !["42501", "MP001", "23502", "23503"].iter().any(|state| outcome == refused(state)) {
                    open.push(format!("{role}: {attempt}: {outcome:?}"));
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried}");
    assert!(open.is_empty(), "{}", open.join("\n"));
}

#[tokio::test]
async fn a_clinics_login_without_its_key_learns_nothing_of_the_functions_that_it_may_call() {
    let world = World::start().await;
    let clinic = world.clinic("stolen-calls").await;
    let hand = Hand::of(&world, &clinic).await;
    treasure(&clinic, &hand, "Abelard").await;
    let visit = clinic.linked_appointment("Linked").await;
    let functions = "
        SELECT p.proname::text, p.proretset,
               format('app.%I(%s)', p.proname, (SELECT string_agg(
                   CASE t.oid::regtype::text WHEN 'uuid' THEN format('%L::uuid', $1::text) WHEN 'text' THEN '''read''' WHEN 'integer' THEN '10'
                                 ELSE format('NULL::%s', t.oid::regtype) END, ', ' ORDER BY a.n)
                   FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, n) JOIN pg_type t ON t.oid = a.type)),
               ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE r.rolname = ANY ($2) AND has_function_privilege(r.oid, p.oid, 'EXECUTE'))
          FROM pg_proc p
         WHERE p.pronamespace = 'app'::regnamespace AND p.prorettype <> 'trigger'::regtype AND p.prosecdef ORDER BY 1";
    let admin = clinic.database().await;
    let (patient, roles) = (visit.patient.to_string(), session_roles());
    let (mut told, mut tried) = (Vec::new(), 0);
    for row in admin.query(functions, &[&patient, &roles]).await.unwrap() {
        let (name, set, call, roles): (String, bool, String, Vec<String>) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        for role in roles {
            let sql = if set { format!("SELECT * FROM {call}") } else { format!("SELECT {call}") };
            let outcome = hand.after(&unsigned(&hand, &role), &sql).await;
            if outcome != refused("MP001") {
                told.push(format!("{role}: {name}: {call}: {outcome:?}"));
            }
            tried += 1;
        }
    }
    assert!(tried > 40, "control: there are functions: {tried}");
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[tokio::test]
async fn what_a_clinics_login_does_without_its_key_others_do_not_feel() {
    let world = World::start().await;
    let (a, b) = (world.clinic("noisy").await, world.clinic("quiet").await);
    let hand = Hand::of(&world, &a).await;
    // Neither a lock on a table that others wait for, nor a number of its own choosing.
    for role in session_roles() {
        let opening = unsigned(&hand, role);
        for lock in ["ACCESS EXCLUSIVE", "EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE"] {
            let outcome = hand.after(&opening, &format!("LOCK TABLE audit_logs IN {lock} MODE")).await;
            assert_eq!(outcome, refused("42501"), "{role}: {lock}");
        }
        for sequence in named(&a, "'S'").await {
            let outcome = hand.after(&opening, &format!("SELECT setval('{sequence}', 1)")).await;
            assert_eq!(outcome, refused("42501"), "{role}: {sequence}");
            let outcome = hand.after(&opening, &format!("SELECT last_value FROM {sequence}")).await;
            assert_eq!(outcome, refused("42501"), "{role}: {sequence}");
        }
    }
    // It takes numbers out of the sequence, which leaves gaps.
    assert_eq!(hand.after(&unsigned(&hand, ADMIN), "SELECT nextval('patient_number_seq') > 0").await, rows(["t"]));
    assert_eq!(b.admin.get("/api/v1/patients").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_servers_environment_opens_every_clinic_and_leaves_the_trail_as_it_was() {
    let world = World::start().await;
    let (a, b) = (world.clinic("env-a").await, world.clinic("env-b").await);
    for (clinic, name) in [(&a, "Abelard"), (&b, "Bernard")] {
        // `Hand` uses what the environment holds: central's login of the server, and the master keys.
        let hand = Hand::of(&world, clinic).await;
        treasure(clinic, &hand, name).await;
        assert_eq!(hand.run(ADMIN, NAMES).await, rows([name]), "it is what the server is");
        // What it writes is in the trail, in the name that it signs; and there it stays.
        let count = "SELECT count(*) FROM audit_logs WHERE resource = 'closures'";
        let write = "INSERT INTO closures (starts_on, ends_on) VALUES ('2030-01-01', '2030-01-02')";
        assert_eq!(hand.commit(ADMIN, write).await, rows([]));
        assert_eq!(hand.run(ADMIN, count).await, rows(["1"]));
        assert_eq!(hand.run(ADMIN, "DELETE FROM audit_logs").await, refused("42501"));
        // The keys stay where they are, so that they are worth nothing any more once the clinic has others.
        assert_eq!(hand.run(ADMIN, "SELECT * FROM app.context_key").await, refused("42501"));
    }

    // One half of it is worth nothing without the other.
    let other = MasterKeys::parse(&MasterKeys::generate(chrono::NaiveDate::MIN)).unwrap();
    let of_a = sealed(&world, a.id).await;
    assert!(Credentials::open(&other, &of_a).is_err(), "the login without the master keys");
    let api: Config = api_url(&world.admin).parse().unwrap();
    let mut elsewhere = api.clone();
    elsewhere.dbname(a.id.database_name());
    assert_eq!(try_connect(&elsewhere).await.map(drop), Err("42501".to_owned()), "nor is it let in itself");
    // But accounts are its own, and so it comes in by the front door, as anybody it likes.
    let inside = try_connect(&api).await.unwrap();
    let take_over = format!(
        "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE email = '{}') WHERE email = '{}' RETURNING 1",
        b.admin.email, a.admin.email
    );
    assert_eq!(send(&inside, &take_over).await, rows(["1"]), "what it can");
    // The master keys without the login: what they seal must name what exists, by 122 random bits or 74.
    let forged = link_token(LinkKind::Calendar, a.id, Uuid::now_v7(), None);
    let path = |token: &str| format!("/api/v1/calendar.ics?token={token}");
    let nowhere = world.send(Method::GET, &path(&forged), None).await;
    assert!(nowhere.status.is_client_error(), "{nowhere:?}");
    let link = a.calendar_link(a.practitioner("Linked").await).await;
    let genuine = world.send(Method::GET, &path(&link_token(LinkKind::Calendar, a.id, link, None)), None).await;
    assert_eq!(genuine.status, StatusCode::OK, "control: of a link that is there");
}

/// As the owner of what is in a clinic's database, by the pads that lie there.
async fn as_owner(worker: &Client, clinic: &Clinic<'_>, sql: &str) -> Outcome {
    worker.batch_execute("SET ROLE medicalpro_owner").await.unwrap();
    let context = signed_inside(worker, clinic.id, "medicalpro_owner", UserId(Uuid::nil())).await;
    let name = clinic.id.database_name();
    let opening = format!("BEGIN; SET LOCAL search_path = {name}; SET LOCAL app.ctx = '{context}'");
    send(worker, &format!("{opening}; {sql}; COMMIT")).await
}

/// The worker migrates, so that it can become the owner of everything in the databases: its credential is the one to guard.
#[tokio::test]
async fn the_provisioners_login_can_make_itself_the_owner_of_clinics_and_nobody_beyond_them() {
    let world = World::start().await;
    let clinic = world.clinic("stolen-provisioner").await;
    let hand = Hand::of(&world, &clinic).await;
    treasure(&clinic, &hand, "Abelard").await;
    let config: Config = provisioner_url(&world.admin).parse().unwrap();
    let mut inside = config.clone();
    inside.dbname(&hand.name);
    let (worker, central) = (try_connect(&inside).await.unwrap(), try_connect(&config).await.unwrap());

    // By itself it sees nothing there, and the owner is held by the policies; but to the key he has access.
    let table = format!("SELECT last_name FROM {}.patients", hand.name);
    assert_eq!(send(&worker, &table).await, refused("42501"));
    assert_eq!(send(&worker, &format!("SET ROLE medicalpro_owner; {table}")).await, refused("MP001"));
    assert_eq!(as_owner(&worker, &clinic, NAMES).await, rows(["Abelard"]), "what it can");
    let hash = "SET ROLE medicalpro_central_owner; SELECT count(password_hash) > 0 FROM medicalpro_central.users";
    assert_eq!(send(&central, hash).await, rows(["t"]), "what it can");

    // What it cannot: the server and its roles; a password, a sealed value; a token.
    assert_eq!(send(&worker, "RESET ROLE").await, rows([]));
    for beyond in [
        "SELECT pg_read_file('PG_VERSION')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "CREATE ROLE intruder SUPERUSER",
        "ALTER SYSTEM SET log_statement = 'all'",
        "SELECT rolpassword FROM pg_authid",
        "SET ROLE medicalpro_backup",
    ] {
        assert_eq!(send(&worker, beyond).await, refused("42501"), "{beyond}");
    }
    let other = MasterKeys::parse(&MasterKeys::generate(chrono::NaiveDate::MIN)).unwrap();
    assert!(Credentials::open(&other, &sealed(&world, clinic.id).await).is_err(), "without the master keys");
    let mut as_clinic = inside.clone();
    as_clinic.user(&hand.name);
    assert_eq!(try_connect(&as_clinic).await.map(drop), Err("28P01".to_owned()), "its password is not the clinic's");
}

#[tokio::test]
async fn a_dump_of_central_opens_nothing() {
    let world = World::start().await;
    let clinic = world.clinic("dumped").await;
    let person = clinic.person(Role::Practitioner).await;
    let dump = everything(&world).await;
    assert!(!places(&dump, &person.email).is_empty(), "control: who works where is in it");

    // Nothing that opens something stands in it as it is.
    let of_clinic = credentials(&world, clinic.id).await;
    let secrets = [person.token.as_str(), &person.refresh_token, crate::support::PASSWORD];
    for secret in secrets.into_iter().chain([of_clinic.password.expose_secret()]) {
        assert_eq!(places(&dump, secret), Vec::<&str>::new());
    }
    // Nor the key of a clinic's contexts, by which one of its pads would be known.
    let inside = clinic.database().await;
    let pads = "SELECT encode(ipad, 'hex'), encode(opad, 'hex') FROM app.context_key";
    let pads = inside.query_one(pads, &[]).await.unwrap();
    for pad in [pads.get::<_, String>(0), pads.get(1)] {
        assert!(!dump.iter().any(|(_, row)| row.contains(&pad[..32])), "a pad");
    }

    // What is sealed does not open by other keys, nor at another place.
    let other = MasterKeys::parse(&MasterKeys::generate(chrono::NaiveDate::MIN)).unwrap();
    let stored: SealedCredentials = sealed(&world, clinic.id).await;
    assert!(Credentials::open(&other, &stored).is_err());
    let central = world.central().await;
    for column in ["private_key FROM signing_keys", "totp_secret FROM users WHERE totp_secret IS NOT NULL"] {
        let sql = format!("SELECT {}", column.replace(" FROM ", " FROM medicalpro_central."));
        for row in central.query(&sql, &[]).await.unwrap() {
            assert!(row.get::<_, &str>(0).starts_with("v1."), "sealed: {column}");
        }
    }
    // What is hashed is no token: as it stands, in each of its forms.
    let hashes = "SELECT token_hash FROM medicalpro_central.refresh_tokens UNION ALL
                  SELECT token_hash FROM medicalpro_central.one_time_tokens LIMIT 6";
    let mut presented = 0;
    for row in central.query(hashes, &[]).await.unwrap() {
        let hash: &[u8] = row.get(0);
        for token in [hex::encode(hash), URL_SAFE_NO_PAD.encode(hash)] {
            for (path, body) in
                [("refresh", json!({ "refreshToken": token })), ("verify-email", json!({ "token": token }))]
            {
                let answer = world.send(Method::POST, &format!("/api/v1/auth/{path}"), Some(&body)).await;
                assert!(answer.status.is_client_error(), "{path}: {answer:?}");
            }
            let answer = world.request(Method::GET, "/api/v1/patients", Some(&token), &[], None).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            presented += 1;
        }
    }
    assert!(presented > 0, "control: there are hashes");
    let body = json!({ "refreshToken": person.refresh_token });
    let answer = world.send(Method::POST, "/api/v1/auth/refresh", Some(&body)).await;
    assert_eq!(answer.status, StatusCode::OK, "control: the token itself");
}

#[tokio::test]
async fn a_dump_of_one_clinic_signs_for_that_clinic_and_lets_nobody_in() {
    let world = World::start().await;
    let (a, b) = (world.clinic("dump-a").await, world.clinic("dump-b").await);
    let (hand, other) = (Hand::of(&world, &a).await, Hand::of(&world, &b).await);
    treasure(&a, &hand, "Abelard").await;
    treasure(&b, &other, "Bernard").await;
    // What a dump holds of keys: the pads.
    let database = a.database().await;
    let sign = async |claimed: &Clinic<'_>| signed_inside(&database, claimed.id, ADMIN, hand.user).await;
    let own = sign(&a).await;
    assert_eq!(hand.after(&hand.opening(ADMIN, &own), NAMES).await, rows(["Abelard"]), "with A's login: what it can");
    for claimed in [&a, &b] {
        let forged = sign(claimed).await;
        assert_eq!(other.after(&other.opening(ADMIN, &forged), NAMES).await, refused("MP003"), "at B");
    }
    // No login's password is in it.
    let of_a = credentials(&world, a.id).await;
    let tables = named(&a, "'r', 'p'").await;
    for table in tables.iter().map(String::as_str).chain(["app.context_key", "app.refinery_schema_history"]) {
        let found: i64 = database
            .query_one(
                &format!("SELECT count(*) FROM {table} t WHERE t::text LIKE '%' || $1 || '%'"),
                &[&of_a.password.expose_secret()],
            )
            .await
            .unwrap()
            .get(0);
        assert_eq!(found, 0, "{table}");
    }
}

#[tokio::test]
async fn the_backups_login_reads_everything_and_changes_nothing() {
    let world = World::start().await;
    let clinic = world.clinic("stolen-backup").await;
    let hand = Hand::of(&world, &clinic).await;
    treasure(&clinic, &hand, "Abelard").await;
    let backup = clinic.database().await;
    let name = &hand.name;
    let as_backup =
        async |sql: &str| send(&backup, &format!("SET SESSION AUTHORIZATION medicalpro_backup; {sql}")).await;
    assert_eq!(
        as_backup(&format!("SELECT last_name FROM {name}.patients")).await,
        rows(["Abelard"]),
        "it is for dumps"
    );
    for change in [
        format!("UPDATE {name}.patients SET last_name = 'X'"),
        format!("DELETE FROM {name}.audit_logs"),
        "CREATE ROLE intruder".into(),
        "SET ROLE medicalpro_owner".into(),
        "SELECT pg_read_file('PG_VERSION')".into(),
        "ALTER ROLE medicalpro_backup SUPERUSER".into(),
    ] {
        assert_eq!(as_backup(&change).await, refused("42501"), "{change}");
    }
    // No process of ours has it, and no clinic's login becomes it.
    let of_clinic = credentials(&world, clinic.id).await;
    let own = try_connect(&login(&of_clinic, name)).await.unwrap();
    assert_eq!(send(&own, "SET ROLE medicalpro_backup").await, refused("42501"));
}
