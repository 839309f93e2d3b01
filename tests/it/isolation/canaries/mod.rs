//! One wall taken away at a time, from a clinic of the test's own: what then notices, and that the others hold.
//!
//! A probe tells whether something stands that ought to. The table says of each wall which probes notice its absence; all others must go on
//! as before. Above all none may let another clinic in: `Foreign` is among the noticing ones nowhere. Walls that are Rust are taken away by
//! `scripts/mutants`; those of the pools and of routing also in `layers` and `tokens`.

mod walls;

use reqwest::{Method, StatusCode};
use tokio_postgres::Client;

use self::walls::WALLS;
use super::by_hand::{
    ADMIN, Hand, PRACTITIONER, SECRETARY, Treasure, credentials, login, now, refused, rows, send, session_roles,
    treasure, try_connect,
};
use crate::provisioning::schema::dump;
use crate::support::{Clinic, World, admin_client};

/// What can be asked of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probe {
    /// The catalogue says the same of this clinic's database as of another's.
    Catalogue,
    /// Its database lets its own login in and nobody else.
    Doors,
    /// Its login has the attributes, limits and roles that another clinic's has.
    Login,
    /// No row without a context, nor with one that is forged, another clinic's, another role's or over.
    Context,
    /// No plan either.
    Plans,
    /// Jobs may what the matrix says: a secretary reads no record.
    Jobs,
    /// Nothing runs text, changes settings or looks at others.
    Server,
    /// Each change leaves a row in the trail.
    Trail,
    /// And the row stays.
    Kept,
    /// No row of another clinic is written, whoever writes.
    Rows,
    /// The clinic is served.
    Served,
    /// Another clinic, with all that it has, gets nothing: by the API, and by its login and its key.
    Foreign,
}

use Probe::{Catalogue, Context, Doors, Foreign, Jobs, Kept, Login, Plans, Rows, Served, Server, Trail};

const PROBES: [Probe; 12] = [Catalogue, Doors, Login, Context, Plans, Jobs, Server, Trail, Kept, Rows, Served, Foreign];

const NAMES: &str = "SELECT last_name FROM patients";

/// A clinic with something to take, and one that would.
struct Stage<'a> {
    world: &'a World,
    a: &'a Clinic<'a>,
    b: &'a Clinic<'a>,
    treasure: &'a Treasure,
}

