//! What the walk needs to know of each operation to make a valid request of it, and who may make it.
//!
//! To add an operation: a line in its resource's file here (a new file: a line in [`entries`]), with how to make its things and bodies
//! beside it, and a line in [`MATRIX`] for a new resource. One without a line, or a line without its operation, fails the walk.

mod appointment_items;
mod appointments;
mod calendar;
mod catalogue;
mod clinic;
mod duplicates;
mod files;
mod links;
mod platform_isolation;
mod practitioners;
mod slots;

use std::fmt;

use futures_util::future::BoxFuture;
use medicalpro::app;
use medicalpro::http::docs::Docs;
use medicalpro::ids::{PlatformRole, Role};
use reqwest::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::tokens::claims;
use super::wire;
use crate::auth::totp::App;
use crate::support::tokens::{self, About};
use crate::support::{Answer, Clinic, PASSWORD, Person, World};

/// Operations that anybody may call. This list only shrinks: what is added to it gives data to strangers.
pub const PUBLIC: [&str; 17] = [
    "auth_confirm_email_change",
    "auth_forgot_password",
    "auth_accept_invitation",
    "auth_invitation",
    "auth_jwks",
    "auth_login",
    "auth_refresh",
    "auth_register",
    "auth_resend_verification",
    "auth_reset_password",
    "auth_verify_email",
    "health_live",
    "health_ready",
    "links_appointment",
    "links_appointment_cancel",
    "links_appointment_confirm",
    "links_calendar",
];

/// API.md, "Roles": R read, W create and change, D delete, for each role in the order of `Role::ALL`.
const MATRIX: &[(&str, [&str; 6])] = &[
    ("appointments", ["RWD", "RWD", "RWD", "RW", "RWD", "R"]),
    ("audit log", ["R", "R", "", "", "", ""]),
    ("calendar links", ["RW", "RW", "RW", "", "RW", ""]),
    ("catalogue", ["RWD", "RWD", "R", "R", "R", "R"]),
    ("clinic", ["RWD", "RWD", "R", "R", "R", "R"]),
    // Those who treat, or run the clinic.
    ("completion", ["W", "W", "W", "W", "", ""]),
    ("documents", ["RWD", "RWD", "RW", "R", "RW", "R"]),
    ("patients", ["RWD", "RWD", "RW", "RW", "RW", "R"]),
    ("practitioners", ["RWD", "RWD", "R", "R", "RW", "R"]),
    ("staff", ["RWD", "RWD", "R", "R", "R", "R"]),
];

/// Who may call an operation.
#[derive(Clone, Copy, Debug)]
pub enum Right {
    /// Whoever has a valid token, or nobody in particular.
    Everybody,
    /// Whose role has this letter in this row of [`MATRIX`].
    Of(&'static str, char),
    /// One of the platform's own people, and nobody of a clinic.
    Operator,
}

impl Right {
    pub fn includes(self, role: Role) -> bool {
        let (resource, letter) = match self {
            Self::Everybody => return true,
            Self::Of(resource, letter) => (resource, letter),
            Self::Operator => return false,
        };
        let (_, rights) = MATRIX.iter().find(|(name, _)| *name == resource).expect(resource);
        let column = Role::ALL.iter().position(|other| *other == role).unwrap();
        rights[column].contains(letter)
    }
}

/// What an id stands for. Each request gets a new one, since a request may use it up.
#[derive(Clone, Copy, Debug)]
pub enum Thing {
    Clinic,
    /// One more clinic, which nobody else needs.
    Company,
    SuspendedCompany,
    Patient,
    ArchivedPatient,
    Invitation,
    /// A nurse.
    Member,
    /// Another of the caller's own.
    Session,
    /// One of the caller's own.
    Hold,
    /// What its resource's file makes.
    Of(ThingMaker),
    /// The same, of this person's own.
    Own(OwnMaker),
}

/// Makes a thing of a clinic, and gives its id.
#[derive(Clone, Copy)]
pub struct ThingMaker(pub for<'a, 'w> fn(&'a Clinic<'w>) -> BoxFuture<'a, String>);

/// Makes a thing of a person's at a clinic, and gives its id.
#[derive(Clone, Copy)]
pub struct OwnMaker(pub for<'a, 'w> fn(&'a Clinic<'w>, &'a Person<'w>) -> BoxFuture<'a, String>);

/// Makes a valid body for a request at a clinic.
#[derive(Clone, Copy)]
pub struct BodyMaker(pub for<'a, 'w> fn(&'a Clinic<'w>) -> BoxFuture<'a, Value>);

impl fmt::Debug for ThingMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ThingMaker")
    }
}

impl fmt::Debug for OwnMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnMaker")
    }
}

