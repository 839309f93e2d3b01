//! What no company owns: databases and roles left over by a clinic that is gone. Lists them; removing is an operator's act.

use tokio_postgres::Client;

use crate::ids::ClinicId;

/// Databases and login roles that bear a clinic's name without there being such a clinic, as `database x` and `role x`.
///
/// # Errors
/// As PostgreSQL refuses.
pub async fn orphans(central: &Client) -> anyhow::Result<Vec<String>> {
    let rows = central
        .query(
            "SELECT 'database' AS kind, datname::text AS name FROM pg_database
             UNION ALL
             SELECT 'role', rolname::text FROM pg_roles
             ORDER BY 1, 2",
            &[],
        )
        .await?;
    let mut orphans = Vec::new();
    for row in rows {
        let (kind, name): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let Some(clinic) = ClinicId::from_database_name(&name) else { continue };
        let owned = central
            .query_one(
                "SELECT count(*) > 0 FROM medicalpro_central.companies WHERE id = $1 AND db_name = $2",
                &[&clinic.0, &name],
            )
            .await?
            .try_get::<_, bool>(0)?;
        if !owned {
            orphans.push(format!("{kind} {name}"));
        }
    }
    Ok(orphans)
}
