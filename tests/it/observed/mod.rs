//! What can be observed of the processes: metrics on a listener of their own, logs with the request and the clinic of each line, and in
//! neither a secret or anything of a patient.

mod logs;
mod metrics;

use serde_json::Value;

use crate::support::process::Process;

/// Where a process shows its metrics: `http://127.0.0.1:port`.
pub async fn shown_at(process: &mut Process) -> String {
    let line: Value = serde_json::from_str(&process.line("\"showing metrics\"").await).unwrap();
    format!("http://{}", line["address"].as_str().unwrap())
}

/// What a listener answers: status and text.
async fn get(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// All that a process counts.
pub async fn counts(shown_at: &str) -> Counts {
    let (status, text) = get(&format!("{shown_at}/metrics")).await;
    assert_eq!(status, 200, "{text}");
    Counts(text)
}

/// Metrics in the text format.
pub struct Counts(String);

impl Counts {
    /// The value of a series, `name{label="value"}`; nothing where there is none.
    pub fn find(&self, series: &str) -> Option<f64> {
        let line = self.0.lines().find_map(|line| line.strip_prefix("medicalpro_")?.strip_prefix(series));
        line.and_then(|rest| rest.strip_prefix(' ')).map(|value| value.parse().unwrap())
    }

    fn of(&self, series: &str) -> f64 {
        self.find(series).unwrap_or_else(|| panic!("no {series} in\n{}", self.0))
    }
}
