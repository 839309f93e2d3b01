//! The verification mail: whole in the clinic's language, and the page that its link leads to.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{mails, post, register, token_of};
use crate::support::World;

/// Words of one language only: in subject, text and page.
const SAYS: [(&str, [&str; 3]); 3] = [
    ("en", ["Confirm your e-mail address", "valid for 24 hours", "your e-mail address"]),
    ("fr", ["Confirmez votre adresse e-mail", "valable 24\u{a0}heures", "votre adresse e-mail"]),
    ("es", ["Confirme su dirección de correo", "durante 24 horas", "su dirección de correo"]),
];

fn says(language: &str) -> [&'static str; 3] {
    SAYS.iter().find(|(known, _)| *known == language).unwrap().1
}

#[tokio::test]
async fn mail_is_in_the_clinics_language_which_is_its_regions_unless_it_says_otherwise() {
    let world = World::start().await;
    for (country, asked, language, currency) in [
        ("FR", None, "fr", "EUR"),
        ("ES", None, "es", "EUR"),
        ("GB", None, "en", "GBP"),
        ("ES", Some("fr"), "fr", "EUR"),
        ("FR", Some("en"), "en", "EUR"),
        ("GB", Some("es"), "es", "GBP"),
        ("BE", Some("fr-BE"), "fr", "EUR"),
    ] {
        let mut more = json!({ "country": country, "companyName": "Cabinet <du> Parc", "firstName": "Zoé" });
        if let Some(asked) = asked {
            more["language"] = json!(asked);
        }
        let (email, registered) = register(&world, "mail", &more).await;
        assert_eq!(registered.json["company"]["language"], language, "{country} {asked:?}");
        assert_eq!(registered.json["company"]["currency"], currency);
        assert_eq!(registered.json["user"]["language"], language);
        let mail = mails(&world, &email, 1).await.remove(0);
        let [subject, validity, _] = says(language);
        assert!(mail.subject.starts_with(subject), "{country} {asked:?}: {}", mail.subject);
        assert!(mail.subject.contains("Cabinet <du> Parc") && mail.text.contains("Zoé"), "{}", mail.text);
        assert!(mail.text.contains(validity) && mail.html.contains(&format!("<html lang=\"{language}\"")));
        assert!(!mail.html.contains("<du>"), "a name is no markup");
        for (other, words) in SAYS.iter().filter(|(other, _)| *other != language) {
            assert!(!mail.text.contains(words[1]), "{country} {asked:?}: not in {other} as well");
        }
        let link = &mail.links[0];
        assert!(link.contains(&format!("/verify-email?lang={language}#token=")), "{link}");
        assert!(mail.html.contains(token_of(&mail)), "the button leads where the text does");
    }
}

#[tokio::test]
async fn the_link_leads_to_a_page_that_asks_for_a_click_and_uses_nothing_up() {
    let world = World::start().await;
    let (email, _) = register(&world, "page", &json!({})).await;
    let mail = mails(&world, &email, 1).await.remove(0);
    // As a mail scanner does: follows the link; what is behind the # stays with the browser.
    let path = mail.links[0].split_once("/verify-email").unwrap().1.split_once('#').unwrap().0;
    for _ in 0..3 {
        let page = world.send(Method::GET, &format!("/verify-email{path}"), None).await;
        assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
        assert!(page.text.contains("<html lang=\"fr\"") && page.text.contains("<button"), "{}", page.text);
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(page.header("referrer-policy"), "no-referrer");
    }
    for (asked, accepted, language) in
        [("?lang=es", "fr", "es"), ("", "fr-CA,en;q=0.5", "fr"), ("", "tlh", "en"), ("?lang=%3Cscript%3E", "", "en")]
    {
        let headers = [("accept-language", accepted)];
        let page = world.request(Method::GET, &format!("/verify-email{asked}"), None, &headers, None).await;
        assert!(
            page.text.contains(&format!("<html lang=\"{language}\"")) && page.text.contains(says(language)[2]),
            "{asked}"
        );
    }
    for (page, field) in
        [("reset-password", "new-password"), ("accept-invitation", "given-name"), ("confirm-email", "submit")]
    {
        let page = world.send(Method::GET, &format!("/{page}?lang=it"), None).await;
        assert!(page.text.contains("<html lang=\"it\"") && page.text.contains(field), "{}", page.text);
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    }
    for asset in ["/link.js", "/pages.css"] {
        assert_eq!(world.send(Method::GET, asset, None).await.status, StatusCode::OK, "{asset}");
    }
    assert_eq!(world.send(Method::GET, "/dev/mail", None).await.status, StatusCode::NOT_FOUND, "in development only");
    let verified = post(&world, "verify-email", &json!({ "token": token_of(&mail) })).await;
    assert_eq!(verified.status, StatusCode::NO_CONTENT);
    // Whoever has proven the address is welcome: said once, without a token.
    let welcome = mails(&world, &email, 2).await.remove(0);
    assert_eq!(
        (welcome.subject.as_str(), welcome.links.iter().any(|link| link.contains("token="))),
        ("Bienvenue sur MedicalPro", false)
    );
}
