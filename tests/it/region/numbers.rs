//! Numbers of businesses, VAT, post and telephone, by the rules of the country they are from. The rules' own samples stand beside them,
//! in `src/region/numbers/tests.rs`.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Clinic, World};

const PATIENTS: &str = "/api/v1/patients";

async fn register(world: &World, country: &str, more: &Value) -> (Value, Answer) {
    let mut body = World::registration("numbers");
    body["country"] = country.into();
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = world.send(Method::POST, "/api/v1/auth/register", Some(&body)).await;
    (body, answer)
}

/// The invalid fields and their codes, in order of the fields.
fn errors(answer: &Answer) -> Vec<(&str, &str)> {
    let mut errors: Vec<_> = answer.json["errors"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer:?}"))
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    errors.sort_unstable();
    errors
}

#[tokio::test]
async fn a_clinics_numbers_are_held_to_its_countrys_rules_and_stored_in_one_form() {
    let world = World::start().await;
    let central = world.central().await;
    let stored = "SELECT business_number, vat_number, phone, address->>'postalCode' FROM medicalpro_central.companies WHERE id = $1";
    // As written, as stored, and as another country would have it.
    for (country, written, kept, foreign) in [
        (
            "FR",
            ["732 829 320 00074", "FR 40 303 265 045", "75002"],
            ["73282932000074", "FR40303265045", "75002"],
            ["B64717838", "DE136695976", "M1 1AA"],
        ),
        (
            "ES",
            ["b-64717838", "ES B-58378431", "28013"],
            ["B64717838", "ESB58378431", "28013"],
            ["73282932000074", "LU15027442", "75002"],
        ),
        (
            "BE",
            ["0403.019.261", "BE 428759497", "1000"],
            ["0403019261", "BE0428759497", "1000"],
            ["501964843", "FR40303265045", "75002"],
        ),
        (
            "CH",
            ["CHE100155212", "che-107.787.577 iva", "8001"],
            ["CHE-100.155.212", "CHE-107.787.577 IVA", "8001"],
            ["0403019261", "DE136695976", "75002"],
        ),
        (
            "DE",
            ["181/815/08155", "136695976", "10115"],
            ["181/815/08155", "DE136695976", "10115"],
            ["SC123456", "IT00743110157", "1000"],
        ),
        (
            "IT",
            ["IT 00743110157", "00743110157", "00184"],
            ["00743110157", "IT00743110157", "00184"],
            ["B64717838", "FR40303265045", "99999"],
        ),
        (
            "PT",
            ["501 964 843", "PT 501 964 843", "1100148"],
            ["501964843", "PT501964843", "1100-148"],
            ["73282932000074", "ESB58378431", "1100"],
        ),
        (
            "LU",
            ["b 123456", "LU 150 274 42", "L-1660"],
            ["B123456", "LU15027442", "1660"],
            ["73282932000074", "BE0428759497", "75002"],
        ),
        (
            "GB",
            ["sc123456", "GB 980 7806 84", "w1a1hq"],
            ["SC123456", "GB980780684", "W1A 1HQ"],
            ["73282932000074", "FR40303265045", "75002"],
        ),
    ] {
        let of = |[business, vat, postal]: [&str; 3], phone: &str| json!({ "businessNumber": business, "vatNumber": vat, "companyPhone": phone, "address": { "postalCode": postal, "city": "x" } });
        let (_, answer) = register(&world, country, &of(written, "+33 1 42 68 53 00")).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{country}: {}", answer.json);
        let clinic: uuid::Uuid = answer.json["company"]["id"].as_str().unwrap().parse().unwrap();
        let row = central.query_one(stored, &[&clinic]).await.unwrap();
        let found: Vec<&str> = (0..4).map(|column| row.get(column)).collect();
        assert_eq!(found, [kept[0], kept[1], "+33 1 42 68 53 00", kept[2]], "{country}");

        let (body, answer) = register(&world, country, &of(foreign, "+33 1 42 68 53")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{country}: {}", answer.json);
        let all = [
            ("/address/postalCode", "postal_code_invalid"),
            ("/businessNumber", "business_number_invalid"),
            ("/companyPhone", "phone_invalid"),
            ("/vatNumber", "vat_number_invalid"),
        ];
        assert_eq!(errors(&answer), all, "{country}: all of them at once");
        let made = "SELECT count(*) FROM medicalpro_central.users WHERE email = $1";
        let email = body["email"].as_str().unwrap();
        assert_eq!(central.query_one(made, &[&email]).await.unwrap().get::<_, i64>(0), 0, "{country}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_form_is_told_together_with_what_is_wrong_with_the_numbers() {
    let world = World::start().await;
    let more =
        json!({ "businessNumber": "1", "companyPhone": "1", "email": "x", "address": { "postalCode": "1", "x": 1 } });
    let (_, answer) = register(&world, "FR", &more).await;
    let all = [
        ("/address/postalCode", "postal_code_invalid"),
        ("/address/x", "unknown_field"),
        ("/businessNumber", "business_number_invalid"),
        ("/companyPhone", "too_short"),
        ("/email", "too_short"),
    ];
    assert_eq!(errors(&answer), all);
    // Of a country that we do not serve we have no rule: the country is what is wrong.
    let (_, answer) = register(&world, "US", &json!({ "businessNumber": "1" })).await;
    assert_eq!(errors(&answer), [("/country", "not_allowed")]);
}

async fn enter(clinic: &Clinic<'_>, more: &Value) -> Answer {
    let mut body = json!({ "firstName": "Test", "lastName": "Durand" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    clinic.admin.post(PATIENTS, &body).await
}

#[tokio::test]
async fn a_patients_postal_code_is_of_the_addresss_country_else_of_the_clinics() {
    let world = World::start().await;
    let clinic = world.clinic("postal").await;
    for (address, code) in [
        (json!({ "postalCode": " 75002 " }), Some("75002")),
        (json!({ "postalCode": "w1a1hq" }), None),
        (json!({ "postalCode": "w1a1hq", "country": "GB" }), Some("W1A 1HQ")),
        (json!({ "postalCode": "75002", "country": "GB" }), None),
        (json!({ "postalCode": "1100148", "country": "PT" }), Some("1100-148")),
        // We have no rules of the United States.
        (json!({ "postalCode": "90210-1234", "country": "US" }), Some("90210-1234")),
    ] {
        let answer = enter(&clinic, &json!({ "address": address })).await;
        match code {
            Some(code) => assert_eq!(answer.json["address"]["postalCode"], code, "{address}: {answer:?}"),
            None => assert_eq!(errors(&answer), [("/address/postalCode", "postal_code_invalid")], "{address}"),
        }
    }
    // The clinic's country it is, whatever the request accepts.
    let swiss = [("accept-language", "de-CH")];
    let body = json!({ "firstName": "a", "lastName": "b", "address": { "postalCode": "8001" } });
    let answer = clinic.admin.request(Method::POST, PATIENTS, &swiss, Some(&body)).await;
    assert_eq!(errors(&answer), [("/address/postalCode", "postal_code_invalid")]);
}

#[tokio::test]
async fn a_changed_address_is_checked_as_it_will_be() {
    let world = World::start().await;
    let clinic = world.clinic("move").await;
    let entered = enter(&clinic, &json!({ "address": { "postalCode": "M1 1AA", "country": "GB" } })).await;
    let path = format!("{PATIENTS}/{}", entered.json["id"].as_str().unwrap());
    let change = async |address: Value| clinic.admin.patch(&path, &json!({ "address": address })).await;
    let refused = [("/address/postalCode", "postal_code_invalid")];

    let answer = change(json!({ "postalCode": "cr26xh" })).await;
    assert_eq!(answer.json["address"]["postalCode"], "CR2 6XH", "by the country that is stored: {answer:?}");
    assert_eq!(errors(&change(json!({ "postalCode": "75002" })).await), refused, "it lies in Great Britain");
    assert_eq!(errors(&change(json!({ "country": "FR" })).await), refused, "its code is no French one");
    assert_eq!(errors(&change(json!({ "country": null })).await), refused, "nor one of the clinic's country");
    let answer = change(json!({ "postalCode": "75002", "country": "FR" })).await;
    assert_eq!((answer.status, &answer.json["address"]["postalCode"]), (StatusCode::OK, &json!("75002")));
    assert_eq!(change(json!({ "city": "Paris" })).await.status, StatusCode::OK);
    assert_eq!(change(json!({ "postalCode": null })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_telephone_number_must_exist_in_its_countrys_plan_and_stays_as_typed() {
    let world = World::start().await;
    let clinic = world.clinic("phone").await;
    for phone in ["+33 (1) 42-68.53 00", "+44 7700 900123", "+39 06 1234 5678", "+1 202 555 0143"] {
        let answer = enter(&clinic, &json!({ "phone": phone })).await;
        assert_eq!((answer.status, &answer.json["phone"]), (StatusCode::CREATED, &json!(phone)), "{}", answer.json);
    }
    for (phone, code) in [
        ("+33 1 42 68 53", "phone_invalid"),
        ("+44 7700 90012", "phone_invalid"),
        ("+999 1234567", "phone_invalid"),
        ("01 42 68 53 00", "format"),
    ] {
        assert_eq!(errors(&enter(&clinic, &json!({ "phone": phone })).await), [("/phone", code)], "{phone}");
        let path = format!("{PATIENTS}/{}", clinic.patient("Martin").await["id"].as_str().unwrap());
        let answer = clinic.admin.patch(&path, &json!({ "phone": phone })).await;
        assert_eq!(errors(&answer), [("/phone", code)], "{phone}: a change");
    }
}
