//! Searching 100,000 patients: what three letters cost, under every role.

use medicalpro::ids::Role;

use super::{explain, statement};
use crate::isolation::by_hand::Hand;
use crate::support::{Clinic, World};

const PATIENTS: u32 = 100_000;

/// 100,000 patients with the terms that Rust gives them, laid in as the administrator. One in twenty begins with `mar`, by the one
/// name or the other; one in a thousand is archived; one in a hundred has a double.
async fn lay_in(clinic: &Clinic<'_>) {
    let lay = format!(
        "SET session_replication_role = replica;
         INSERT INTO patients (patient_number, first_name, last_name, birth_date, phone, sort_name, created_at, deleted_at)
         SELECT 'P-' || lpad(n::text, 6, '0'), first, last, date '1930-01-01' + (who * 7919 % 33000), '+331' || lpad((who * 7)::text, 8, '0'),
                last || ' ' || first, now() - n * interval '1 minute', CASE WHEN n % 1000 = 7 THEN now() END
           FROM (SELECT n, who,
                        CASE WHEN who % 40 = 0 THEN 'mar' ELSE '' END || translate(substr(md5((who * 31 % 499)::text), 1, 6), '0123456789', 'ghijklnopq') AS first,
                        CASE WHEN who % 33 = 0 THEN 'mar' ELSE '' END || translate(substr(md5((who * 17 % 3001)::text), 1, 7), '0123456789', 'ghijklnopq') AS last
                   FROM generate_series(1, {PATIENTS}) AS n, LATERAL (SELECT CASE WHEN n % 100 = 0 THEN n - 50 ELSE n END AS who) AS w) AS p;
         CREATE TEMP TABLE key AS SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = 'patient_search_terms_pkey';
         ALTER TABLE patient_search_terms DROP CONSTRAINT patient_search_terms_pkey;
         INSERT INTO patient_search_terms (term, patient_id, sort_name, entered_at)
         SELECT DISTINCT term, id, sort_name, created_at
           FROM patients,
                LATERAL (VALUES (first_name), (last_name), (replace(lower(patient_number), '-', '')), (substr(patient_number, 3)),
                                (substr(phone, 2)), ('00' || substr(phone, 2)), ('0' || substr(phone, 4)), (to_char(birth_date, '\"B\"YYYYMMDD')),
                                ('Db' || to_char(birth_date, 'YYYYMMDD') || left(first_name, 4) || '+' || left(last_name, 4)),
                                ('Dp' || substr(phone, 2) || '+' || left(first_name, 4)),
                                ('Dq' || to_char(birth_date, 'YYYYMMDD') || '+' || substr(phone, 2))) AS t (term)
          WHERE deleted_at IS NULL OR term < 'D' OR term >= 'E'
          ORDER BY term;
         DO $$ BEGIN EXECUTE 'ALTER TABLE patient_search_terms ADD CONSTRAINT patient_search_terms_pkey ' || (SELECT definition FROM key); END $$;
         RESET session_replication_role"
    );
    let database = clinic.database().await;
    database.batch_execute(&lay).await.unwrap();
    for table in ["patients", "patient_search_terms"] {
        database.batch_execute(&format!("VACUUM ANALYZE {table}")).await.unwrap();
    }
}

/// How many rows the scans of these tables read, and what was planned.
struct Ran {
    plan: String,
    terms: f64,
    patients: f64,
}

impl Ran {
    async fn of(hand: &Hand, role: Role, text: &str, arguments: &str) -> Self {
        let analyze = "ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, VERBOSE";
        let lines = hand.run(role.session_role(), &explain(text, arguments, analyze)).await.unwrap();
        let read = |table: &str| {
            lines.iter().filter(|line| line.contains(&format!(" on {table}"))).map(|line| actual(line)).sum()
        };
        let (terms, patients) =
            (read(&format!("{}.patient_search_terms", hand.name)), read(&format!("{}.patients", hand.name)));
        Self { plan: lines.join("\n"), terms, patients }
    }
}

