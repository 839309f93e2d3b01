//! What a clinic asks of the people who work there.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};

use super::caller::Bearer;
use crate::api::Tag;
use crate::api::answer::Listed;
use crate::api::body::Body;
use crate::central::audit::{self, Event};
use crate::central::{Central, second_factor};
use crate::error::{ApiError, Result};
use crate::ids::Role;
use crate::transaction;

/// What a clinic asks of the people who work there.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct SecurityView {
    /// Whether everybody needs a second factor: without one, a session reaches its own account only.
    pub second_factor_required: bool,
}

/// A change of it.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct SecurityPatch {
    /// Whether everybody needs a second factor; who asks for it needs one first.
    pub second_factor_required: Option<bool>,
}

/// A clinic's rules for its people.
#[derive(Clone, Copy, Debug)]
pub struct ClinicSecurity;

#[OpenApi(prefix_path = "/api/v1/clinic", tag = "Tag::Clinic")]
impl ClinicSecurity {
    /// What the clinic asks of its people
    ///
    /// Whether everybody who works there needs a second factor.
    #[oai(path = "/security", method = "get", operation_id = "clinic_security_find")]
    async fn find(&self, bearer: Bearer, central: Data<&Central>) -> Result<Listed<SecurityView>> {
        let clinic = bearer.0.clinic();
        let second_factor_required =
            transaction!(central.work(), |tx| second_factor::is_required_by(tx, clinic).await)?;
        Ok(Listed(SecurityView { second_factor_required }))
    }

    /// Change what the clinic asks of its people
    ///
    /// Takes effect within a second, for sessions that are open too.
    #[oai(path = "/security", method = "patch", operation_id = "clinic_security_update")]
    async fn update(
        &self,
        bearer: Bearer,
        central: Data<&Central>,
        body: Body<SecurityPatch>,
    ) -> Result<Listed<SecurityView>> {
        let caller = &bearer.0;
        if !matches!(caller.role(), Role::Admin | Role::Manager) {
            return Err(ApiError::FORBIDDEN);
        }
        let (clinic, wanted) = (caller.clinic(), body.value.second_factor_required);
        let second_factor_required = transaction!(central.work(), |tx| {
            let Some(required) = wanted else { return second_factor::is_required_by(tx, clinic).await };
            if !second_factor::require(tx, clinic, required, caller.user()).await? {
                return Err(ApiError::Conflict {
                    code: "second_factor_enrolment_required",
                    detail: "Whoever asks for a second factor needs one first.".into(),
                    pointer: Some("/secondFactorRequired"),
                });
            }
            let detail = if required { "a second factor is required" } else { "no second factor is required" };
            let (user, request) = (Some(caller.user()), Some(caller.request().0));
            let action = "clinic_security_changed";
            let event = Event { action, clinic: Some(clinic), user, request, detail: Some(detail), ..Event::default() };
            audit::record(tx, &event).await?;
            Ok(required)
        })?;
        Ok(Listed(SecurityView { second_factor_required }))
    }
}
