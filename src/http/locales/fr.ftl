# Français (vouvoiement). L’espace insécable s’écrit { "\u00A0" }. Les clés sont celles de en.ftl.

## Ce que disent les statuts

title-400 = Requête incorrecte
title-401 = Authentification requise
title-403 = Accès refusé
title-404 = Introuvable
title-405 = Méthode non autorisée
title-409 = Conflit
title-412 = Condition préalable non remplie
title-413 = Contenu trop volumineux
title-415 = Type de contenu non pris en charge
title-422 = Données non valides
title-429 = Trop de requêtes
title-500 = Erreur interne du serveur
title-503 = Service indisponible

## Les requêtes illisibles

bad_request = La requête est illisible.
bad_request-host = L’en-tête Host figure plusieurs fois.
bad_request-header = L’en-tête { $name } figure plusieurs fois.
malformed_query = Les paramètres de l’adresse ne sont pas en UTF-8.
malformed_json = Le corps de la requête n’est pas du JSON valide en UTF-8.
duplicate_key = Un objet contient deux fois la même clé.
json_too_deep = Le corps de la requête comporte plus de 64 niveaux d’imbrication.
incomplete_body = Le corps de la requête n’a pas pu être lu.
invalid_cursor = Ce curseur ne provient pas de cette liste.

## L’identité de l’appelant

unauthenticated = Un jeton d’accès est requis.
token_invalid = Le jeton d’accès n’est pas valide.
token_invalid-field = n’est pas valide, a déjà été utilisé ou a expiré
token_expired = Le jeton d’accès a expiré.
token_outdated = Le rôle a changé{ "\u00A0" }: renouvelez le jeton.
session_ended = La session est terminée.
refresh_token_invalid = Le jeton de renouvellement n’est pas valide.
credentials_invalid = L’adresse ou le mot de passe est incorrect.
email_not_verified = L’adresse e-mail n’est pas encore confirmée.
no_such_membership = Vous ne travaillez pas dans ce cabinet.
clinic_suspended = Le cabinet est suspendu.
forbidden = Votre rôle ne permet pas cette opération.

## Ce qui existe et ce qui s’oppose

not_found = Il n’y a rien ici.
method_not_allowed = Cette adresse ne connaît pas cette méthode{ "\u00A0" }; Allow indique celles qu’elle connaît.
email_taken = Un compte existe déjà avec cette adresse e-mail.
company_email_taken = Un cabinet existe déjà avec cette adresse e-mail.
request_in_progress = Une requête portant cette clé est en cours de traitement.
conflict = Cela est incompatible avec les données déjà enregistrées.
reference_missing = La requête renvoie à un élément qui n’existe pas.
illegal_transition = L’état actuel de l’élément ne permet pas cette étape.
immutable = Ce qui est signé, émis ou journalisé ne peut plus être modifié.
patient_number_taken = Un autre patient porte déjà ce numéro.
patient_has_appointments = Le patient a encore des rendez-vous à venir.
merge_chain = D’autres fiches ont été fusionnées avec ce patient{ "\u00A0" }: annulez d’abord cette fusion ou fusionnez dans l’autre sens.
precondition_failed = L’élément a changé depuis la version indiquée dans If-Match.
body_too_large = Le corps de la requête dépasse { $limit } octets.
unsupported_media_type = Le corps de la requête doit être de type { $expected }.
rate_limited = Trop de requêtes{ "\u00A0" }: réessayez plus tard.
database_busy = Le service est très sollicité{ "\u00A0" }: réessayez dans un instant.
internal = L’erreur vient de nous. L’identifiant de la requête permet de la retrouver dans notre journal.

## Champs non valides : chaque phrase fait suite au nom du champ

invalid = Certains champs ne sont pas valides.
invalid-body = Le corps de la requête n’est pas valide.
invalid-field = n’est pas valide
invalid-value = Une valeur sort des limites permises.
required = est obligatoire
null = ne doit pas être nul
type = doit être de type { $expected }
unknown_field = n’est pas un champ de cette requête
unknown_field-long = contient un champ inconnu
not_allowed = doit être l’une de ces valeurs{ "\u00A0" }: { $allowed }
not_allowed-country = n’est pas un pays que nous desservons
nul = Les textes ne doivent pas contenir le caractère NUL.
too_short = doit compter au moins { $min ->
    [one] un caractère
   *[other] { $min } caractères
}
too_long = doit compter au plus { $max ->
    [one] un caractère
   *[other] { $max } caractères
}
too_many = contient trop d’éléments
too_many-words = ne doit pas dépasser six mots
same_patient = doit être un autre patient
range = sort des limites permises
range-birth = doit se situer entre 1850-01-01 et aujourd’hui
range-date = Une date sort des limites permises.
idempotency_key_reused = a déjà servi pour une autre requête
format-ascii = ne doit contenir que des caractères ASCII
format-blank = ne doit pas être vide
format-control = ne doit pas contenir de caractères de contrôle
format-country = doit être le code d’un pays en deux lettres majuscules (ISO 3166-1)
format-date = doit être une date, AAAA-MM-JJ
format-email = doit être une adresse e-mail
format-entity_tags = doit être * ou une liste de balises d’entité, par exemple "3"
format-language = doit être une langue, par exemple fr ou fr-BE
format-long = est trop long
format-nul = ne doit pas contenir le caractère NUL
format-phone = doit être un numéro de téléphone au format international, +33 …
format-short = est trop court
format-time = doit être une date avec heure selon la RFC 3339
format-time_zone = doit être un fuseau horaire de la base de l’IANA
format-uuid = doit être un UUID