impl fmt::Debug for BodyMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyMaker")
    }
}

/// A valid body. Each request gets a new one.
#[derive(Clone, Copy, Debug)]
pub enum Valid {
    None,
    Acceptance,
    Address,
    ClinicSecurity,
    Credentials,
    Invitation,
    InvitationToken,
    Password,
    PasswordAndCode,
    EmailChange,
    EmailChangeConfirmation,
    PasswordChange,
    PasswordReset,
    Patient,
    PatientPatch,
    Practitioner,
    OtherClinic,
    Refresh,
    Registration,
    StaffPatch,
    TotpCode,
    Verification,
    /// What its resource's file makes.
    Of(BodyMaker),
}

/// How to make a valid request of an operation.
pub struct Entry {
    pub id: &'static str,
    pub right: Right,
    pub body: Valid,
    /// The ids in path, query and body, by name.
    pub ids: &'static [(&'static str, Thing)],
}

const fn entry(id: &'static str, right: Right, body: Valid, ids: &'static [(&'static str, Thing)]) -> Entry {
    Entry { id, right, body, ids }
}

/// All entries.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    let all = [
        CORE,
        appointment_items::ENTRIES,
        appointments::ENTRIES,
        calendar::ENTRIES,
        catalogue::ENTRIES,
        clinic::ENTRIES,
        duplicates::ENTRIES,
        files::ENTRIES,
        links::ENTRIES,
        platform_isolation::ENTRIES,
        practitioners::ENTRIES,
        slots::ENTRIES,
    ];
    all.into_iter().flatten()
}

