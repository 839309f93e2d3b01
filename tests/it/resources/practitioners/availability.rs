//! Hours and absences: what each kind needs, which hours exclude each other, and whose they are.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{doctor, is, path_of};
use crate::support::{Answer, Clinic, Person, World};

fn hours(practitioner: Uuid) -> String {
    format!("{}/availability", path_of(practitioner))
}

fn pointers(answer: &Answer) -> Vec<&str> {
    let errors = answer.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect()
}

/// Weekly hours; `further` is put over them.
fn weekly(weekday: u8, starts: &str, ends: &str, further: Value) -> Value {
    let mut body = json!({ "kind": "weekly", "weekday": weekday, "starts": starts, "ends": ends });
    if let Value::Object(further) = further {
        body.as_object_mut().unwrap().extend(further);
    }
    body
}

async fn enter(who: &Person<'_>, practitioner: Uuid, body: &Value) -> (u16, String) {
    let answer = who.post(&hours(practitioner), body).await;
    (answer.status.as_u16(), answer.code().to_owned())
}

#[tokio::test]
async fn hours_are_entered_listed_changed_and_truly_deleted() {
    let world = World::start().await;
    let clinic = world.clinic("hours").await;
    let (me, practitioner) = (&clinic.admin, clinic.practitioner("Hours").await);
    let made = me.post(&hours(practitioner), &weekly(1, "08:30", "12:00", json!({ "reason": "Mornings" }))).await;
    assert_eq!((made.status.as_u16(), &made.json["practitionerId"]), (201, &json!(practitioner)), "{made:?}");
    let path = made.header("location").to_owned();
    assert_eq!(me.get(&path).await.json, made.json);
    let away = json!({ "kind": "absence", "validFrom": "2026-03-02", "validUntil": "2026-03-06" });
    let extra = json!({ "kind": "extra", "validFrom": "2026-02-28", "validUntil": "2026-02-28", "starts": "09:00", "ends": "11:00" });
    for body in [&away, &extra] {
        assert_eq!(enter(me, practitioner, body).await.0, 201, "{body}");
    }
    let kinds = async |query: &str| {
        let page = me.get(&format!("{}?{query}", hours(practitioner))).await;
        let rows = page.json["data"].as_array().unwrap_or_else(|| panic!("{page:?}")).clone();
        rows.iter().map(|row| row["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds("").await, ["weekly", "absence", "extra"]);
    assert_eq!(kinds("kind=absence").await, ["absence"]);
    assert_eq!(kinds("from=2026-03-01&to=2026-03-02").await, ["weekly", "absence"]);
    assert_eq!(kinds("from=2026-03-07").await, ["weekly"]);
    let first = me.get(&format!("{}?limit=2", hours(practitioner))).await;
    assert_eq!(kinds(&format!("limit=2&cursor={}", first.json["nextCursor"].as_str().unwrap())).await, ["extra"]);

    let changed = me.patch(&path, &json!({ "ends": "12:30", "reason": null })).await;
    assert_eq!(
        (changed.status.as_u16(), &changed.json["ends"], changed.json.get("reason")),
        (200, &json!("12:30"), None)
    );
    assert_eq!(me.delete(&path).await.status, 204);
    assert_eq!(me.get(&path).await.status, 404);
    assert_eq!(me.get(&hours(Uuid::now_v7())).await.status, 404, "nobody's");
    let count = "SELECT count(*) FROM practitioner_availability WHERE kind = 'weekly'";
    assert_eq!(clinic.database().await.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn each_kind_has_what_it_needs_and_nothing_else() {
    let world = World::start().await;
    let clinic = world.clinic("hours").await;
    let (me, practitioner) = (&clinic.admin, clinic.practitioner("Hours").await);
    for (body, wrong) in [
        (json!({ "kind": "weekly" }), &["/weekday", "/starts", "/ends"][..]),
        (weekly(1, "12:00", "12:00", json!({})), &["/ends"]),
        (weekly(1, "08:00", "12:00", json!({ "intervalWeeks": 2 })), &["/validFrom"]),
        (
            weekly(1, "08:00", "12:00", json!({ "validFrom": "2026-02-02", "validUntil": "2026-02-01" })),
            &["/validUntil"],
        ),
        (weekly(8, "08:00", "12:00", json!({})), &["/weekday"]),
        (weekly(1, "8:00", "24:00", json!({})), &["/ends", "/starts"]),
        (json!({ "kind": "extra", "starts": "08:00", "ends": "12:00" }), &["/validFrom", "/validUntil"]),
        (json!({ "kind": "extra", "validFrom": "2026-02-02", "validUntil": "2026-02-02" }), &["/starts", "/ends"]),
        (
            json!({ "kind": "absence", "validFrom": "2026-02-02", "validUntil": "2026-02-02", "starts": "08:00" }),
            &["/ends"],
        ),
        (
            json!({ "kind": "absence", "validFrom": "2026-02-02", "validUntil": "2026-02-02", "weekday": 1 }),
            &["/weekday"],
        ),
        (
            json!({ "kind": "absence", "validFrom": "2026-02-02", "validUntil": "2026-02-02", "intervalWeeks": 2 }),
            &["/intervalWeeks"],
        ),
    ] {
        let refused = me.post(&hours(practitioner), &body).await;
        let mut pointers = pointers(&refused);
        assert_eq!(refused.status, 422, "{body}: {refused:?}");
        if wrong == ["/ends", "/starts"] {
            pointers.sort_unstable();
        }
        assert_eq!(pointers, wrong, "{body}");
    }
    let made = me.post(&hours(practitioner), &weekly(1, "08:00", "12:00", json!({}))).await;
    assert_eq!(made.status, 201, "control");
    let refused = me.patch(made.header("location"), &json!({ "starts": null })).await;
    assert_eq!((refused.status.as_u16(), pointers(&refused)), (422, vec!["/starts"]), "the result is held to the same");
}

#[tokio::test]
async fn weekly_hours_exclude_each_other_in_the_weeks_that_both_have() {
    let world = World::start().await;
    let clinic = world.clinic("hours").await;
    let me = &clinic.admin;
    // The first is there; the second comes. Mondays; 2026-01-05 is one, and the first of the alternation.
    let every = json!({});
    let second = |from: &str| json!({ "intervalWeeks": 2, "validFrom": from });
    let third = |from: &str| json!({ "intervalWeeks": 3, "validFrom": from });
    let (taken, free) = ((409, "hours_overlap".to_owned()), (201, String::new()));
    for (first, other, expected) in [
        (weekly(1, "08:00", "12:00", every.clone()), weekly(1, "11:00", "14:00", every.clone()), &taken),
        (weekly(1, "08:00", "12:00", every.clone()), weekly(1, "09:00", "10:00", every.clone()), &taken),
        (weekly(1, "08:00", "12:00", every.clone()), weekly(1, "12:00", "14:00", every.clone()), &free),
        (weekly(1, "08:00", "12:00", every.clone()), weekly(2, "08:00", "12:00", every.clone()), &free),
        (weekly(1, "08:00", "12:00", every.clone()), weekly(1, "08:00", "12:00", second("2026-01-05")), &taken),
        // One week and the other; what is said of a Wednesday counts from that week's Monday.
        (weekly(1, "08:00", "12:00", second("2026-01-05")), weekly(1, "08:00", "12:00", second("2026-01-12")), &free),
        (weekly(1, "08:00", "12:00", second("2026-01-05")), weekly(1, "08:00", "12:00", second("2026-01-14")), &free),
        (weekly(1, "08:00", "12:00", second("2026-01-05")), weekly(1, "08:00", "12:00", second("2026-01-21")), &taken),
        (weekly(1, "08:00", "12:00", second("2026-01-05")), weekly(1, "08:00", "12:00", second("2024-01-08")), &taken),
        // Every second and every third week meet each sixth.
        (weekly(1, "08:00", "12:00", second("2026-01-05")), weekly(1, "08:00", "12:00", third("2026-01-12")), &taken),
        (
            weekly(1, "08:00", "12:00", second("2026-01-05")),
            weekly(
                1,
                "08:00",
                "12:00",
                json!({ "intervalWeeks": 3, "validFrom": "2026-01-12", "validUntil": "2026-02-01" }),
            ),
            &free,
        ),
        // Until a day, and from the next.
        (
            weekly(1, "08:00", "12:00", json!({ "validUntil": "2026-03-01" })),
            weekly(1, "08:00", "12:00", json!({ "validFrom": "2026-03-02" })),
            &free,
        ),
        (
            weekly(1, "08:00", "12:00", json!({ "validUntil": "2026-03-02" })),
            weekly(1, "08:00", "12:00", json!({ "validFrom": "2026-03-02" })),
            &taken,
        ),
        // Days that both have, but no Monday among them.
        (
            weekly(1, "08:00", "12:00", json!({ "validUntil": "2026-03-04" })),
            weekly(1, "08:00", "12:00", json!({ "validFrom": "2026-03-03" })),
            &free,
        ),
    ] {
        let practitioner = clinic.practitioner("Hours").await;
        assert_eq!(&enter(me, practitioner, &first).await, &free);
        assert_eq!(&enter(me, practitioner, &other).await, expected, "{first} {other}");
        // It does not matter which was first.
        let practitioner = clinic.practitioner("Hours").await;
        assert_eq!(&enter(me, practitioner, &other).await, &free);
        assert_eq!(&enter(me, practitioner, &first).await, expected, "{other} {first}");
    }
    let practitioner = clinic.practitioner("Hours").await;
    let morning = me.post(&hours(practitioner), &weekly(1, "08:00", "12:00", json!({}))).await;
    let afternoon = me.post(&hours(practitioner), &weekly(1, "13:00", "17:00", json!({}))).await;
    let path = afternoon.header("location");
    assert_eq!(is(&me.patch(path, &json!({ "starts": "11:30" })).await), (409, "hours_overlap"), "nor by a change");
    assert_eq!(me.patch(path, &json!({ "starts": "12:00" })).await.status, 200);
    assert_eq!(
        me.patch(morning.header("location"), &json!({ "starts": "07:00" })).await.status,
        200,
        "it is not in its own way"
    );
}

#[tokio::test]
async fn of_fifty_overlapping_hours_that_are_entered_at_once_one_is_taken() {
    let world = World::start().await;
    let clinic = world.clinic("hours-race").await;
    let (me, practitioner) = (&clinic.admin, clinic.practitioner("Hours").await);
    let bodies: Vec<Value> = (0..50).map(|minute| weekly(1, &format!("08:{minute:02}"), "12:00", json!({}))).collect();
    let answers = futures_util::future::join_all(bodies.iter().map(|body| enter(me, practitioner, body))).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 1, "{answers:?}");
    let refused = answers.iter().filter(|(status, code)| (*status, code.as_str()) == (409, "hours_overlap"));
    assert_eq!(refused.count(), 49, "{answers:?}");
}

#[tokio::test]
async fn practitioners_enter_change_and_delete_their_own_hours_only() {
    let world = World::start().await;
    let clinic: Clinic<'_> = world.clinic("hours-own").await;
    let (me, _, mine) = doctor(&world, &clinic, "Mine").await;
    let other = clinic.practitioner("Other").await;
    let theirs = clinic.weekly(other, 1, "08:00", "12:00").await;
    let body = weekly(1, "14:00", "16:00", json!({}));
    let own = me.post(&hours(mine), &body).await;
    assert_eq!(own.status, 201, "{own:?}");
    assert_eq!(me.patch(own.header("location"), &json!({ "ends": "17:00" })).await.status, 200);
    assert_eq!(is(&me.post(&hours(other), &body).await), (403, "forbidden"));
    let path = format!("/api/v1/availability/{theirs}");
    assert_eq!(me.get(&path).await.status, 200);
    assert_eq!(is(&me.patch(&path, &json!({ "ends": "13:00" })).await), (403, "forbidden"));
    assert_eq!(is(&me.delete(&path).await), (403, "forbidden"));
    assert_eq!(me.get(&path).await.json["version"], 1, "nothing happened");
    assert_eq!(me.delete(own.header("location")).await.status, 204, "control");
}
