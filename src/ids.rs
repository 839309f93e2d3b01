//! The identifiers that cross module borders, each a type of its own, and the roles.
//!
//! A clinic's database, schema and login role share one name, which is computed here and nowhere else.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier (UUIDv7: keys arrive in order).
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// A clinic: `companies.id`, the token's `companyId`, and `company_id` on every row of its database.
    ClinicId
}
id! {
    /// A person who logs in: `users.id`.
    UserId
}
id! {
    /// One log-in of one person at one clinic: `sessions.id`, the token's `sid`.
    SessionId
}
id! {
    /// One HTTP request, as in `X-Request-Id`.
    RequestId
}

impl ClinicId {
    /// The name that the clinic's database, its schema and its login role bear. Only `[a-z0-9_]`.
    #[must_use]
    pub fn database_name(self) -> String {
        format!("medicalpro_clinic_{}", self.0.hyphenated()).replace('-', "_")
    }

    /// The clinic whose database bears this name; `None` for any other name.
    #[must_use]
    pub fn from_database_name(name: &str) -> Option<Self> {
        let id = name.strip_prefix("medicalpro_clinic_")?.replace('_', "-").parse().ok().map(Self)?;
        (id.database_name() == name).then_some(id)
    }
}

/// What a person does in a clinic. Each is a session role of its own in PostgreSQL, whose grants decide what it may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Whoever registered the clinic; all rights but none over the isolation.
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

impl Role {
    /// All of them, in the order of the role matrix.
    pub const ALL: [Self; 6] =
        [Self::Admin, Self::Manager, Self::Practitioner, Self::Nurse, Self::Secretary, Self::Readonly];

    /// The name in tokens, in the API and in `memberships.role`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Practitioner => "practitioner",
            Self::Nurse => "nurse",
            Self::Secretary => "secretary",
            Self::Readonly => "readonly",
        }
    }

    /// The role that its sessions take in PostgreSQL.
    #[must_use]
    pub const fn session_role(self) -> &'static str {
        match self {
            Self::Admin => "medicalpro_admin",
            Self::Manager => "medicalpro_manager",
            Self::Practitioner => "medicalpro_practitioner",
            Self::Nurse => "medicalpro_nurse",
            Self::Secretary => "medicalpro_secretary",
            Self::Readonly => "medicalpro_readonly",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or(UnknownRole)
    }
}

/// What one of the platform's own people may do; they work at no clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlatformRole {
    /// Everything that the platform's operations offer.
    SuperAdmin,
    /// To look.
    Support,
}

impl PlatformRole {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::SuperAdmin, Self::Support];

    /// As in `users.platform_role`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super_admin",
            Self::Support => "support",
        }
    }
}

impl FromStr for PlatformRole {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or(UnknownRole)
    }
}

/// A role's name that is none of [`Role::ALL`], or of [`PlatformRole::ALL`].
#[derive(Debug)]
pub struct UnknownRole;

impl fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown role")
    }
}

impl std::error::Error for UnknownRole {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_name_leads_back_to_its_clinic() {
        let clinic = ClinicId::generate();
        assert_eq!(ClinicId::from_database_name(&clinic.database_name()), Some(clinic));
        for other in ["medicalpro_central", "medicalpro_clinic_base", "medicalpro_clinic_template_v9", "postgres"] {
            assert_eq!(ClinicId::from_database_name(other), None, "{other}");
        }
    }

    #[test]
    fn a_clinics_name_is_safe_to_stand_in_sql_unquoted() {
        let name = ClinicId::generate().database_name();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
        assert!(name.len() <= 63, "PostgreSQL cuts longer names");
    }
}
