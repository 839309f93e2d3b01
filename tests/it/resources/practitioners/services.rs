//! What practitioners offer.

use serde_json::json;
use uuid::Uuid;

use super::path_of;
use crate::support::World;

#[tokio::test]
async fn a_service_is_offered_with_a_duration_of_ones_own_and_offered_no_more() {
    let world = World::start().await;
    let (clinic, elsewhere) = (world.clinic("offers").await, world.clinic("offers-other").await);
    let (me, practitioner) = (&clinic.admin, clinic.practitioner("Offers").await);
    let services = format!("{}/services", path_of(practitioner));
    let (checkup, advice) = (clinic.service("checkup", 30).await, clinic.service("advice", 20).await);
    let offer = |service: Uuid| format!("{services}/{service}");

    let offered = me.post(&offer(checkup), &json!({ "durationMinutes": 45 })).await;
    assert_eq!(offered.status, 200, "{offered:?}");
    assert_eq!(offered.json, json!({ "id": checkup, "name": "checkup", "durationMinutes": 45, "usualMinutes": 30 }));
    assert_eq!(me.post(&offer(advice), &json!({})).await.status, 200);
    let anew = me.post(&offer(checkup), &json!({})).await;
    assert_eq!(anew.json, json!({ "id": checkup, "name": "checkup", "usualMinutes": 30 }), "said anew");
    let names = async |query: &str| {
        let page = me.get(&format!("{services}{query}")).await;
        let names: Vec<String> =
            page.json["data"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
        (names, page.json["nextCursor"].as_str().map(str::to_owned))
    };
    assert_eq!(names("").await.0, ["advice", "checkup"]);
    let (first, cursor) = names("?limit=1").await;
    assert_eq!(
        (first, names(&format!("?limit=1&cursor={}", cursor.unwrap())).await.0),
        (vec!["advice".into()], vec!["checkup".into()])
    );

    for unknown in [Uuid::now_v7(), elsewhere.service("theirs", 30).await] {
        assert_eq!(me.post(&offer(unknown), &json!({})).await.status, 404);
    }
    assert_eq!(me.post(&offer(checkup), &json!({ "durationMinutes": 4 })).await.status, 422);
    assert_eq!(me.delete(&offer(checkup)).await.status, 204);
    assert_eq!(me.delete(&offer(checkup)).await.status, 404);
    assert_eq!(names("").await.0, ["advice"]);
}