const CORE: &[Entry] = &[
    entry("auth_change_email", Right::Everybody, Valid::EmailChange, &[]),
    entry("auth_change_password", Right::Everybody, Valid::PasswordChange, &[]),
    entry("auth_confirm_email_change", Right::Everybody, Valid::EmailChangeConfirmation, &[]),
    entry("auth_deactivate", Right::Everybody, Valid::Password, &[]),
    entry("auth_forgot_password", Right::Everybody, Valid::Address, &[]),
    entry("audit_logs_identity", Right::Of("audit log", 'R'), Valid::None, &[("userId", Thing::Member)]),
    entry("auth_accept_invitation", Right::Everybody, Valid::Acceptance, &[]),
    entry("auth_invitation", Right::Everybody, Valid::InvitationToken, &[]),
    entry("auth_jwks", Right::Everybody, Valid::None, &[]),
    entry("auth_login", Right::Everybody, Valid::Credentials, &[("companyId", Thing::Clinic)]),
    entry("auth_logout", Right::Everybody, Valid::None, &[]),
    entry("auth_me", Right::Everybody, Valid::None, &[]),
    entry("auth_refresh", Right::Everybody, Valid::Refresh, &[]),
    entry("auth_register", Right::Everybody, Valid::Registration, &[]),
    entry("auth_resend_verification", Right::Everybody, Valid::Address, &[]),
    entry("auth_reset_password", Right::Everybody, Valid::PasswordReset, &[]),
    entry("auth_session_revoke", Right::Everybody, Valid::None, &[("id", Thing::Session)]),
    entry("auth_sessions_list", Right::Everybody, Valid::None, &[]),
    entry("auth_sessions_revoke", Right::Everybody, Valid::None, &[]),
    entry("auth_switch_clinic", Right::Everybody, Valid::OtherClinic, &[("companyId", Thing::Clinic)]),
    entry("auth_totp_begin", Right::Everybody, Valid::Password, &[]),
    entry("auth_totp_confirm", Right::Everybody, Valid::TotpCode, &[]),
    entry("auth_totp_disable", Right::Everybody, Valid::PasswordAndCode, &[]),
    entry("auth_totp_recovery_codes", Right::Everybody, Valid::PasswordAndCode, &[]),
    entry("auth_verify_email", Right::Everybody, Valid::Verification, &[]),
    entry("clinic_security_find", Right::Of("clinic", 'R'), Valid::None, &[]),
    entry("clinic_security_update", Right::Of("clinic", 'W'), Valid::ClinicSecurity, &[]),
    entry("health_live", Right::Everybody, Valid::None, &[]),
    entry("health_ready", Right::Everybody, Valid::None, &[]),
    entry("patients_create", Right::Of("patients", 'W'), Valid::Patient, &[]),
    entry("patients_delete", Right::Of("patients", 'D'), Valid::None, &[("id", Thing::Patient)]),
    entry("patients_find", Right::Of("patients", 'R'), Valid::None, &[("id", Thing::Patient)]),
    entry("patients_list", Right::Of("patients", 'R'), Valid::None, &[]),
    entry("patients_restore", Right::Of("patients", 'D'), Valid::None, &[("id", Thing::ArchivedPatient)]),
    entry("patients_update", Right::Of("patients", 'W'), Valid::PatientPatch, &[("id", Thing::Patient)]),
    entry("platform_companies_find", Right::Operator, Valid::None, &[("id", Thing::Clinic)]),
    entry("platform_companies_list", Right::Operator, Valid::None, &[]),
    entry("platform_companies_resume", Right::Operator, Valid::None, &[("id", Thing::SuspendedCompany)]),
    entry("platform_companies_suspend", Right::Operator, Valid::None, &[("id", Thing::Company)]),
    entry("staff_find", Right::Of("staff", 'R'), Valid::None, &[("id", Thing::Member)]),
    entry("staff_invitations_create", Right::Of("staff", 'W'), Valid::Invitation, &[]),
    entry("staff_invitations_delete", Right::Of("staff", 'D'), Valid::None, &[("id", Thing::Invitation)]),
    entry("staff_invitations_find", Right::Of("staff", 'R'), Valid::None, &[("id", Thing::Invitation)]),
    entry("staff_invitations_list", Right::Of("staff", 'R'), Valid::None, &[]),
    entry("staff_invitations_resend", Right::Of("staff", 'W'), Valid::None, &[("id", Thing::Invitation)]),
    entry("staff_list", Right::Of("staff", 'R'), Valid::None, &[]),
    entry("staff_update", Right::Of("staff", 'W'), Valid::StaffPatch, &[("id", Thing::Member)]),
];

/// An operation, as the spec has it.
#[derive(Debug)]
pub struct Operation {
    pub id: String,
    pub tag: String,
    pub method: Method,
    pub path: String,
    pub public: bool,
    /// Names of ids in path and query, and of what the query must have.
    pub ids: Vec<(String, String)>,
    /// The body's schema.
    pub body: Option<Value>,
    /// Whether the body is a file of `text/csv` instead.
    pub takes_file: bool,
    /// What it may answer.
    pub statuses: Vec<String>,
}

