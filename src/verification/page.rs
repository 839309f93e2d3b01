//! The report as a page by itself: no script, nothing fetched, and a picture of who got where.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use super::report::{Matrix, Report};
use crate::ids::ClinicId;
use crate::secrets::sha256;

/// Rows of the picture; of more clinics those are drawn first whose logins got where they must not.
const ROWS: usize = 200;
/// Findings of a check; the JSON has more, and counts all.
const FINDINGS: usize = 20;
/// Of the picture, in its own units.
const CELL: usize = 16;
const LEFT: usize = 96;
const TOP: usize = 200;

/// A matrix, drawn.
#[derive(Serialize)]
struct Picture {
    width: usize,
    height: usize,
    columns: Vec<Label>,
    rows: Vec<DrawnRow>,
    left_out: usize,
}

#[derive(Serialize)]
struct Label {
    at: usize,
    text: String,
}

#[derive(Serialize)]
struct DrawnRow {
    label: Label,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Cell {
    x: usize,
    y: usize,
    class: &'static str,
    /// Drawn into it: colour alone tells nothing to many.
    mark: &'static str,
    title: Option<String>,
}

/// Ids share their beginnings.
fn short(id: &str) -> String {
    let known = id.parse::<ClinicId>().is_ok();
    if known { format!("…{}", &id[id.len() - 8..]) } else { id.to_owned() }
}

fn draw(matrix: &Matrix) -> Picture {
    let number_of = |clinic: ClinicId| matrix.rows.iter().position(|row| row.clinic == clinic).map_or(0, |at| at + 1);
    let mut rows: Vec<_> = matrix.rows.iter().collect();
    // Stable: within each kind they stay in their order.
    if rows.len() > ROWS {
        rows.sort_by_key(|row| row.cells.chars().all(|cell| matches!(cell, 'x' | '=')));
    }
    let drawn = |(at, row): (usize, &&super::report::Row)| {
        let y = TOP + at * CELL;
        let cell = |(at, (cell, column)): (usize, (char, &String))| {
            let (class, mark, said) = match cell {
                '=' => ("own", "", Some("its own, open")),
                'x' => ("refused", "", None),
                '!' => ("open", "!", Some("open")),
                '#' => ("open", "#", Some("its own, which did not open")),
                _ => ("unknown", "?", Some("not known")),
            };
            let title = said.map(|said| format!("{} at {}: {said}", row.clinic, column));
            Cell { x: LEFT + at * CELL, y, class, mark, title }
        };
        let cells = row.cells.chars().zip(&matrix.columns).enumerate().map(cell).collect();
        let text = format!("{} {}", number_of(row.clinic), short(&row.clinic.to_string()));
        DrawnRow { label: Label { at: y + CELL - 4, text }, cells }
    };
    let label = |(at, column): (usize, &String)| {
        let clinic = column.parse().ok().map(number_of);
        let text = clinic.map_or_else(|| short(column), |number| format!("{number} {}", short(column)));
        Label { at: LEFT + at * CELL + CELL - 4, text }
    };
    Picture {
        width: LEFT + matrix.columns.len() * CELL + TOP,
        height: TOP + rows.len().min(ROWS) * CELL + 4,
        columns: matrix.columns.iter().enumerate().map(label).collect(),
        left_out: rows.len().saturating_sub(ROWS),
        rows: rows.iter().take(ROWS).enumerate().map(drawn).collect(),
    }
}

/// Writes the page.
///
/// # Errors
/// When the template does not fit, which the tests would have shown.
pub fn page(report: &Report) -> anyhow::Result<String> {
    let style = include_str!("page.css");
    let stamped = report.stamped()?;
    let mut pages = Environment::new();
    pages.set_undefined_behavior(UndefinedBehavior::Strict);
    pages.set_auto_escape_callback(|_| AutoEscape::Html);
    Ok(pages.render_str(
        include_str!("page.html"),
        context! {
            policy => format!("default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'", STANDARD.encode(sha256(style.as_bytes()))),
            style => Value::from_safe_string(style.to_owned()),
            sha256 => stamped["sha256"].as_str(),
            report => minijinja::value::Serde(&stamped["report"]),
            picture => minijinja::value::Serde(draw(&report.matrix)),
            most => FINDINGS,
        },
    )?)
}
