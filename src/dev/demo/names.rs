//! What the demo's patients are put together from: names that are common in a language, and places with what belongs to them.

/// Names of a language.
pub struct Names {
    /// Of those born long ago, and of the others.
    pub female: [&'static [&'static str]; 2],
    /// Likewise.
    pub male: [&'static [&'static str]; 2],
    pub family: &'static [&'static str],
    /// What a front desk writes down; nothing clinical.
    pub notes: &'static [&'static str],
}

/// Where patients live.
pub struct Place {
    pub country: &'static str,
    /// ISO 639-1.
    pub language: &'static str,
    pub names: &'static Names,
    /// How many of the demo's live here.
    pub patients: usize,
    /// Postal code and town.
    pub towns: &'static [(&'static str, &'static str)],
    /// `#` stands for the number.
    pub streets: &'static [&'static str],
    /// `#` stands for a digit.
    pub phone: &'static str,
    /// The domain of their mail, under `.example`, which is nobody's (RFC 2606, section 2).
    pub mail: &'static str,
}

// Telephone numbers. Three of the countries keep numbers for fiction, which are never given out:
//   FR  01 99 00 xx xx: Arcep, numbering plan, "numéros pour œuvres audiovisuelles"
//   DE  030 23125-xxx: Bundesnetzagentur, "Rufnummern für Medienproduktionen" (drama numbers)
//   GB  07700 900xxx: Ofcom, "Numbers for use in TV and radio drama programmes"
// Of the others we know of none: theirs are right in form and from a block of zeros, which is the least likely to be anybody's.
pub const PLACES: &[Place] = &[
    Place {
        country: "FR",
        language: "fr",
        names: &FRENCH,
        patients: 23,
        towns: &[
            ("69006", "Lyon"),
            ("69003", "Lyon"),
            ("69100", "Villeurbanne"),
            ("38000", "Grenoble"),
            ("42000", "Saint-Étienne"),
        ],
        streets: &[
            "# rue des Lilas",
            "# avenue de la Gare",
            "# rue Victor-Hugo",
            "# place de l’Église",
            "# chemin du Moulin",
        ],
        phone: "+33 1 99 00 ## ##",
        mail: "courrier",
    },
    Place {
        country: "ES",
        language: "es",
        names: &SPANISH,
        patients: 6,
        towns: &[("28013", "Madrid"), ("08015", "Barcelona"), ("46002", "Valencia"), ("41001", "Sevilla")],
        streets: &["Calle Mayor, #", "Calle de la Fuente, #", "Avenida de la Constitución, #", "Plaza de España, #"],
        phone: "+34 600 000 0##",
        mail: "correo",
    },
    Place {
        country: "BE",
        language: "fr",
        names: &FRENCH,
        patients: 3,
        towns: &[("1000", "Bruxelles"), ("4000", "Liège"), ("5000", "Namur")],
        streets: &["Rue de la Station #", "Rue du Moulin #", "Avenue des Tilleuls #"],
        phone: "+32 470 00 00 ##",
        mail: "courrier",
    },
    Place {
        country: "BE",
        language: "nl",
        names: &DUTCH,
        patients: 3,
        towns: &[("2000", "Antwerpen"), ("9000", "Gent"), ("3000", "Leuven")],
        streets: &["Kerkstraat #", "Stationsstraat #", "Molenstraat #"],
        phone: "+32 470 00 00 ##",
        mail: "post",
    },
    Place {
        country: "CH",
        language: "fr",
        names: &FRENCH,
        patients: 3,
        towns: &[("1201", "Genève"), ("1003", "Lausanne"), ("2000", "Neuchâtel")],
        streets: &["Rue du Lac #", "Chemin des Vignes #", "Avenue de la Gare #"],
        phone: "+41 79 000 00 ##",
        mail: "courrier",
    },
    Place {
        country: "CH",
        language: "de",
        names: &GERMAN,
        patients: 2,
        towns: &[("8001", "Zürich"), ("3011", "Bern"), ("4051", "Basel")],
        streets: &["Bahnhofstrasse #", "Dorfstrasse #", "Seestrasse #"],
        phone: "+41 79 000 00 ##",
        mail: "post",
    },
    Place {
        country: "DE",
        language: "de",
        names: &GERMAN,
        patients: 5,
        towns: &[("10115", "Berlin"), ("10999", "Berlin"), ("12043", "Berlin"), ("14467", "Potsdam")],
        streets: &["Lindenstraße #", "Hauptstraße #", "Gartenstraße #", "Schillerstraße #"],
        phone: "+49 30 23125 ###",
        mail: "post",
    },
    Place {
        country: "IT",
        language: "it",
        names: &ITALIAN,
        patients: 5,
        towns: &[("10121", "Torino"), ("20121", "Milano"), ("50122", "Firenze"), ("00184", "Roma")],
        streets: &["Via Roma, #", "Via Garibaldi, #", "Viale dei Tigli, #", "Piazza del Mercato, #"],
        phone: "+39 320 000 00##",
        mail: "posta",
    },
    Place {
        country: "PT",
        language: "pt",
        names: &PORTUGUESE,
        patients: 5,
        towns: &[("1100-148", "Lisboa"), ("4050-014", "Porto"), ("3000-001", "Coimbra"), ("8000-001", "Faro")],
        streets: &["Rua das Flores, #", "Rua da Igreja, #", "Avenida da Liberdade, #", "Travessa do Moinho, #"],
        phone: "+351 910 000 0##",
        mail: "correio",
    },
    Place {
        country: "LU",
        language: "fr",
        names: &FRENCH,
        patients: 2,
        towns: &[("1660", "Luxembourg"), ("4010", "Esch-sur-Alzette")],
        streets: &["# rue de la Gare", "# rue des Champs"],
        phone: "+352 621 000 0##",
        mail: "courrier",
    },
    Place {
        country: "GB",
        language: "en",
        names: &ENGLISH,
        patients: 3,
        towns: &[("M1 1AE", "Manchester"), ("B33 8TH", "Birmingham"), ("CR2 6XH", "South Croydon")],
        streets: &["# Mill Lane", "# Church Road", "# Station Road"],
        phone: "+44 7700 900###",
        mail: "mail",
    },
];

