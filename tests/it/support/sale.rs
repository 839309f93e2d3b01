//! What a clinic sells: categories and products by their operations, and appointments, laid by hand, with items to agree to.

use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Clinic, Person};

impl Clinic<'_> {
    /// An appointment of a patient and a practitioner of its own, which begins at this time (RFC 3339).
    pub async fn consultation(&self, starts: &str) -> Uuid {
        let (patient, practitioner) = (self.patient("Consulted").await, self.practitioner("Consultant").await);
        let patient: Uuid = patient["id"].as_str().unwrap().parse().unwrap();
        let insert = "INSERT INTO appointments (id, patient_id, practitioner_id, starts_at, ends_at, created_by)
                      VALUES ($1, $2, $3, $4::text::timestamptz, $4::text::timestamptz + interval '30 minutes', gen_random_uuid())";
        self.lay(insert, &[&patient, &practitioner, &starts]).await
    }

    /// Makes something as the administrator.
    pub async fn make(&self, path: &str, body: &Value) -> Value {
        made(self.admin.post(path, body).await)
    }

    /// A category below another, or at the top.
    pub async fn category(&self, name: &str, parent: Option<&Value>) -> Value {
        let mut body = json!({ "name": name });
        if let Some(parent) = parent {
            body["parentId"] = parent["id"].clone();
        }
        self.make("/api/v1/categories", &body).await
    }

    /// A product that costs this much.
    pub async fn product(&self, name: &str, cents: i64, tax: &str) -> Value {
        let body = json!({ "kind": "product", "name": name, "unitPriceCents": cents, "taxCategory": tax });
        self.make("/api/v1/products", &body).await
    }

    /// An item that is proposed at an appointment.
    pub async fn proposal(&self, appointment: Uuid, body: &Value) -> Value {
        self.make(&format!("/api/v1/appointments/{appointment}/items"), body).await
    }

    /// And one that the patient has accepted.
    pub async fn agreement(&self, appointment: Uuid, body: &Value) -> Value {
        let item = self.proposal(appointment, body).await;
        step(&self.admin, &item, "accept").await.json
    }
}

/// What was made.
pub fn made(answer: Answer) -> Value {
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.json
}

/// Takes a step of an item's path.
pub async fn step(who: &Person<'_>, item: &Value, step: &str) -> Answer {
    who.post(&format!("/api/v1/appointment-items/{}/{step}", item["id"].as_str().unwrap()), &json!({})).await
}