/// `(actual rows=51 loops=2)`: 102.
fn actual(line: &str) -> f64 {
    let number = |name: &str| -> Option<f64> {
        let rest = line.split_once(name)?.1;
        rest.split([' ', ')']).next()?.parse().ok()
    };
    number("actual rows=").zip(number("loops=")).map_or(0.0, |(rows, loops)| rows * loops)
}

#[tokio::test]
async fn a_search_of_100000_patients_reads_what_the_words_find_and_a_page_of_patients_under_every_role() {
    let world = World::start().await;
    let clinic = world.clinic("large").await;
    lay_in(&clinic).await;
    let hand = Hand::of(&world, &clinic).await;
    let (list, search) = (statement("patients::statements::LIST"), statement("patients::statements::SEARCH_LIST"));
    // What each search may read: the terms that begin like its words.
    let mut searches = Vec::new();
    for words in [&["mar"][..], &["abc"], &["mar", "mar"], &["mar", "B19840229"], &["01000", "B1984"]] {
        let mut most = 0.0;
        for word in words {
            let count = format!(
                "SELECT count(*) FROM patient_search_terms WHERE term >= '{word}' AND term < '{word}\u{10FFFF}'"
            );
            most += hand.run("medicalpro_admin", &count).await.unwrap()[0].parse::<f64>().unwrap();
        }
        searches.push((words, most));
    }
    assert!(searches[0].1 > 5000.0, "a common beginning: {searches:?}");
    let (orders, buckets) = (0..8, [2, 4]);
    for role in Role::ALL {
        for order in orders.clone() {
            for bucket in buckets {
                let rows = [11.0, 21.0, 51.0, 101.0, 201.0][bucket];
                let key = if order < 4 { "'m'" } else { "now() - interval '30 days'" };
                let after =
                    if order % 2 == 0 { "NULL, NULL".to_owned() } else { format!("{key}, '{}'", uuid::Uuid::nil()) };
                for (words, most) in &searches {
                    let bounds =
                        |end: &str| words.iter().map(|word| format!("'{word}{end}'")).collect::<Vec<_>>().join(", ");
                    let arguments =
                        format!("'{}', ARRAY[{}], ARRAY[{}], {after}, 50", clinic.id, bounds(""), bounds("\u{10FFFF}"));
                    let ran =
                        Ran::of(&hand, role, search.pick(&[words.len() - 1, order, 0, bucket]).text(), &arguments)
                            .await;
                    let plan = &ran.plan;
                    assert!(
                        !plan.contains("Seq Scan on ") && plan.contains("app.tenant"),
                        "{role:?} {words:?}\n{plan}"
                    );
                    assert!(ran.terms <= *most, "{words:?}: {} terms read\n{plan}", ran.terms);
                    // The page, and those archived between.
                    assert!(ran.patients <= rows, "{words:?}: {} patients read\n{plan}", ran.patients);
                }
                let arguments = format!("'{}', NULL, NULL, {after}, 50", clinic.id);
                let ran = Ran::of(&hand, role, list.pick(&[0, 0, order, bucket]).text(), &arguments).await;
                assert!(!ran.plan.contains("Seq Scan on ") && !ran.plan.contains("Sort"), "{}", ran.plan);
                assert!((1.0..=rows + 1.0).contains(&ran.patients), "{} patients\n{}", ran.patients, ran.plan);
            }
        }
    }

    // This test can fail: what is not leakproof is compared row by row.
    let like = "SELECT id FROM patients WHERE company_id = $1 AND sort_name LIKE $2 LIMIT 51";
    let ran = Ran::of(&hand, Role::Secretary, like, &format!("'{}', 'mar%'", clinic.id)).await;
    assert!(ran.plan.contains("Seq Scan on ") || ran.plan.contains("Rows Removed by Filter"), "{}", ran.plan);
}