impl Operation {
    pub fn entry(&self) -> &'static Entry {
        entries().find(|entry| entry.id == self.id).unwrap_or_else(|| {
            panic!(
                "{} is attacked by nobody: tell in tests/it/attack/operations.rs how to make a valid request",
                self.id
            )
        })
    }

    /// The path with these ids, in the path and, where there are ids in the query, there.
    fn path(&self, ids: &Map<String, Value>) -> String {
        let mut path = self.path.clone();
        for (place, name) in &self.ids {
            let value = ids[name].as_str().unwrap();
            if place == "path" {
                path = path.replace(&format!("{{{name}}}"), value);
            } else {
                path = format!("{path}{}{name}={value}", if path.contains('?') { '&' } else { '?' });
            }
        }
        path
    }

    /// An answer that the spec documents, and that is not our fault.
    fn held(&self, answer: Answer) -> Answer {
        let documented = self.statuses.iter().any(|status| *status == answer.status.as_str());
        assert!(documented, "{}: {} is not in the spec: {answer:?}", self.id, answer.status);
        assert!(!answer.status.is_server_error(), "{}: {answer:?}", self.id);
        answer
    }

    /// Properties of the body that hold ids.
    pub fn ids_in_body(&self) -> Vec<String> {
        let properties = self.body.as_ref().and_then(|schema| schema["properties"].as_object());
        let uuids = properties.into_iter().flatten().filter(|(_, schema)| schema["format"] == "uuid");
        uuids.map(|(name, _)| name.clone()).collect()
    }
}

/// All operations of the spec that is served.
pub fn operations(spec: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in spec["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let in_query = |parameter: &Value| parameter["in"] == "query" && parameter["required"] == true;
            let is_id = |parameter: &&Value| {
                parameter["in"] == "path" || parameter["schema"]["format"] == "uuid" || in_query(parameter)
            };
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            operations.push(Operation {
                id: text(&operation["operationId"]),
                tag: text(&operation["tags"][0]),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                public: operation["security"].as_array().unwrap().is_empty(),
                ids: parameters.iter().filter(is_id).map(|p| (text(&p["in"]), text(&p["name"]))).collect(),
                body: (!body.is_null()).then(|| resolve(spec, body)),
                takes_file: !operation["requestBody"]["content"]["text/csv"].is_null(),
                statuses: operation["responses"].as_object().unwrap().keys().cloned().collect(),
            });
        }
    }
    operations
}

/// A schema, where it stands or where it is referred to.
pub fn resolve(spec: &Value, schema: &Value) -> Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    reference.map_or_else(|| schema.clone(), |path| spec.pointer(&path[1..]).unwrap().clone())
}

/// The spec, without a server.
pub fn generated() -> Value {
    serde_json::from_str(&Docs::of(&app::service()).unwrap().spec).unwrap()
}

/// A walk over the spec: our clinic, another, and requests held to what the spec says of them.
pub struct Walk<'a> {
    pub world: &'a World,
    pub operations: Vec<Operation>,
    pub spec: Value,
}

impl<'a> Walk<'a> {
    pub async fn new(world: &'a World) -> Self {
        let spec = world.send(Method::GET, "/openapi.json", None).await.json;
        platform_isolation::keep_a_report(world).await;
        Self { world, operations: operations(&spec), spec }
    }

