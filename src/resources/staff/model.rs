//! What staff and invitations look like.

use chrono::{DateTime, Utc};
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use crate::api::text::{Email, Language, PersonName};
use crate::central::invitations::Invitation;
use crate::central::staff::Member;
use crate::ids::Role;

/// What somebody does at a clinic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum StaffRole {
    /// Runs the clinic; all rights.
    Admin,
    /// Runs the practice, without medical records.
    Manager,
    /// Treats patients.
    Practitioner,
    /// Assists in treatment.
    Nurse,
    /// Runs the front desk.
    Secretary,
    /// Sees what the front desk sees and changes nothing.
    Readonly,
}

impl From<StaffRole> for Role {
    fn from(role: StaffRole) -> Self {
        match role {
            StaffRole::Admin => Self::Admin,
            StaffRole::Manager => Self::Manager,
            StaffRole::Practitioner => Self::Practitioner,
            StaffRole::Nurse => Self::Nurse,
            StaffRole::Secretary => Self::Secretary,
            StaffRole::Readonly => Self::Readonly,
        }
    }
}

impl StaffRole {
    pub(super) fn name(self) -> &'static str {
        Role::from(self).name()
    }
}

/// Whether somebody still works at a clinic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum MemberStatus {
    /// Does.
    Active,
    /// Does not: their sessions here have ended.
    Deactivated,
}

impl MemberStatus {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }
}

/// Somebody who works at the clinic.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct StaffMember {
    /// The person.
    pub id: Uuid,
    /// E-mail address.
    pub email: String,
    /// Given name.
    #[oai(skip_serializing_if_is_none)]
    pub first_name: Option<String>,
    /// Family name.
    #[oai(skip_serializing_if_is_none)]
    pub last_name: Option<String>,
    /// `admin`, `manager`, `practitioner`, `nurse`, `secretary` or `readonly`.
    pub role: String,
    /// `active` or `deactivated`.
    pub status: String,
    /// When they joined.
    pub since: DateTime<Utc>,
    /// When they last logged in at this clinic; what they do elsewhere is not told.
    #[oai(skip_serializing_if_is_none)]
    pub last_login_at: Option<DateTime<Utc>>,
    /// Whether a second factor protects the account.
    pub second_factor: bool,
}

impl From<Member> for StaffMember {
    fn from(member: Member) -> Self {
        let Member { id, email, first_name, last_name, role, status, since, last_login_at, second_factor, .. } = member;
        Self { id, email, first_name, last_name, role, status, since, last_login_at, second_factor }
    }
}

/// Changes to a staff member: what is absent stays.
#[derive(Debug, Clone, Copy, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct StaffPatch {
    /// The role.
    pub role: Option<StaffRole>,
    /// Whether they work here.
    pub status: Option<MemberStatus>,
}

impl StaffPatch {
    /// What an attempt to make these changes is called in the audit log.
    pub(super) const fn action(self) -> &'static str {
        match (self.role, self.status) {
            (Some(_), _) | (None, None) => "staff_role_changed",
            (None, Some(MemberStatus::Active)) => "staff_reactivated",
            (None, Some(MemberStatus::Deactivated)) => "staff_deactivated",
        }
    }
}

/// Somebody to be invited.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewInvitation {
    /// Where the mail goes; whoever accepts logs in with this address.
    pub email: Email,
    /// What they will do.
    pub role: StaffRole,
    /// Of the mail, and of their account if they have none; the clinic's when absent.
    pub language: Option<Language>,
    /// Given name.
    pub first_name: Option<PersonName>,
    /// Family name.
    pub last_name: Option<PersonName>,
}

/// An open invitation.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct InvitationView {
    /// Identifies the invitation.
    pub id: Uuid,
    /// To whom.
    pub email: String,
    /// The role that is offered.
    pub role: String,
    /// ISO 639-1.
    pub language: String,
    /// Given name.
    #[oai(skip_serializing_if_is_none)]
    pub first_name: Option<String>,
    /// Family name.
    #[oai(skip_serializing_if_is_none)]
    pub last_name: Option<String>,
    /// Who invited.
    #[oai(skip_serializing_if_is_none)]
    pub invited_by: Option<Uuid>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        let Invitation { id, email, role, language, first_name, last_name, invited_by, created_at, expires_at } =
            invitation;
        Self { id, email, role, language, first_name, last_name, invited_by, created_at, expires_at }
    }
}

/// An example's times: a second of 2026, and a week later.
fn times() -> (DateTime<Utc>, DateTime<Utc>) {
    let at = DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::seconds(1_767_225_600);
    (at, at + chrono::Duration::days(7))
}

impl Example for StaffMember {
    fn example() -> Self {
        let (since, later) = times();
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0005),
            email: "jo@cabinet-du-parc.example".to_owned(),
            first_name: Some("Jo".to_owned()),
            last_name: Some("Martin".to_owned()),
            role: Role::Nurse.name().to_owned(),
            status: MemberStatus::Active.name().to_owned(),
            since,
            last_login_at: Some(later),
            second_factor: true,
        }
    }
}

impl Example for StaffPatch {
    fn example() -> Self {
        Self { role: Some(StaffRole::Secretary), status: None }
    }
}

impl Example for NewInvitation {
    #[expect(clippy::expect_used, reason = "a constant, checked as the spec is made")]
    fn example() -> Self {
        Self {
            email: "jo@cabinet-du-parc.example".parse().expect("an address"),
            role: StaffRole::Nurse,
            language: "fr".parse().ok(),
            first_name: "Jo".parse().ok(),
            last_name: "Martin".parse().ok(),
        }
    }
}

impl Example for InvitationView {
    fn example() -> Self {
        let (created_at, expires_at) = times();
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0006),
            email: "jo@cabinet-du-parc.example".to_owned(),
            role: Role::Nurse.name().to_owned(),
            language: "fr".to_owned(),
            first_name: Some("Jo".to_owned()),
            last_name: Some("Martin".to_owned()),
            invited_by: Some(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0003)),
            created_at,
            expires_at,
        }
    }
}
