//! `Idempotency-Key`: the same key and body give the same answer; the same key with another body, 422.
//!
//! The key lies in the clinic's database, by user, role and operation, and is stored in the same transaction as the write that it
//! answers: of two requests at once the second waits for the first, and gets its answer.

use poem_openapi::types::{ParseFromJSON, ToJSON};

use super::text::IdempotencyKey;
use crate::clinic::{Access, Caller, ClinicTx, Write};
use crate::error::{ApiError, Result};
use crate::ids::Role;
use crate::secrets::sha256;
use crate::sql;

/// The roles that write anything at all.
const WRITERS: [Role; 5] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Nurse, Role::Secretary];

sql! { Clinic;
    /// Takes the key; no row when it is taken already.
    TAKE by WRITERS;
        "INSERT INTO idempotency_keys (company_id, user_id, operation, key, request_hash)
         SELECT $1, app.user_id(), $2, $3, $4
         ON CONFLICT DO NOTHING RETURNING key";
    /// What was answered.
    ANSWER by WRITERS;
        "SELECT request_hash, response FROM idempotency_keys
          WHERE company_id = $1 AND user_id = (SELECT app.user_id()) AND operation = $2 AND key = $3";
    /// Stores the answer.
    STORE by WRITERS;
        "UPDATE idempotency_keys SET status = 201, response = $4
          WHERE company_id = $1 AND user_id = (SELECT app.user_id()) AND operation = $2 AND key = $3";
}

/// An answer that is kept under its key, and may be given again.
pub trait Kept: ParseFromJSON + ToJSON {
    /// What whoever gets it again is shown, for the audit log.
    fn shown(&self) -> Access;
}

/// One attempt of a client's, by its key.
#[derive(Debug)]
pub struct Once<'a> {
    operation: &'a str,
    key: Option<&'a IdempotencyKey>,
    hash: [u8; 32],
}

impl<'a> Once<'a> {
    /// `request` is what must be the same the second time: the body, and the id in the path where there is one.
    #[must_use]
    pub fn new(caller: &'a Caller, key: Option<&'a IdempotencyKey>, request: &[&[u8]]) -> Self {
        Self { operation: caller.operation(), key, hash: sha256(&request.concat()) }
    }

    /// Takes the key; what was answered to it before, if it was, which is audited as being read. `T` must parse what it writes: none of
    /// its fields is `read_only`.
    ///
    /// # Errors
    /// 422 `idempotency_key_reused` for a key that came with another request.
    pub async fn answered<T: Kept>(&self, tx: &mut ClinicTx<Write>) -> Result<Option<T>> {
        let Some(key) = self.key else { return Ok(None) };
        let mut stored = None;
        // One that is thrown away between the two is taken the second time.
        for _ in 0..2 {
            if tx.row(&TAKE, &[&self.operation, &key.as_str(), &&self.hash[..]]).await?.is_some() {
                return Ok(None);
            }
            stored = tx.row(&ANSWER, &[&self.operation, &key.as_str()]).await?;
            if stored.is_some() {
                break;
            }
        }
        let reused =
            || ApiError::invalid("/header/Idempotency-Key", "idempotency_key_reused", "was used with another request");
        // Hidden where it was given in another role: an answer may hold what this role must not read.
        let stored = stored.ok_or_else(reused)?;
        if stored.try_get::<_, &[u8]>(0)? != self.hash {
            return Err(reused());
        }
        let response: String = stored.try_get(1)?;
        let answer = T::parse_from_json_string(&response)
            .map_err(|_| ApiError::internal(anyhow::anyhow!("a stored answer does not parse")))?;
        tx.record_access(answer.shown());
        Ok(Some(answer))
    }

    /// Stores the answer, in the transaction that it answers.
    ///
    /// # Errors
    /// As the database refuses.
    pub async fn remember<T: Kept>(&self, tx: &mut ClinicTx<Write>, answer: T) -> Result<T> {
        if let Some(key) = self.key {
            tx.rows(&STORE, &[&self.operation, &key.as_str(), &answer.to_json_string()]).await?;
        }
        Ok(answer)
    }
}
