//! The practice of the demo's first clinic: where it works, who works there, what they offer, and who comes in the next two weeks.
//!
//! Practitioners are entered as not to be booked, and can be once all of theirs is there: one who cannot, and was never changed, is a
//! draft that a killed start left. Its single things are sent with fixed keys, so that sent again they are answered again. Likewise
//! appointments are confirmed once all are booked, the last one first: as long as none was changed, they are a draft.

use anyhow::Context as _;
use chrono::{Days, Utc};
use poem::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Admin, patients};

/// With which the practitioners' numbers, and the notes on the appointments, begin.
const PREFIX: &str = patients::PREFIX;

/// How many appointments there are.
const APPOINTMENTS: usize = 40;
/// The longest of the services: a slot has room for any of them.
const SLOT_MINUTES: i64 = 45;

/// Code, name, category, cents, minutes.
const SERVICES: [(&str, &str, usize, i64, i64); 4] = [
    ("CONS", "Consultation", 0, 3000, 30),
    ("PREM", "Première consultation", 0, 4500, 45),
    ("VACC", "Vaccination", 1, 1500, 15),
    ("BILAN", "Bilan et rééducation", 1, 2800, 45),
];

const CATEGORIES: [(&str, &str); 2] = [("Consultations", "#1565c0"), ("Prévention et soins", "#2e7d32")];

struct Person {
    title: &'static str,
    name: (&'static str, &'static str),
    speciality: &'static str,
    color: &'static str,
    /// Of every day from Monday to Friday.
    blocks: [(&'static str, &'static str); 2],
    /// Every so many weeks.
    weeks: u8,
    /// Of [`SERVICES`].
    offers: &'static [usize],
}

#[rustfmt::skip]
const PEOPLE: [Person; 3] = [
    Person {
        title: "Dr", name: ("Claire", "Fontaine"), speciality: "Médecine générale", color: "#1565c0",
        blocks: [("08:30", "12:15"), ("14:00", "18:30")], weeks: 1, offers: &[0, 1, 2],
    },
    Person {
        title: "Dr", name: ("Julien", "Garnier"), speciality: "Pédiatrie", color: "#ef6c00",
        blocks: [("09:00", "12:45"), ("13:30", "17:15")], weeks: 1, offers: &[0, 1, 2],
    },
    Person {
        title: "Mme", name: ("Nadia", "Benali"), speciality: "Kinésithérapie", color: "#2e7d32",
        blocks: [("08:00", "12:30"), ("14:00", "17:00")], weeks: 2, offers: &[3],
    },
];

impl Person {
    fn body(&self, number: &str, facility: &Value) -> Value {
        let (first, last) = self.name;
        json!({
            "title": self.title, "firstName": first, "lastName": last, "specialities": [self.speciality],
            "registrationNumber": number, "languages": ["fr", "en"], "color": self.color, "facilityId": facility,
            "email": format!("{}@cabinet-du-parc.example", last.to_lowercase()), "active": false,
        })
    }

    /// Those of a week.
    fn hours(&self) -> impl Iterator<Item = Value> {
        let weeks = self.weeks;
        (1..=5).flat_map(move |weekday| {
            self.blocks.map(|(starts, ends)| {
                let mut hours = json!({ "kind": "weekly", "weekday": weekday, "starts": starts, "ends": ends });
                if weeks > 1 {
                    hours["intervalWeeks"] = weeks.into();
                    // The Monday from which weeks are counted.
                    hours["validFrom"] = "2026-01-05".into();
                }
                hours
            })
        })
    }
}

fn number(index: usize) -> String {
    format!("{PREFIX}-P{}", index + 1)
}

/// Makes what is not there yet of `clinic`.
pub(super) async fn make(admin: &Admin<'_>, clinic: &str, say: &(dyn Fn(&str) + Send + Sync)) -> anyhow::Result<()> {
    let mut present = all(admin, "/api/v1/practitioners?limit=200").await?;
    let drafts = present.iter().any(|one| is_demo(one) && one["active"] == false && one["version"] == 1);
    let none = present.is_empty() && all(admin, "/api/v1/practitioners?archived=true&limit=200").await?.is_empty();
    if drafts || none {
        say(&format!("making the demo's practice: {} practitioners of {clinic}", PEOPLE.len()));
        enter(admin).await?;
        present = all(admin, "/api/v1/practitioners?limit=200").await?;
    }
    present.retain(|one| is_demo(one) && one["active"] == true);
    book(admin, clinic, &present, say).await
}

fn is_demo(practitioner: &Value) -> bool {
    (0..PEOPLE.len()).any(|index| practitioner["registrationNumber"] == number(index).as_str())
}

