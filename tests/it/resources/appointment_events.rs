//! Appointments, heard of as they change.

use std::time::Duration;

use medicalpro::ids::Role;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::attack::tokens::{Forge, claims};
use crate::support::{Answer, Clinic, Person, World};

const EVENTS: &str = "/api/v1/appointments/events";
/// How long a test waits for what is told within a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// A stream of events.
struct Stream {
    response: Response,
    text: String,
}

/// An event, as it came.
#[derive(Debug, PartialEq)]
struct Event {
    name: String,
    id: Option<String>,
    data: Value,
}

impl Stream {
    async fn open(who: &Person<'_>, headers: &[(&str, &str)]) -> Self {
        let response = who.stream(EVENTS, headers).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { response, text: String::new() }
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        let next = async {
            loop {
                while let Some((block, rest)) = self.text.split_once("\n\n") {
                    let (block, rest) = (block.to_owned(), rest.to_owned());
                    self.text = rest;
                    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                    if let Some(name) = field("event: ") {
                        let data = serde_json::from_str(&field("data: ").unwrap()).unwrap();
                        return Some(Event { name, id: field("id: "), data });
                    }
                }
                let chunk = self.response.chunk().await.ok().flatten()?;
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("something is told")
    }

    /// The next change: which appointment, in which version.
    async fn hear(&mut self) -> (Uuid, i64) {
        let event = self.next().await.expect("it goes on");
        assert_eq!(event.name, "appointment");
        (event.data["id"].as_str().unwrap().parse().unwrap(), event.data["version"].as_i64().unwrap())
    }
}

/// Appointments of one practitioner, one an hour.
async fn appointments(clinic: &Clinic<'_>, count: i32) -> Vec<Uuid> {
    let patient: Uuid = clinic.patient("Zq7marker").await["id"].as_str().unwrap().parse().unwrap();
    let practitioner = clinic.practitioner("Events").await;
    let database = clinic.database().await;
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    // Made an hour ago, so that only what a test does is new.
    let insert = "INSERT INTO appointments (patient_id, practitioner_id, created_by, starts_at, ends_at, created_at, updated_at, reason)
                  SELECT $1, $2, $1, at, at + interval '30 minutes', now() - interval '1 hour', now() - interval '1 hour', 'zq7marker'
                    FROM generate_series(1, $3::int) AS n, LATERAL (SELECT timestamptz '2030-01-01Z' + n * interval '1 hour' AS at) AS t
                  RETURNING id";
    let rows = database.query(insert, &[&patient, &practitioner, &count]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// As a request does it: the next version, now.
async fn change(clinic: &Clinic<'_>, ids: &[Uuid], what: &str) {
    let database = clinic.database().await;
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    let update =
        format!("UPDATE appointments SET {what}, version = version + 1, updated_at = now() WHERE id = ANY ($1)");
    assert_eq!(database.execute(&update, &[&ids]).await.unwrap(), ids.len() as u64);
}

async fn count(clinic: &Clinic<'_>, what: &str) -> i64 {
    clinic.database().await.query_one(&format!("SELECT count(*) FROM {what}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_change_is_told_to_all_of_its_clinic_and_to_no_other() {
    // One connection a clinic: none is held between looks.
    let world = World::start_with(&["--pool-size", "1"]).await;
    let (ours, theirs) = (world.clinic("live").await, world.clinic("live-theirs").await);
    let (own, foreign) = (appointments(&ours, 2).await, appointments(&theirs, 1).await);
    let mut here = Stream::open(&ours.admin, &[]).await;
    let mut screen = Stream::open(&ours.person(Role::Readonly).await, &[]).await;
    let mut there = Stream::open(&theirs.admin, &[]).await;

    change(&ours, &own[..1], "status = 'checked_in'").await;
    let told = here.next().await.expect("is told");
    assert_eq!(told, screen.next().await.expect("is told"));
    assert_eq!((told.name.as_str(), told.id.is_some()), ("appointment", true));
    let practitioner = &told.data["practitionerId"];
    let expected = json!({
        "id": own[0], "practitionerId": practitioner, "startsAt": "2030-01-01T01:00:00+00:00", "endsAt": "2030-01-01T01:30:00+00:00",
        "status": "checked_in", "version": 2,
    });
    assert_eq!(told.data, expected, "and nothing of whose it is, or what for");

    change(&ours, &own[1..], "deleted_at = now()").await;
    let told = here.next().await.expect("is told");
    assert_eq!((&told.data["id"], &told.data["deleted"]), (&json!(own[1]), &json!(true)));
    change(&ours, &own[..1], "status = 'completed'").await;
    assert_eq!(here.hear().await, (own[0], 3), "each once, in order");

    // The other clinic has heard nothing: its first event is its own.
    change(&theirs, &foreign, "status = 'confirmed'").await;
    assert_eq!(there.hear().await, (foreign[0], 2));
    // One row a stream, however often was looked.
    assert_eq!(count(&ours, "audit_logs WHERE action = 'list' AND resource = 'appointments'").await, 2);
    assert_eq!(count(&theirs, "audit_logs WHERE action = 'list' AND resource = 'appointments'").await, 1);
}

#[tokio::test]
async fn a_stream_ends_with_the_session_the_role_and_the_clinic_and_others_go_on() {
    let world = World::start().await;
    let clinic = world.clinic("live-ends").await;
    let ids = appointments(&clinic, 1).await;
    let mut other = Stream::open(&clinic.admin, &[]).await;
    let central = world.central().await;
    for (version, end) in (2..).zip(["logout", "role", "suspension"]) {
        let person = clinic.person(Role::Secretary).await;
        let mut stream = Stream::open(&person, &[]).await;
        change(&clinic, &ids, "notes = 'x'").await;
        assert_eq!((stream.hear().await, other.hear().await), ((ids[0], version), (ids[0], version)), "control: {end}");
        match end {
            "logout" => assert_eq!(person.post("/api/v1/auth/logout", &json!({})).await.status, 204),
            "role" => {
                let me = person.get("/api/v1/auth/me").await;
                let user =
                    me.json["user"]["id"].as_str().or(me.json["id"].as_str()).unwrap_or_else(|| panic!("{me:?}"));
                let changed = clinic.admin.patch(&format!("/api/v1/staff/{user}"), &json!({ "role": "nurse" })).await;
                assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
            }
            _ => {
                let suspend = "UPDATE medicalpro_central.companies SET status = 'suspended' WHERE id = $1";
                central.execute(suspend, &[&clinic.id.0]).await.unwrap();
            }
        }
        assert_eq!(stream.next().await, None, "{end}");
    }
    assert_eq!(other.next().await, None, "a suspended clinic's streams all end");
}

#[tokio::test]
async fn a_stream_ends_when_its_token_expires_and_when_a_second_factor_is_asked_for() {
    let world = World::start().await;
    let clinic = world.clinic("live-expires").await;
    let ids = appointments(&clinic, 1).await;
    let mut other = Stream::open(&clinic.admin, &[]).await;
    let mut person = clinic.person(Role::Secretary).await;
    let mut said = claims(&person.token);
    said["exp"] = json!(chrono::Utc::now().timestamp() + 6);
    person.token = Forge::new(&world).await.sign(&said, |_| {});
    let mut stream = Stream::open(&person, &[]).await;
    change(&clinic, &ids, "notes = 'x'").await;
    assert_eq!((stream.hear().await, other.hear().await), ((ids[0], 2), (ids[0], 2)), "control");
    assert_eq!(stream.next().await, None, "its token has expired");
    change(&clinic, &ids, "notes = 'y'").await;
    assert_eq!(other.hear().await, (ids[0], 3), "others go on");

    let require = "UPDATE medicalpro_central.companies SET second_factor_required = true WHERE id = $1";
    world.central().await.execute(require, &[&clinic.id.0]).await.unwrap();
    assert_eq!(other.next().await, None, "who has no second factor is told nothing any more");
}

#[tokio::test]
async fn a_stream_is_taken_up_again_where_it_was_left() {
    let world = World::start().await;
    let clinic = world.clinic("live-again").await;
    let ids = appointments(&clinic, 3).await;
    let mut stream = Stream::open(&clinic.admin, &[]).await;
    change(&clinic, &ids[..1], "status = 'confirmed'").await;
    let last = stream.next().await.expect("is told").id.expect("an id");
    drop(stream);
    change(&clinic, &ids[1..2], "status = 'confirmed'").await;

    let mut anew = Stream::open(&clinic.admin, &[]).await;
    let mut again = Stream::open(&clinic.admin, &[("last-event-id", &last)]).await;
    change(&clinic, &ids[2..], "status = 'confirmed'").await;
    let mut told = Vec::new();
    while told.last() != Some(&(ids[2], 2)) {
        told.push(again.hear().await);
    }
    assert_eq!(told, [(ids[0], 2), (ids[1], 2), (ids[2], 2)], "what was missed, and what came then");
    assert_eq!(anew.hear().await, (ids[2], 2), "control: one that begins hears what comes");
    let replayed = "audit_logs WHERE action = 'list' AND resource = 'appointments' AND cardinality(ids) = 2 AND cardinality(patient_ids) = 1";
    assert_eq!(count(&clinic, replayed).await, 1, "what was told again is on record");

    let old = (chrono::Utc::now() - chrono::TimeDelta::minutes(6)).timestamp_micros().to_string();
    let mut late = Stream::open(&clinic.admin, &[("last-event-id", &old)]).await;
    assert_eq!(late.next().await.expect("is told"), Event { name: "reload".into(), id: None, data: json!({}) });
    for bad in ["", "x", "-1", "12345678901234567"] {
        let refused = Answer::read(clinic.admin.stream(EVENTS, &[("last-event-id", bad)]).await).await;
        assert_eq!(refused.json["errors"][0]["pointer"], "/header/Last-Event-ID", "{bad}");
    }
}

#[tokio::test]
async fn whoever_does_not_read_keeps_nobody_waiting() {
    let world = World::start().await;
    let clinic = world.clinic("live-slow").await;
    let ids = appointments(&clinic, 900).await;
    let asleep = clinic.admin.stream(EVENTS, &[]).await;
    let mut awake = Stream::open(&clinic.admin, &[]).await;
    for version in 2..=8 {
        change(&clinic, &ids, "notes = 'x'").await;
        let mut heard = 0;
        while heard < ids.len() {
            assert_eq!(awake.hear().await.1, version);
            heard += 1;
        }
    }
    drop(asleep);
}

#[tokio::test]
async fn so_many_may_listen_to_a_clinic_and_whoever_leaves_makes_room() {
    let world = World::start().await;
    let (clinic, other) = (world.clinic("live-many").await, world.clinic("live-few").await);
    let mut streams = Vec::new();
    for _ in 0..5 {
        let person = clinic.person(Role::Secretary).await;
        for _ in 0..10 {
            streams.push(Stream::open(&person, &[]).await);
        }
        let own = Answer::read(person.stream(EVENTS, &[]).await).await;
        assert_eq!((own.status, own.code()), (StatusCode::TOO_MANY_REQUESTS, "too_many_listeners"), "by one log-in");
    }
    let refused = Answer::read(clinic.admin.stream(EVENTS, &[]).await).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::TOO_MANY_REQUESTS, "too_many_listeners"));
    Stream::open(&other.admin, &[]).await;
    streams.pop();
    // Whoever has gone is noticed as the next silence is sent.
    for _ in 0..600 {
        if clinic.admin.stream(EVENTS, &[]).await.status() == StatusCode::OK {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody made room");
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let world = World::start().await;
    let clinic = world.clinic("live-stop").await;
    let ids = appointments(&clinic, 1).await;
    let mut stream = Stream::open(&clinic.admin, &[]).await;
    change(&clinic, &ids, "notes = 'x'").await;
    assert_eq!(stream.hear().await, (ids[0], 2), "control: it goes on until then");
    drop(clinic);
    drop(world);
    assert_eq!(stream.next().await, None);
}
