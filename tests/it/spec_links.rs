//! The spec's links: from what makes something to what can be done with it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::openapi::{operations, resolve, spec};

#[test]
fn what_is_made_leads_to_all_that_can_be_done_with_it() {
    let spec = spec();
    let operations = operations(&spec);
    let found = |id: &str| operations.iter().find(|(.., operation)| operation["operationId"] == id).expect(id);
    let mut led_to = BTreeSet::new();
    for (path, _, operation) in operations.iter().filter(|(_, method, _)| method == "post") {
        let made = &operation["responses"]["201"];
        for (id, link) in made["links"].as_object().into_iter().flatten() {
            let (target, _, takes) = found(id);
            assert_eq!(
                (&link["operationId"], &link["parameters"]),
                (&json!(id), &json!({ "id": "$response.body#/id" }))
            );
            assert_eq!(target.matches('{').count(), 1, "{path} to {target}");
            let id_of = |parameter: &&Value| parameter["in"] == "path" && parameter["name"] == "id";
            assert!(takes["parameters"].as_array().unwrap().iter().any(|parameter| id_of(&parameter)), "{target}");
            let schema = resolve(&spec, &made["content"]["application/json"]["schema"]);
            assert_eq!(schema["properties"]["id"]["format"], "uuid", "{path}");
            led_to.insert(id.clone());
        }
    }
    for id in [
        "patients_find",
        "patients_merge",
        "rooms_update",
        "appointments_cancel",
        "documents_find",
        "slot_holds_delete",
    ] {
        assert!(led_to.contains(id), "{id}");
    }
    // What has an id and is led to from nowhere: what nobody makes by one operation, and what takes a deletion or a merger first.
    let alone = operations.iter().filter(|(path, ..)| path.contains("/{id}") && path.matches('{').count() == 1);
    let alone = alone.map(|(.., operation)| operation["operationId"].as_str().unwrap());
    let explained = |id: &&str| {
        let of_others = ["platform_companies_", "staff_", "auth_session_"].iter().any(|of| id.starts_with(of));
        of_others || ["_restore", "_unmerge", "_of_staff"].iter().any(|end| id.ends_with(end))
    };
    assert_eq!(alone.filter(|id| !led_to.contains(*id) && !explained(id)).collect::<Vec<_>>(), Vec::<&str>::new());
}