static FRENCH: Names = Names {
    female: [
        &["Monique", "Françoise", "Jacqueline", "Nicole", "Thérèse", "Chantal", "Brigitte", "Odile", "Geneviève"],
        &["Camille", "Zoé", "Manon", "Chloé", "Inès", "Élodie", "Anaïs", "Léa", "Maëlle", "Aïcha", "Louise"],
    ],
    male: [
        &["Jean-Pierre", "Michel", "Gérard", "Bernard", "André", "Yves", "Roger", "François", "Alain"],
        &["Lucas", "Théo", "Mathis", "Gaël", "Hugo", "Julien", "Noé", "Raphaël", "Karim", "Léo", "Maxime"],
    ],
    family: &[
        "Martin",
        "Bernard",
        "Dubois",
        "Lefèvre",
        "Moreau",
        "Garnier",
        "Lécuyer",
        "Peltier",
        "Vasseur",
        "Chevalier",
        "Roussel",
        "Fontaine",
        "Benali",
        "Delorme",
        "Marchal",
        "D’Almeida",
        "Le Gall",
        "Nguyen",
    ],
    notes: &[
        "Préfère le matin.",
        "Facture à envoyer par courrier.",
        "Rappeler la veille du rendez-vous.",
        "Accès sans marches.",
    ],
};

static SPANISH: Names = Names {
    female: [
        &["María del Carmen", "Pilar", "Dolores", "Mercedes", "Concepción", "Begoña"],
        &["Lucía", "Nuria", "Noelia", "Martina", "Irene", "Ainhoa"],
    ],
    male: [
        &["José Antonio", "Manuel", "Íñigo", "Ángel", "Francisco", "Ramón"],
        &["Álvaro", "Raúl", "Hugo", "Iker", "Adrián", "Pablo"],
    ],
    family: &[
        "García Peña",
        "Alcántara Ruiz",
        "Zubiri Goñi",
        "Montalbán Vega",
        "Núñez Castro",
        "Ibáñez Soler",
        "Muñoz Rey",
        "Fernández Lago",
    ],
    notes: &["Prefiere las tardes.", "Llamar el día anterior."],
};

static DUTCH: Names = Names {
    female: [&["Godelieve", "Rita", "Monique", "Lieve"], &["Lotte", "Emma", "Femke", "Noor"]],
    male: [&["Luc", "Etienne", "Jozef", "Herman"], &["Wout", "Jens", "Daan", "Stijn"]],
    family: &["Peeters", "Janssens", "De Smet", "Van den Broeck", "Claes", "Goossens"],
    notes: &["Liefst ’s ochtends."],
};

static GERMAN: Names = Names {
    female: [&["Ursula", "Helga", "Renate", "Gisela", "Bärbel"], &["Lena", "Sophie", "Käthe", "Johanna", "Mia"]],
    male: [&["Jürgen", "Hans-Peter", "Günter", "Dieter", "Werner"], &["Felix", "Jonas", "Björn", "Emre", "Paul"]],
    family: &["Müller", "Schäfer", "Weiß", "Köhler", "Brandt", "Yılmaz", "Vogt", "Lindner", "Krüger"],
    notes: &["Bitte morgens anrufen.", "Kommt mit Begleitung."],
};

static ITALIAN: Names = Names {
    female: [
        &["Giuseppina", "Rosa", "Carla", "Franca", "Teresa"],
        &["Giulia", "Chiara", "Sofia", "Alessia", "Beatrice"],
    ],
    male: [
        &["Giuseppe", "Salvatore", "Franco", "Luigi", "Mario"],
        &["Matteo", "Lorenzo", "Andrea", "Niccolò", "Davide"],
    ],
    family: &["Rossi", "Esposito", "Fabbri", "D’Angelo", "Moretti", "De Luca", "Bellini", "Conti"],
    notes: &["Preferisce la mattina."],
};

static PORTUGUESE: Names = Names {
    female: [
        &["Maria da Conceição", "Fernanda", "Lurdes", "Graça"],
        &["Inês", "Beatriz", "Mafalda", "Leonor", "Joana"],
    ],
    male: [&["António", "Joaquim", "Manuel", "Armando"], &["João", "Tomás", "Gonçalo", "Simão", "Duarte"]],
    family: &["Gonçalves", "Araújo", "Simões", "Magalhães", "Nogueira", "Azevedo", "Fonseca", "Brandão"],
    notes: &["Prefere a parte da tarde."],
};

static ENGLISH: Names = Names {
    female: [&["Margaret", "Jean", "Patricia", "Doreen"], &["Olivia", "Amelia", "Priya", "Charlotte"]],
    male: [&["Kenneth", "Derek", "Geoffrey", "Brian"], &["Oliver", "Callum", "Harry", "Imran"]],
    family: &["Hartley", "O’Connor", "Whitfield", "Patel", "Bennett", "Ashworth"],
    notes: &["Prefers to be called in the afternoon."],
};