    /// Somebody new who may call an operation.
    pub async fn somebody(&self, operation: &Operation, clinic: &Clinic<'a>) -> Person<'a> {
        match operation.entry().right {
            Right::Operator => self.world.operator(PlatformRole::SuperAdmin).await,
            Right::Everybody | Right::Of(..) => clinic.person(Role::Admin).await,
        }
    }

    /// A new thing of this clinic, or of this person's own.
    pub async fn thing<'w>(&self, clinic: &Clinic<'w>, person: &Person<'w>, thing: Thing) -> String {
        let patient = match thing {
            Thing::Clinic => return clinic.id.to_string(),
            Thing::Company => return self.world.clinic("walk-company").await.id.to_string(),
            Thing::SuspendedCompany => {
                let company = self.world.clinic("walk-suspended").await.id;
                let suspend = "UPDATE medicalpro_central.companies SET status = 'suspended' WHERE id = $1";
                self.world.central().await.execute(suspend, &[&company.0]).await.unwrap();
                return company.to_string();
            }
            Thing::Member => return clinic.member(Role::Nurse).await.0.to_string(),
            Thing::Invitation => {
                let (invitation, _) = clinic.invitation(&address(), Role::Nurse).await;
                return invitation["id"].as_str().unwrap().to_owned();
            }
            Thing::Session => return session_of(&self.world.log_in(&person.email).await),
            Thing::Hold => return slots::hold(clinic, person).await,
            Thing::Of(make) => return make.0(clinic).await,
            Thing::Own(make) => return make.0(clinic, person).await,
            Thing::Patient | Thing::ArchivedPatient => clinic.patient("Walk").await,
        };
        let id = patient["id"].as_str().unwrap().to_owned();
        if matches!(thing, Thing::ArchivedPatient) {
            assert_eq!(clinic.admin.delete(&format!("/api/v1/patients/{id}")).await.status, 204);
        }
        id
    }