/// Enters the facility, the catalogue and the practitioners.
async fn enter(admin: &Admin<'_>) -> anyhow::Result<()> {
    let address = json!({ "line1": "18 avenue du Parc", "postalCode": "69006", "city": "Lyon", "country": "FR" });
    let facility = json!({ "name": "Cabinet du Parc", "address": address, "email": "accueil@cabinet-du-parc.example" });
    let facility = &admin.once("facility", "/api/v1/facilities", &facility).await?["id"];
    let rooms = format!("/api/v1/facilities/{}/rooms", id(facility)?);
    for name in ["Salle 1", "Salle 2"] {
        admin.once(name, &rooms, &json!({ "name": name })).await?;
    }
    let mut categories = Vec::new();
    for ((name, color), position) in CATEGORIES.into_iter().zip(1..) {
        let category = json!({ "name": name, "color": color, "position": position });
        let key = format!("category-{position}");
        categories.push(admin.once(&key, "/api/v1/categories", &category).await?["id"].clone());
    }
    let mut services = Vec::new();
    for (code, name, category, cents, minutes) in SERVICES {
        let service = json!({
            "kind": "service", "code": code, "name": name, "unitPriceCents": cents, "durationMinutes": minutes,
            "categoryIds": [categories[category]],
        });
        services.push(admin.once(code, "/api/v1/products", &service).await?["id"].clone());
    }
    let mut entered = Vec::new();
    for (index, person) in PEOPLE.iter().enumerate() {
        let number = number(index);
        let one = admin.once(&number, "/api/v1/practitioners", &person.body(&number, facility)).await?;
        let path = format!("/api/v1/practitioners/{}", id(&one["id"])?);
        for (nth, hours) in person.hours().enumerate() {
            admin.once(&format!("{number}-{nth}"), &format!("{path}/availability"), &hours).await?;
        }
        for service in person.offers {
            // Said again, it is said anew.
            let offer = format!("{path}/services/{}", id(&services[*service])?);
            admin.send(StatusCode::OK, Method::POST, &offer, Some(&json!({}))).await?;
        }
        entered.push(path);
    }
    for path in entered {
        admin.send(StatusCode::OK, Method::PATCH, &path, Some(&json!({ "active": true }))).await?;
    }
    Ok(())
}

/// Books the demo's patients, if the calendar of the next two weeks is empty, or a draft.
async fn book(
    admin: &Admin<'_>,
    clinic: &str,
    practitioners: &[Value],
    say: &(dyn Fn(&str) + Send + Sync),
) -> anyhow::Result<()> {
    let today = Utc::now().date_naive();
    let (tomorrow, last) = (today + Days::new(1), today + Days::new(14));
    let calendar = all(admin, &format!("/api/v1/appointments?from={today}&to={last}&limit=200")).await?;
    let note = |index: usize| format!("{PREFIX}-{:02}", index + 1);
    let draft =
        |one: &Value| one["version"] == 1 && (0..APPOINTMENTS).any(|index| one["notes"] == note(index).as_str());
    if practitioners.is_empty() || !calendar.iter().all(draft) {
        return Ok(());
    }
    let missing = |index: &usize| calendar.iter().all(|one| one["notes"] != note(*index).as_str());
    let left = (0..APPOINTMENTS).filter(missing).count();
    say(&format!("making the demo's appointments: {left} of {clinic}"));
    let sought = format!("/api/v1/patients?q={}&sort=createdAt&limit=200", patients::PREFIX);
    let patients = all(admin, &sought).await?;
    let of_each = APPOINTMENTS.div_ceil(practitioners.len());
    for (nth, practitioner) in practitioners.iter().enumerate() {
        let who = id(&practitioner["id"])?;
        let range = format!("from={tomorrow}&to={last}&minutes={SLOT_MINUTES}&practitionerId={who}");
        let slots = all(admin, &format!("/api/v1/slots?{range}")).await?;
        let services = all(admin, &format!("/api/v1/practitioners/{who}/services")).await?;
        let mut rooms = match practitioner["facilityId"].as_str() {
            Some(facility) => all(admin, &format!("/api/v1/facilities/{facility}/rooms")).await?,
            None => vec![],
        };
        rooms.retain(|room| room["active"] == true);
        // All over the two weeks.
        let free = slots.iter().step_by((slots.len() / of_each).max(1));
        let indices = (nth..APPOINTMENTS).step_by(practitioners.len());
        for ((round, index), slot) in indices.enumerate().zip(free) {
            // Each has a patient of its own, who is nowhere else then.
            let Some(patient) = patients.get(index).filter(|_| missing(&index)) else { continue };
            let mut appointment = json!({
                "patientId": patient["id"], "practitionerId": who, "startsAt": slot["startsAt"], "notes": note(index),
            });
            // Of each room one practitioner; who is left goes without.
            let room = rooms.get(nth).map(|room| &room["id"]);
            let service = services.get(round % services.len().max(1)).map(|service| &service["id"]);
            let known = slot.get("facilityId").filter(|facility| !facility.is_null());
            for (field, value) in [("roomId", room), ("serviceId", service), ("facilityId", known)] {
                if let Some(value) = value {
                    appointment[field] = value.clone();
                }
            }
            admin.send(StatusCode::CREATED, Method::POST, "/api/v1/appointments", Some(&appointment)).await?;
        }
    }
    let booked = all(admin, &format!("/api/v1/appointments?from={today}&to={last}&sort=-startsAt&limit=200")).await?;
    // The last one first: it is there for as long as any.
    for one in booked.iter().step_by(5) {
        let path = format!("/api/v1/appointments/{}/confirm", id(&one["id"])?);
        admin.send(StatusCode::OK, Method::POST, &path, None).await?;
    }
    Ok(())
}

/// The first page of a list.
async fn all(admin: &Admin<'_>, path: &str) -> anyhow::Result<Vec<Value>> {
    let page = admin.send(StatusCode::OK, Method::GET, path, None).await?;
    page["data"].as_array().cloned().context("not a list")
}

fn id(value: &Value) -> anyhow::Result<&str> {
    value.as_str().context("no id")
}