## Les numéros propres aux pays

business_number_invalid = n’est pas un numéro valide ({ $name }, par exemple { $example })
vat_number_invalid = n’est pas un numéro de TVA valide ({ $country }, par exemple { $example })
postal_code_invalid = n’est pas un code postal valide ({ $country }, par exemple { $example })
phone_invalid = n’est pas un numéro de téléphone valide, par exemple { $example }
iban_invalid = n’est pas un IBAN valide

## Les rendez-vous

practitioner_busy = Le praticien a déjà un rendez-vous à cette heure.
patient_busy = Le patient a déjà un rendez-vous à cette heure.
room_busy = La salle est occupée à cette heure.
slot_held = Quelqu’un est en train de réserver ce créneau.
hold_expired = La réservation provisoire a expiré, ou porte sur un autre créneau.
not_bookable = Aucune réservation n’est possible ici ce jour-là.
licence_expired = L’autorisation d’exercer du praticien aura expiré ce jour-là.
room_elsewhere = La salle appartient à un autre site.
range-start = ne doit pas remonter à plus de dix ans ni dépasser trois ans dans l’avenir
illegal_transition-appointment = { $status ->
        [scheduled] Le rendez-vous est prévu
        [confirmed] Le rendez-vous est confirmé
        [checked-in] Le patient est arrivé
        [completed] Le rendez-vous est terminé
        [cancelled] Le rendez-vous est annulé
        [no-show] Le patient n’est pas venu
       *[other] Le rendez-vous est { $status }
    }{ "\u00A0" }: cette étape n’est pas possible.
illegal_transition-early = Le rendez-vous n’a pas encore commencé.
series_conflict = Certains jours de la série sont déjà pris.
until_or_count = ce champ ou count est obligatoire, et un seul des deux
range-series = doit se situer dans les deux ans qui suivent le premier jour, après 104 rendez-vous au plus

## L’équipe et les invitations

admins_only = Seul un administrateur peut faire cela pour un administrateur.
own_role = Personne ne modifie son propre rôle.
last_admin = Il faut un administrateur au cabinet{ "\u00A0" }: nommez d’abord quelqu’un d’autre.
no_seat = Toutes les places de l’abonnement sont prises, par l’équipe ou par des invitations en cours.
already_invited = Une invitation à cette adresse est en cours{ "\u00A0" }: renvoyez-la ou retirez-la.
already_member = Vous travaillez déjà dans ce cabinet.
already_member-address = La personne qui a cette adresse travaille déjà ici.
clinic_not_active = Le cabinet n’est pas actif.
clinic_not_suspended = Le cabinet n’est pas suspendu.
no_isolation_report = Aucun rapport d’isolation n’a encore été conservé{ "\u00A0" }: `medicalpro verify --keep` en conserve un.
platform_account = Qui gère la plateforme ne travaille dans aucun cabinet{ "\u00A0" }: utilisez une autre adresse.
account_deactivated = Le compte de cette adresse est désactivé.
practitioner_exists = Cette personne est déjà enregistrée comme praticien.
registration_number_taken = Un autre praticien a ce numéro.
missing-password = est obligatoire{ "\u00A0" }: celui avec lequel vous vous connectez
member_deactivated = Cette personne ne travaille plus ici.
missing-account = est obligatoire{ "\u00A0" }: cette adresse n’a pas encore de compte
missing-name = ne figure pas encore dans le compte de la personne
format-color = doit être une couleur en hexadécimal minuscule, comme #2e7d32

## Le cabinet, ses lieux et ses jours de fermeture

overlap = ne doit pas chevaucher d’autres horaires du même jour de la semaine
unknown_subdivision = n’est pas une partie du pays du cabinet dont les jours fériés sont connus
range-holidays = doit être le premier jour ou au plus tard trois ans après
facility_has_appointments = Des rendez-vous sont encore prévus dans ce lieu.
facility_has_hours = Des praticiens ont des horaires dans ce lieu.
facility_has_practitioners = Des praticiens exercent principalement dans ce lieu.
facility_has_rooms = Ce lieu a des salles{ "\u00A0" }: supprimez-les d’abord.
room_has_appointments = Des rendez-vous sont encore prévus dans cette salle.
room_name_taken = Une autre salle de ce lieu porte ce nom.
## Les fichiers

