//! `mail preview`: a folder that shows every mail, and nobody's files harmed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use medicalpro::central::outbox::Kind;
use medicalpro::region::{Language, Region};
use serde_json::Value;

use crate::support::process::run;

/// A place for a folder; deleted with this.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("medicalpro-test-preview-{}", uuid::Uuid::now_v7().simple())))
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn files(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn the_preview_shows_every_mail_in_every_language_and_some_in_every_region() {
    let place = Place::new();
    let (code, out, said) = run(["mail", "preview", place.name(), "--json"], &[]).await;
    assert_eq!((code, &*said), (0, ""));
    let out: Value = serde_json::from_str(&out).unwrap();
    let index = place.0.join("index.html");
    assert_eq!(out["index"], index.to_str().unwrap());

    let files = files(&place.0);
    let mails: BTreeSet<&str> = files.iter().filter_map(|file| file.strip_suffix(".txt")).collect();
    assert_eq!(out["mails"], mails.len());
    assert_eq!(files.len(), 2 * mails.len() + 1, "as HTML and as text, and the page");
    let patients = [
        "appointment_confirmation",
        "appointment_reminder",
        "appointment_cancellation",
        "consent_to_sign",
        "document_sent",
    ];
    for kind in Kind::ALL.map(Kind::name).into_iter().chain(patients) {
        for language in Language::all() {
            let here = |mail: &&&str| mail.starts_with(kind) && mail.contains(&format!(".{language}-"));
            assert!(mails.iter().any(|mail| here(&mail)), "{kind} in {language}");
        }
    }
    for region in Region::all() {
        assert!(mails.contains(&*format!("appointment_reminder.{}-{}", region.language(), region.country)));
    }

    let page = std::fs::read_to_string(index).unwrap();
    for mail in mails {
        assert!(
            page.contains(&format!("src=\"{mail}.html\"")) && page.contains(&format!("href=\"{mail}.txt\"")),
            "{mail}"
        );
        let html = std::fs::read_to_string(place.0.join(format!("{mail}.html"))).unwrap();
        assert!(html.contains("prefers-color-scheme: dark") && html.trim_end().ends_with("</html>"), "{mail}");
    }
    assert!(!page.contains("<script") && !page.contains("src=\"http") && !page.contains("url("), "self-contained");
    assert!(page.contains("prefers-color-scheme: dark"));
}

#[tokio::test]
async fn a_preview_goes_into_a_new_folder_an_empty_one_or_an_earlier_preview_and_into_no_other() {
    let place = Place::new();
    std::fs::create_dir(&place.0).unwrap();
    let theirs = place.0.join("theirs.txt");
    for (name, content) in [("theirs.txt", "theirs"), ("index.html", "<!doctype html>theirs")] {
        std::fs::write(place.0.join(name), content).unwrap();
        let before = files(&place.0);
        let (code, out, said) = run(["mail", "preview", place.name()], &[]).await;
        assert_eq!((code, &*out), (1, ""));
        assert!(said.contains("not empty") && said.contains("nothing was written"), "{said}");
        assert_eq!(files(&place.0), before);
        assert_eq!(std::fs::read_to_string(place.0.join(name)).unwrap(), content);
        std::fs::remove_file(place.0.join(name)).unwrap();
    }

    let (code, out, said) = run(["mail", "preview", place.name()], &[]).await;
    assert_eq!((code, &*said), (0, ""), "control: it is empty now");
    assert!(out.contains("mails") && out.contains("index.html"), "{out}");
    let before = files(&place.0);
    std::fs::write(place.0.join("welcome.en-GB.txt"), "old").unwrap();
    std::fs::write(&theirs, "theirs").unwrap();
    assert_eq!(run(["mail", "preview", place.name()], &[]).await.0, 0, "an earlier preview is written anew");
    assert_ne!(std::fs::read_to_string(place.0.join("welcome.en-GB.txt")).unwrap(), "old");
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs", "and nothing else touched");
    assert_eq!(files(&place.0).len(), before.len() + 1);
}

#[tokio::test]
async fn a_preview_that_cannot_be_written_says_so() {
    let place = Place::new();
    std::fs::write(&place.0, "a file").unwrap();
    let (code, out, said) = run(["mail", "preview", place.name()], &[]).await;
    assert_eq!((code, &*out), (1, ""));
    assert!(said.contains("cannot make") && said.contains(place.name()), "{said}");
    std::fs::remove_file(&place.0).unwrap();
    let (code, _, said) = run(["mail", "preview"], &[]).await;
    assert_eq!((code, said.contains("<DIRECTORY>")), (2, true), "{said}");
    let (_, help, _) = run(["mail", "preview", "--help"], &[]).await;
    assert!(help.contains("every mail") && help.contains("index.html") && help.contains("--json"), "{help}");
}
