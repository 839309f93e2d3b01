//! The regions, one entry each.

use chrono::Weekday::{Mon, Sun};
use chrono_tz::Tz;

use super::AddressPart::{City, Line1, Line2, PostalCode};
use super::TaxCategory::{ExemptHealthcare, Intermediate, Reduced, Standard, SuperReduced, Zero};
use super::numbers::{business, postal, vat};
use super::{AddressPart, Numbering, Region, Retention, RetentionBasis, Tax, TaxCategory, TaxRate};

pub(super) static REGIONS: &[Region] = &[
    Region {
        country: "FR",
        default_language: "fr",
        time_zone: Tz::Europe__Paris,
        currency: "EUR",
        address: CODE_AND_TOWN,
        // Metropolitan France; articles 294 to 297 set other rates for Corsica and overseas.
        tax: Tax {
            label: "TVA",
            rates: &[
                rate(Standard, 2000, "Code général des impôts, art. 278"),
                rate(Intermediate, 1000, "Code général des impôts, art. 278 bis à 279-0 bis"),
                rate(Reduced, 550, "Code général des impôts, art. 278-0 bis"),
                // Medicines that the health insurance reimburses.
                rate(SuperReduced, 210, "Code général des impôts, art. 281 octies"),
                rate(ExemptHealthcare, 0, "Code général des impôts, art. 261, 4, 1°"),
            ],
        },
        first_weekday: Mon,
        // Written for health establishments; the Ordre des médecins advises practices to follow it.
        retention: law(20, "Code de la santé publique, art. R. 1112-7"),
        numbering: Numbering { patient: "PAT", quote: "DEV", invoice: "FAC", credit_note: "AVO" },
        business_number: business::SIRET,
        vat_number: vat::FR,
        postal_code: postal::FR,
        phone_example: "+33 1 99 00 12 34",
    },
    Region {
        country: "ES",
        default_language: "es",
        // The Canary Islands are an hour behind: their clinics say Atlantic/Canary.
        time_zone: Tz::Europe__Madrid,
        currency: "EUR",
        address: CODE_AND_TOWN,
        // Without the Canary Islands, Ceuta and Melilla, which lie outside the VAT's territory (art. 3).
        tax: Tax {
            label: "IVA",
            rates: &[
                rate(Standard, 2100, "Ley 37/1992, art. 90.Uno"),
                rate(Reduced, 1000, "Ley 37/1992, art. 91.Uno"),
                rate(SuperReduced, 400, "Ley 37/1992, art. 91.Dos"),
                rate(ExemptHealthcare, 0, "Ley 37/1992, art. 20.Uno.3.º"),
            ],
        },
        first_weekday: Mon,
        // The State's minimum; several autonomous communities ask for more, which the clinic sets.
        retention: law(5, "Ley 41/2002, art. 17.1"),
        // A correction is a "factura rectificativa", in a series of its own (Real Decreto 1619/2012, art. 6.1.a).
        numbering: Numbering { patient: "PAC", quote: "PRE", invoice: "FAC", credit_note: "REC" },
        // Of companies too: the CIF of old is called NIF since Real Decreto 1065/2007.
        business_number: business::NIF,
        vat_number: vat::ES,
        postal_code: postal::ES,
        phone_example: "+34 600 000 012",
    },
    Region {
        country: "BE",
        // Dutch is the language of most; it is not yet one of ours.
        default_language: "fr",
        time_zone: Tz::Europe__Brussels,
        currency: "EUR",
        address: CODE_AND_TOWN,
        tax: Tax {
            label: "TVA",
            rates: &[
                rate(Standard, 2100, "Arrêté royal n° 20 du 20 juillet 1970, art. 1er"),
                rate(Intermediate, 1200, "Arrêté royal n° 20 du 20 juillet 1970, art. 1er et tableau B"),
                rate(Reduced, 600, "Arrêté royal n° 20 du 20 juillet 1970, art. 1er et tableau A"),
                rate(ExemptHealthcare, 0, "Code de la TVA, art. 44, § 1er"),
            ],
        },
        first_weekday: Mon,
        // And at most 50.
        retention: law(30, "Loi du 22 avril 2019 relative à la qualité de la pratique des soins de santé, art. 35"),
        numbering: Numbering { patient: "PAT", quote: "DEV", invoice: "FAC", credit_note: "NC" },
        business_number: business::BCE,
        vat_number: vat::BE,
        postal_code: postal::BE,
        phone_example: "+32 470 00 00 12",
    },
    Region {
        country: "CH",
        default_language: "de",
        time_zone: Tz::Europe__Zurich,
        currency: "CHF",
        address: CODE_AND_TOWN,
        tax: Tax {
            label: "MWST",
            rates: &[
                rate(Standard, 810, "MWSTG (SR 641.20), Art. 25 Abs. 1"),
                // Lodging.
                rate(Intermediate, 380, "MWSTG (SR 641.20), Art. 25 Abs. 4"),
                rate(Reduced, 260, "MWSTG (SR 641.20), Art. 25 Abs. 2"),
                rate(ExemptHealthcare, 0, "MWSTG (SR 641.20), Art. 21 Abs. 2 Ziff. 2 und 3"),
            ],
        },
        first_weekday: Mon,
        // The cantons' laws differ; claims for personal injury lapse only after 20 years.
        retention: conservative(20, "Cantonal law; limitation of claims: OR (SR 220), Art. 128a"),
        numbering: Numbering { patient: "PAT", quote: "OFF", invoice: "RE", credit_note: "GU" },
        business_number: business::UID,
        vat_number: vat::CH,
        postal_code: postal::CH,
        phone_example: "+41 79 000 00 12",
    },
    Region {
        country: "DE",
        default_language: "de",
        time_zone: Tz::Europe__Berlin,
        currency: "EUR",
        address: CODE_AND_TOWN,
        tax: Tax {
            label: "USt",
            rates: &[
                rate(Standard, 1900, "UStG, § 12 Abs. 1"),
                rate(Reduced, 700, "UStG, § 12 Abs. 2"),
                rate(ExemptHealthcare, 0, "UStG, § 4 Nr. 14"),
            ],
        },
        first_weekday: Mon,
        retention: law(10, "BGB, § 630f Abs. 3"),
        // "Rechnungskorrektur": to the VAT act a "Gutschrift" is an invoice that the buyer writes (UStG, § 14 Abs. 2).
        numbering: Numbering { patient: "PAT", quote: "ANG", invoice: "RE", credit_note: "KOR" },
        // What a practice has to put on an invoice if it has no VAT number (UStG, § 14 Abs. 4 Nr. 2).
        business_number: business::STEUERNUMMER,
        vat_number: vat::DE,
        postal_code: postal::DE,
        phone_example: "+49 30 23125 012",
    },
    Region {
        country: "IT",
        default_language: "it",
        time_zone: Tz::Europe__Rome,
        currency: "EUR",
        address: CODE_AND_TOWN,
        tax: Tax {
            label: "IVA",
            rates: &[
                rate(Standard, 2200, "D.P.R. 633/1972, art. 16"),
                rate(Intermediate, 1000, "D.P.R. 633/1972, art. 16 e Tabella A, parte III"),
                rate(Reduced, 500, "D.P.R. 633/1972, art. 16 e Tabella A, parte II-bis"),
                rate(SuperReduced, 400, "D.P.R. 633/1972, art. 16 e Tabella A, parte II"),
                rate(ExemptHealthcare, 0, "D.P.R. 633/1972, art. 10, n. 18"),
            ],
        },
        first_weekday: Mon,
        retention: conservative(UNCERTAIN, "No rule that we are sure of for practices outside hospitals (2025)"),
        numbering: Numbering { patient: "PAZ", quote: "PRE", invoice: "FAT", credit_note: "NC" },
        business_number: business::PARTITA_IVA,
        vat_number: vat::IT,
        postal_code: postal::IT,
        phone_example: "+39 320 000 0012",
    },
    Region {
        country: "PT",
        default_language: "pt",
        // The Azores are an hour behind: their clinics say Atlantic/Azores.
        time_zone: Tz::Europe__Lisbon,
        currency: "EUR",
        address: CODE_AND_TOWN,
        // The mainland; number 3 of the article lowers the rates for the Azores and Madeira.
        tax: Tax {
            label: "IVA",
            rates: &[
                rate(Standard, 2300, "Código do IVA, art. 18.º, n.º 1, c)"),
                rate(Intermediate, 1300, "Código do IVA, art. 18.º, n.º 1, b)"),
                rate(Reduced, 600, "Código do IVA, art. 18.º, n.º 1, a)"),
                rate(ExemptHealthcare, 0, "Código do IVA, art. 9.º, 1) e 2)"),
            ],
        },
        first_weekday: Sun,
        retention: conservative(UNCERTAIN, "No rule that we are sure of for practices outside hospitals (2025)"),
        numbering: Numbering { patient: "PAC", quote: "ORC", invoice: "FT", credit_note: "NC" },
        business_number: business::NIPC,
        vat_number: vat::PT,
        postal_code: postal::PT,
        phone_example: "+351 910 000 012",
    },
    Region {
        country: "LU",
        default_language: "fr",
        time_zone: Tz::Europe__Luxembourg,
        currency: "EUR",
        address: CODE_AND_TOWN,
        tax: Tax {
            label: "TVA",
            rates: &[
                rate(Standard, 1700, "Loi modifiée du 12 février 1979 (TVA), art. 39 et 40"),
                rate(Intermediate, 1400, "Loi modifiée du 12 février 1979 (TVA), art. 39 et 40"),
                rate(Reduced, 800, "Loi modifiée du 12 février 1979 (TVA), art. 39 et 40"),
                rate(SuperReduced, 300, "Loi modifiée du 12 février 1979 (TVA), art. 39 et 40"),
                rate(ExemptHealthcare, 0, "Loi modifiée du 12 février 1979 (TVA), art. 44, paragraphe 1er"),
            ],
        },
        first_weekday: Mon,
        // The law of 24 July 2014 on patients' rights is to be read before this is lowered.
        retention: conservative(
            UNCERTAIN,
            "Loi du 24 juillet 2014 (droits et obligations du patient), to be confirmed",
        ),
        numbering: Numbering { patient: "PAT", quote: "DEV", invoice: "FAC", credit_note: "NC" },
        business_number: business::RCS,
        vat_number: vat::LU,
        postal_code: postal::LU,
        phone_example: "+352 621 000 012",
    },
    Region {
        country: "GB",
        default_language: "en",
        time_zone: Tz::Europe__London,
        currency: "GBP",
        address: TOWN_THEN_CODE,
        tax: Tax {
            label: "VAT",
            rates: &[
                rate(Standard, 2000, "Value Added Tax Act 1994, s. 2(1)"),
                rate(Reduced, 500, "Value Added Tax Act 1994, s. 29A and Schedule 7A"),
                rate(Zero, 0, "Value Added Tax Act 1994, s. 30 and Schedule 8"),
                rate(ExemptHealthcare, 0, "Value Added Tax Act 1994, s. 31 and Schedule 9, Group 7"),
            ],
        },
        first_weekday: Mon,
        // The NHS's code of practice gives several periods by kind of record; it is no statute.
        retention: conservative(UNCERTAIN, "No statute; NHS Records Management Code of Practice 2021"),
        numbering: Numbering { patient: "PAT", quote: "QUO", invoice: "INV", credit_note: "CN" },
        business_number: business::COMPANY_NUMBER,
        vat_number: vat::GB,
        postal_code: postal::GB,
        phone_example: "+44 7700 900123",
    },
];

/// As on the continent.
const CODE_AND_TOWN: &[&[AddressPart]] = &[&[Line1], &[Line2], &[PostalCode, City]];

/// The code stands alone and last.
const TOWN_THEN_CODE: &[&[AddressPart]] = &[&[Line1], &[Line2], &[City], &[PostalCode]];

/// The longest minimum that one of the laws above sets: long enough wherever we know of no rule.
const UNCERTAIN: u16 = 30;

const fn rate(category: TaxCategory, basis_points: u16, source: &'static str) -> TaxRate {
    TaxRate { category, basis_points, source }
}

const fn law(years: u16, source: &'static str) -> Retention {
    Retention { years, basis: RetentionBasis::Law, source }
}

const fn conservative(years: u16, source: &'static str) -> Retention {
    Retention { years, basis: RetentionBasis::Conservative, source }
}