malformed_csv = Le fichier n’est pas en UTF-8.
malformed_csv-header = Le fichier n’a pas de ligne d’en-tête.
too_many-lines = doit compter { $max } lignes au plus
more = Non listés{ "\u00A0" }: { $count } autres champs.
cells = n’a pas autant de cellules que l’en-tête
duplicate_column = figure deux fois dans l’en-tête
unknown_column = n’est pas une colonne connue
duplicate = répète le patient de la ligne { $line }

## Les praticiens, leurs horaires, l’agenda

practitioner_has_appointments = Le praticien a encore des rendez-vous à venir.
hours_overlap = Le praticien a déjà d’autres horaires à ce moment de la semaine.
required-kind = est obligatoire pour ce type d’horaires
required-range = est obligatoire à côté de l’autre borne de la période
not_allowed-weekly = ne vaut que pour les horaires hebdomadaires
range-ends = doit être postérieur au début
range-days = ne doit pas précéder le premier jour
range-many = doit se situer dans les { $most } jours à compter du premier
too_many-appointments = La période compte plus de 5000 rendez-vous{ "\u00A0" }: demandez moins de jours, ou un seul praticien
format-clock = doit être une heure, HH:MM
## Le catalogue, les prestations et les devis

category_name_taken = Une catégorie voisine porte déjà ce nom.
category_ring = désigne la catégorie elle-même ou l’une de celles qu’elle contient
category_too_deep = se trouve trop bas{ "\u00A0" }: les catégories comptent huit niveaux au plus
category_in_use = La catégorie contient d’autres catégories ou des produits.
product_code_taken = Un autre produit porte déjà ce code.
not_a_service = est réservé aux prestations
tax_category_unknown = n’est pas une catégorie de taxe du pays du cabinet
product_decides = vient du produit{ "\u00A0" }: ne l’indiquez pas
required-product = est obligatoire en l’absence de produit
product_not_offered = Le produit n’est pas proposé le jour du rendez-vous.
nothing_accepted = Le patient n’a rien accepté qui ne figure déjà sur un devis.
quote_too_large = Ce que le patient a accepté dépasse ce qu’un devis peut contenir.
format-quantity = doit être un nombre supérieur à 0, avec trois décimales au plus

## Comptes, mots de passe et second facteur

format-code = doit être six chiffres, ou un code de secours
email_taken-change = La nouvelle adresse a entre-temps son propre compte{ "\u00A0" }: le changement est abandonné.
email_unchanged = est déjà votre adresse
password_wrong = n’est pas votre mot de passe
password_changed = Le mot de passe a été changé entre-temps.
second_factor_enrolment_required = Le cabinet demande un second facteur{ "\u00A0" }: commencez par POST /api/v1/auth/totp.
second_factor_enrolment_required-own = Qui demande un second facteur doit d’abord en avoir un.
second_factor_enrolment_required-platform = La plateforme demande un second facteur{ "\u00A0" }: commencez par POST /api/v1/auth/totp.
password_common = est l’un des mots de passe les plus courants{ "\u00A0" }: choisissez-en un autre
password_contains_name = se devine trop facilement à partir de votre nom ou adresse ou de ceux du cabinet{ "\u00A0" }: ajoutez quelques mots sans rapport avec eux
password_too_weak = est trop facile à deviner{ "\u00A0" }: ajoutez un ou deux mots peu courants
password_too_weak-dates = est trop facile à deviner{ "\u00A0" }: les dates et les années sont essayées en premier{ "\u00A0" }; utilisez quelques mots peu courants
password_too_weak-names = est trop facile à deviner{ "\u00A0" }: les noms sont essayés en premier{ "\u00A0" }; ajoutez quelques mots peu courants
password_too_weak-repetition = est trop facile à deviner{ "\u00A0" }: répéter n’ajoute presque rien{ "\u00A0" }; utilisez quelques mots peu courants
password_too_weak-keys = est trop facile à deviner{ "\u00A0" }: les suites de touches sont essayées en premier{ "\u00A0" }; utilisez quelques mots peu courants
password_too_weak-sequences = est trop facile à deviner{ "\u00A0" }: les suites telles que abc ou 6543 sont essayées en premier{ "\u00A0" }; utilisez quelques mots peu courants
code_invalid = Le code est faux ou a déjà servi.
code_invalid-field = est faux ou a déjà servi
code_required = Le code du second facteur est nécessaire.
totp_not_begun = Commencez d’abord un second facteur.
totp_enabled = Vous avez déjà un second facteur{ "\u00A0" }: désactivez-le d’abord.
totp_not_enabled = Vous n’avez pas de second facteur.
last_admin-own = Vous êtes seul à administrer un cabinet{ "\u00A0" }: nommez d’abord quelqu’un d’autre.

## Liens des patients

link_used = Ce lien a déjà été utilisé.
too_late_to_cancel = Il est trop tard pour annuler le rendez-vous ici{ "\u00A0" }: veuillez appeler le cabinet.
## Créneaux et réservations provisoires

slot_taken = Cet horaire est déjà réservé.
too_many_holds = Vous retenez déjà 20 horaires{ "\u00A0" }: réservez-en un ou libérez-en un d’abord.
range-starts = doit se situer dans l’avenir, d’ici trois ans au plus