    /// New things for all ids of an operation.
    pub async fn ids<'w>(&self, operation: &Operation, clinic: &Clinic<'w>, person: &Person<'w>) -> Map<String, Value> {
        let mut ids = Map::new();
        for (name, thing) in operation.entry().ids {
            ids.insert((*name).to_owned(), self.thing(clinic, person, *thing).await.into());
        }
        ids
    }

    /// A valid body for what this person asks at this clinic.
    pub async fn body(&self, operation: &Operation, clinic: &Clinic<'_>, person: &Person<'_>) -> Option<Value> {
        Some(match operation.entry().body {
            Valid::None => return None,
            Valid::Of(make) => make.0(clinic).await,
            Valid::Acceptance | Valid::InvitationToken => {
                let inviting = self.world.clinic("walk-invites").await;
                let token = inviting.invitation(&address(), Role::Nurse).await.1;
                if matches!(operation.entry().body, Valid::InvitationToken) {
                    return Some(json!({ "token": token }));
                }
                json!({ "token": token, "password": PASSWORD, "acceptTerms": true })
            }
            Valid::Invitation => json!({ "email": address(), "role": "nurse", "language": "fr" }),
            Valid::Practitioner => json!({ "specialities": ["Cardiology"], "color": "#2e7d32" }),
            Valid::StaffPatch => json!({ "role": "secretary" }),
            Valid::Address => json!({ "email": person.email }),
            Valid::ClinicSecurity => json!({ "secondFactorRequired": false }),
            Valid::Credentials => json!({ "email": person.email, "password": PASSWORD }),
            Valid::Password => json!({ "password": PASSWORD }),
            Valid::PasswordAndCode => {
                let app = self.begun(person).await;
                self.world.confirm_second_factor(&person.email).await;
                json!({ "password": PASSWORD, "code": app.code(0) })
            }
            Valid::EmailChange => {
                json!({ "password": PASSWORD, "newEmail": format!("walk-{}@example.org", Uuid::now_v7().simple()) })
            }
            Valid::EmailChangeConfirmation => {
                let somebody = World::registration("walk-moves");
                let own = self.world.log_in(&person.email).await;
                let change = json!({ "password": PASSWORD, "newEmail": somebody["email"] });
                assert_eq!(own.post("/api/v1/auth/change-email", &change).await.status, 204);
                let change = tokens::email_change(self.world, &person.email).await;
                json!({ "token": tokens::lay(self.world, "email_change_old", About::EmailChange(change)).await })
            }
            Valid::PasswordChange => json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD }),
            Valid::PasswordReset => {
                json!({ "token": tokens::reset_token(self.world, &person.email).await, "password": PASSWORD })
            }
            Valid::Patient => json!({ "firstName": "Zoé", "lastName": "Durand", "address": { "city": "Paris" } }),
            Valid::PatientPatch => json!({ "lastName": "Martin", "address": { "city": "Lyon" } }),
            Valid::OtherClinic => json!({ "companyId": claims(&person.token)["companyId"] }),
            Valid::Refresh => json!({ "refreshToken": self.world.log_in(&person.email).await.refresh_token }),
            Valid::Registration => {
                let mut body = World::registration("walk");
                body["address"] = json!({ "city": "Paris" });
                body
            }
            Valid::TotpCode => json!({ "code": self.begun(person).await.code(0) }),
            Valid::Verification => {
                let body = World::registration("walk-verify");
                let registered = self.world.send(Method::POST, "/api/v1/auth/register", Some(&body)).await;
                assert_eq!(registered.status, 201, "{registered:?}");
                json!({ "token": self.world.mailed_token(body["email"].as_str().unwrap()).await })
            }
        })
    }

    /// An app that somebody has begun with, but not confirmed.
    async fn begun(&self, person: &Person<'_>) -> App {
        self.world.forget_second_factor(&person.email).await;
        let begun = person.post("/api/v1/auth/totp", &json!({ "password": PASSWORD })).await;
        App::new(begun.json["secret"].as_str().unwrap_or_else(|| panic!("{begun:?}")))
    }

    /// A request, valid but for what the caller changed; its answer is one that the spec documents, and never our fault.
    pub async fn request(
        &self,
        operation: &Operation,
        ids: &Map<String, Value>,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let path = operation.path(ids);
        let answer = match body {
            Some(Value::String(file)) if operation.takes_file => {
                self.world.post_csv(&path, token, headers, file.as_str()).await
            }
            _ => self.world.request(operation.method.clone(), &path, token, headers, body).await,
        };
        self.undo(operation, token, &answer).await;
        operation.held(answer)
    }

    /// The same with any bytes as its body.
    pub async fn raw(
        &self,
        operation: &Operation,
        ids: &Map<String, Value>,
        token: &str,
        headers: &[(&str, &str)],
        body: wire::Body<'_>,
    ) -> Answer {
        let path = operation.path(ids);
        let reply = wire::ask(&self.world.base, token, operation.method.as_str(), &path, headers, body).await;
        let answer = reply.answer();
        self.undo(operation, Some(token), &answer).await;
        operation.held(answer)
    }

    /// Undoes what would keep the walk's people from logging in again by their password, and what ended their other sessions.
    async fn undo(&self, operation: &Operation, token: Option<&str>, answer: &Answer) {
        if let Some(token) = token.filter(|_| operation.id.starts_with("auth_totp") && answer.status.is_success()) {
            self.world.forget_second_factor(claims(token)["email"].as_str().unwrap()).await;
        }
    }

    /// A valid request with this query, and no ids in it.
    pub async fn asked(
        &self,
        operation: &Operation,
        ids: &Map<String, Value>,
        person: &Person<'_>,
        query: &str,
    ) -> Answer {
        let mut path = operation.path.clone();
        for (_, name) in operation.ids.iter().filter(|(place, _)| place == "path") {
            path = path.replace(&format!("{{{name}}}"), ids[name].as_str().unwrap());
        }
        let path = format!("{path}?{query}");
        operation.held(self.world.request(operation.method.clone(), &path, Some(&person.token), &[], None).await)
    }

    /// A valid request as this person.
    pub async fn valid(&self, operation: &Operation, clinic: &Clinic<'_>, person: &Person<'_>) -> Answer {
        let (ids, body) = (self.ids(operation, clinic, person).await, self.body(operation, clinic, person).await);
        self.request(operation, &ids, Some(&person.token), &[], body.as_ref()).await
    }
}

/// An address that nobody has.
fn address() -> String {
    format!("walk-{}@example.org", Uuid::now_v7().simple())
}

/// The session of an access token.
fn session_of(person: &Person<'_>) -> String {
    claims(&person.token)["sid"].as_str().unwrap().to_owned()
}

/// An id that exists nowhere.
pub fn nowhere() -> String {
    Uuid::now_v7().to_string()
}