impl Stage<'_> {
    /// Whether what a probe asks for stands.
    async fn stands(&self, probe: Probe) -> bool {
        let Self { world, a, b, .. } = *self;
        // Anew each time: nothing is to stand because it was remembered.
        let (hand, other) = (Hand::of(world, a).await, Hand::of(world, b).await);
        let admin = a.database().await;
        match probe {
            Catalogue => dump(&world.admin, a.id).await == dump(&world.admin, b.id).await,
            Doors => self.doors(&admin).await == "A=c A-login",
            Login => self.login(&admin, a).await == self.login(&admin, b).await,
            Context => contexts(&hand, &other, a).await.iter().all(Result::is_err),
            Plans => {
                let unsigned = format!("BEGIN; SET LOCAL ROLE {ADMIN}; SET LOCAL search_path = {}, pg_temp", hand.name);
                hand.after(&unsigned, &format!("EXPLAIN {NAMES}")).await == refused("MP001")
            }
            Jobs => {
                hand.run(SECRETARY, "SELECT title FROM medical_records").await == refused("42501")
                    && hand.run(PRACTITIONER, "SELECT title FROM medical_records").await == rows(["Secret of Abelard"])
            }
            Server => {
                let mut refusals = true;
                for attempt in [
                    "SELECT set_config('app.ctx', '', true)",
                    "SELECT query_to_xml('SELECT 1', true, true, '')",
                    "SELECT datname FROM pg_database",
                    "CREATE TEMP TABLE t (x int)",
                    "SET LOCAL ROLE medicalpro_owner",
                    "SELECT * FROM app.context_key",
                ] {
                    refusals &= hand.run(ADMIN, attempt).await == refused("42501");
                }
                refusals
            }
            Trail => {
                let change = "UPDATE patients SET notes = 'x'; SELECT count(*) > 0 FROM audit_logs WHERE action = 'update' AND at >= transaction_timestamp()";
                hand.run(ADMIN, change).await == rows(["t"])
            }
            Kept => send(&admin, "BEGIN; DELETE FROM audit_logs").await == refused("MP007"),
            Rows => {
                let foreign = format!(
                    "INSERT INTO patients (company_id, patient_number, first_name, last_name, sort_name)
                     VALUES ('{}', 'N-1', 'X', 'X', 'x'); SELECT 1 / 0",
                    b.id
                );
                send(&admin, &foreign).await == refused("23514")
            }
            Served => {
                let answer = a.admin.get("/api/v1/patients").await;
                answer.status == StatusCode::OK && answer.json["data"][0]["lastName"] == "Abelard"
            }
            Foreign => self.nothing_to_another_clinic(&other).await,
        }
    }

    /// Who may enter, by the catalogue and by trying.
    async fn doors(&self, admin: &Client) -> String {
        let (a, b) = (self.a.id.database_name(), self.b.id.database_name());
        let sql = "SELECT string_agg(COALESCE(r.rolname::text, 'PUBLIC') || '=' || lower(left(x.privilege_type, 1)), ' ' ORDER BY 1)
                     FROM pg_database d CROSS JOIN LATERAL aclexplode(d.datacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
                    WHERE d.datname = $1 AND x.grantee <> d.datdba AND COALESCE(r.rolname, '') <> 'medicalpro_backup'";
        let granted: String = admin.query_one(sql, &[&a]).await.unwrap().get(0);
        let mut entered = String::new();
        for (clinic, name) in [(self.a, "A-login"), (self.b, "B-login")] {
            if try_connect(&login(&credentials(self.world, clinic.id).await, &a)).await.is_ok() {
                entered.push_str(name);
            }
        }
        format!("{} {entered}", granted.replace(&a, "A").replace(&b, "B"))
    }

    /// What the server says of a clinic's login.
    async fn login(&self, admin: &Client, clinic: &Clinic<'_>) -> String {
        let name = clinic.id.database_name();
        let sql = "SELECT concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls,
                                    r.rolconnlimit, r.rolconfig,
                                    (SELECT string_agg(g.rolname::text || m.admin_option::text, ',' ORDER BY g.rolname) FROM pg_auth_members m
                                       JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid))
                     FROM pg_roles r WHERE r.rolname = $1";
        admin.query_one(sql, &[&name]).await.unwrap().get(0)
    }

    /// Whether another clinic, with its tokens, its login and its key, is told nothing of what is here.
    async fn nothing_to_another_clinic(&self, other: &Hand) -> bool {
        let Self { world, a, b, treasure } = *self;
        let mut told = Vec::new();
        let list = b.admin.get("/api/v1/patients").await;
        assert_eq!(list.json["data"][0]["lastName"], "Bernard", "control: it is served");
        told.push(list.text);
        for (method, path) in [
            (Method::GET, format!("/api/v1/patients/{}", treasure.patient)),
            (Method::DELETE, format!("/api/v1/patients/{}", treasure.patient)),
            (Method::GET, format!("/api/v1/practitioners/{}", treasure.practitioner)),
        ] {
            let answer = b.admin.request(method, &path, &[("if-match", "\"1\"")], None).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            told.push(answer.text);
        }
        // Its login, where it is let in: with its own context, one that it signs for A, and none.
        if let Ok(inside) = try_connect(&login(&credentials(world, b.id).await, &a.id.database_name())).await {
            let schema = a.id.database_name();
            for role in session_roles() {
                let signs = |clinic| other.key.sign(clinic, role, other.user, now());
                for context in [signs(b.id), signs(a.id), String::new()] {
                    for query in [NAMES, "SELECT title FROM medical_records", "EXPLAIN SELECT * FROM patients"] {
                        let opening = format!(
                            "BEGIN; SET LOCAL ROLE {role}; SET LOCAL search_path = {schema}, pg_temp; SET LOCAL app.ctx = '{context}'"
                        );
                        let outcome = send(&inside, &format!("{opening}; {query}")).await;
                        inside.batch_execute("ROLLBACK").await.unwrap();
                        told.extend(outcome.into_iter().flatten());
                    }
                }
            }
        }
        !told.iter().any(|told| told.contains("Abelard") || told.contains("patients_"))
    }
}

