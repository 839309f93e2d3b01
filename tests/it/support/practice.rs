//! What a practice consists of, laid into a clinic's database by hand, so that a test of one resource needs no other's operations.

use uuid::Uuid;

use super::Clinic;

impl Clinic<'_> {
    /// Runs an INSERT whose first parameter is the new row's id, without triggers: there is nobody whom they could ask.
    pub(super) async fn lay(&self, insert: &str, params: &[&(dyn tokio_postgres::types::ToSql + Sync)]) -> Uuid {
        let (database, id) = (self.database().await, Uuid::now_v7());
        database.batch_execute("SET session_replication_role = replica").await.unwrap();
        let mut all: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = vec![&id];
        all.extend_from_slice(params);
        database.execute(insert, &all).await.unwrap();
        id
    }

    /// A practitioner who does not log in.
    pub async fn practitioner(&self, last_name: &str) -> Uuid {
        let insert = "INSERT INTO practitioners (id, first_name, last_name, sort_name) VALUES ($1, 'Test', $2, lower($2) || ' test')";
        self.lay(insert, &[&last_name]).await
    }

    /// A practitioner who logs in by this account.
    pub async fn practitioner_of(&self, user: Uuid, last_name: &str) -> Uuid {
        let insert = "INSERT INTO practitioners (id, user_id, first_name, last_name, sort_name)
                      VALUES ($1, $2, 'Test', $3, lower($3) || ' test')";
        self.lay(insert, &[&user, &last_name]).await
    }

    /// Hours that recur each week; `weekday` is ISO 8601's, times are local, `HH:MM`.
    pub async fn weekly(&self, practitioner: Uuid, weekday: i16, starts: &str, ends: &str) -> Uuid {
        let insert = "INSERT INTO practitioner_availability (id, practitioner_id, kind, weekday, starts, ends)
                      VALUES ($1, $2, 'weekly', $3, $4::text::time, $5::text::time)";
        self.lay(insert, &[&practitioner, &weekday, &starts, &ends]).await
    }

    /// Where one is seen.
    pub async fn facility(&self, name: &str) -> Uuid {
        self.lay("INSERT INTO medical_facilities (id, name) VALUES ($1, $2)", &[&name]).await
    }

    /// A room of a facility.
    pub async fn room(&self, facility: Uuid, name: &str) -> Uuid {
        self.lay("INSERT INTO rooms (id, facility_id, name) VALUES ($1, $2, $3)", &[&facility, &name]).await
    }

    /// A service, of which nobody says yet that they offer it.
    pub async fn service(&self, name: &str, minutes: i16) -> Uuid {
        let insert = "INSERT INTO products_services (id, kind, name, unit_price_cents, duration_minutes, sort_name)
                      VALUES ($1, 'service', $2, 2500, $3, lower($2))";
        self.lay(insert, &[&name, &minutes]).await
    }

    /// An appointment of half an hour, of a patient who is entered for it; `starts_at` is an expression of SQL.
    pub async fn appointment(&self, practitioner: Uuid, patient: &str, starts_at: &str) -> Uuid {
        let patient: Uuid = self.patient(patient).await["id"].as_str().unwrap().parse().unwrap();
        let insert = format!(
            "INSERT INTO appointments (id, patient_id, practitioner_id, starts_at, ends_at, created_by)
             VALUES ($1, $2, $3, {starts_at}, {starts_at} + interval '30 minutes', $2)"
        );
        self.lay(&insert, &[&patient, &practitioner]).await
    }
}