/// What A's own connection answers to contexts that are not for it.
async fn contexts(hand: &Hand, other: &Hand, a: &Clinic<'_>) -> Vec<super::by_hand::Outcome> {
    assert_eq!(hand.run(ADMIN, NAMES).await, rows(["Abelard"]), "control");
    let genuine = hand.context(ADMIN);
    let mut outcomes = Vec::new();
    for context in [
        String::new(),
        "garbage".to_owned(),
        other.context(ADMIN),
        other.key.sign(a.id, ADMIN, hand.user, now()),
        format!("{}0", &genuine[..genuine.len() - 1]),
        hand.key.sign(other.clinic, ADMIN, hand.user, now()),
        hand.key.sign(a.id, SECRETARY, hand.user, now()),
        hand.key.sign(a.id, ADMIN, hand.user, now() - 120),
    ] {
        if context != genuine {
            outcomes.push(hand.after(&hand.opening(ADMIN, &context), NAMES).await);
        }
    }
    outcomes
}

#[tokio::test]
async fn a_wall_that_is_taken_away_is_noticed_and_the_others_hold() {
    let world = World::start().await;
    let (a, b) = (world.clinic("canary").await, world.clinic("thief").await);
    let (hand, other) = (Hand::of(&world, &a).await, Hand::of(&world, &b).await);
    let treasure_a = treasure(&a, &hand, "Abelard").await;
    treasure(&b, &other, "Bernard").await;
    drop((hand, other));
    let stage = Stage { world: &world, a: &a, b: &b, treasure: &treasure_a };
    let admin = admin_client(&world.admin, &a.id.database_name()).await;
    let limit = "SELECT rolconnlimit::text FROM pg_roles WHERE rolname = $1";
    let limit: String = admin.query_one(limit, &[&a.id.database_name()]).await.unwrap().get(0);
    let mut words = vec![("{a}", a.id.database_name()), ("{b}", b.id.database_name()), ("{limit}", limit)];
    for (word, function) in [("{app.tenant}", "app.tenant"), ("{app.verified_context}", "app.verified_context")] {
        let row = admin.query_one("SELECT pg_get_functiondef($1::text::regproc)", &[&function]).await.unwrap();
        words.push((word, row.get(0)));
    }
    let run = async |sql: &str| {
        let sql = words.iter().fold(sql.to_owned(), |sql, (word, text)| sql.replace(word, text));
        admin.batch_execute(&format!("SET search_path = {}; {sql}", a.id.database_name())).await.expect(&sql);
    };
    let noticing = async || {
        let mut noticing = Vec::new();
        for probe in PROBES {
            if !stage.stands(probe).await {
                noticing.push(probe);
            }
        }
        noticing
    };
    assert_eq!(noticing().await, Vec::<Probe>::new(), "control: all stand");
    let mut wrong = Vec::new();
    for wall in WALLS {
        run(wall.down).await;
        let noticed = noticing().await;
        run(wall.up).await;
        if noticed != wall.noticed || noticed.is_empty() || noticed.contains(&Foreign) {
            wrong.push(format!("{}: noticed by {noticed:?}, not {:?}", wall.name, wall.noticed));
        }
    }
    assert_eq!(noticing().await, Vec::<Probe>::new(), "control: all stand again");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
