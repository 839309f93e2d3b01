# Português de Portugal. As chaves são as de en.ftl.

## O que dizem os estados

title-400 = Pedido incorreto
title-401 = Autenticação necessária
title-403 = Acesso recusado
title-404 = Não encontrado
title-405 = Método não permitido
title-409 = Conflito
title-412 = Condição prévia não cumprida
title-413 = Conteúdo demasiado grande
title-415 = Tipo de conteúdo não suportado
title-422 = Dados inválidos
title-429 = Demasiados pedidos
title-500 = Erro interno do servidor
title-503 = Serviço indisponível

## Os pedidos ilegíveis

bad_request = Não é possível ler o pedido.
bad_request-host = O cabeçalho Host aparece mais do que uma vez.
bad_request-header = O cabeçalho { $name } aparece mais do que uma vez.
malformed_query = Os parâmetros do endereço não estão em UTF-8.
malformed_json = O corpo do pedido não é JSON válido em UTF-8.
duplicate_key = Um objeto contém duas vezes a mesma chave.
json_too_deep = O corpo do pedido tem mais de 64 níveis de aninhamento.
incomplete_body = Não foi possível ler o corpo do pedido.
invalid_cursor = Este cursor não provém desta lista.

## Quem pergunta

unauthenticated = É necessário um token de acesso.
token_invalid = O token de acesso não é válido.
token_invalid-field = não é válido, já foi utilizado ou expirou
token_expired = O token de acesso expirou.
token_outdated = A função foi alterada: renove o token.
session_ended = A sessão terminou.
refresh_token_invalid = O token de renovação não é válido.
credentials_invalid = O endereço ou a palavra-passe está incorreto.
email_not_verified = O endereço de e-mail ainda não está confirmado.
no_such_membership = Não trabalha nesta clínica.
clinic_suspended = A clínica está suspensa.
forbidden = A sua função não permite esta operação.

## O que existe e o que entra em conflito

not_found = Não há nada aqui.
method_not_allowed = Este endereço não tem este método; Allow indica os que tem.
email_taken = Já existe uma conta com este endereço de e-mail.
company_email_taken = Já existe uma clínica com este endereço de e-mail.
request_in_progress = Um pedido com esta chave está a ser processado.
conflict = Isto entra em conflito com o que já está guardado.
reference_missing = O pedido refere-se a algo que não existe.
illegal_transition = O estado atual do elemento não permite este passo.
immutable = O que está assinado, emitido ou registado não pode ser alterado.
patient_number_taken = Outro paciente já tem este número.
patient_has_appointments = O paciente ainda tem consultas marcadas.
merge_chain = Outras fichas foram fundidas com este paciente: anule primeiro essa fusão ou funda no sentido inverso.
precondition_failed = O elemento mudou desde a versão indicada em If-Match.
body_too_large = O corpo do pedido ultrapassa { $limit } bytes.
unsupported_media_type = O corpo do pedido tem de ser application/json.
rate_limited = Demasiados pedidos: tente mais tarde.
database_busy = O serviço está ocupado: tente novamente dentro de momentos.
internal = O erro é nosso. O identificador do pedido permite encontrá-lo no nosso registo.

## Campos inválidos: cada frase segue o nome do campo

invalid = Alguns campos não são válidos.
invalid-body = O corpo do pedido não é válido.
invalid-field = não é válido
invalid-value = Um valor está fora do permitido.
required = é obrigatório
null = não pode ser nulo
type = tem de ser do tipo { $expected }
unknown_field = não é um campo deste pedido
unknown_field-long = contém um campo desconhecido
not_allowed = tem de ser um destes valores: { $allowed }
not_allowed-country = não é um país que servimos
nul = Os textos não podem conter o carácter NUL.
too_short = tem de ter pelo menos { $min ->
    [one] um carácter
   *[other] { $min } caracteres
}
too_long = pode ter no máximo { $max ->
    [one] um carácter
   *[other] { $max } caracteres
}
too_many = contém demasiados elementos
too_many-words = pode ter no máximo seis palavras
same_patient = deve ser outro paciente
range = está fora do intervalo permitido
range-birth = tem de estar entre 1850-01-01 e 2200-01-01
range-date = Uma data está fora do permitido.
idempotency_key_reused = já foi utilizado noutro pedido
format-ascii = só pode conter caracteres ASCII
format-blank = não pode estar em branco
format-control = não pode conter caracteres de controlo
format-country = tem de ser o código de um país em duas letras maiúsculas (ISO 3166-1)
format-date = tem de ser uma data, AAAA-MM-DD
format-email = tem de ser um endereço de e-mail
format-entity_tags = tem de ser * ou etiquetas de entidade, por exemplo "3"
format-language = tem de ser uma língua, por exemplo fr ou fr-BE
format-long = é demasiado longo
format-nul = não pode conter o carácter NUL
format-phone = tem de ser um número de telefone em formato internacional, +351 …
format-short = é demasiado curto
format-time = tem de ser uma data com hora segundo a RFC 3339
format-time_zone = tem de ser um fuso horário da base de dados da IANA
format-uuid = tem de ser um UUID

## Os números próprios de cada país

business_number_invalid = não é um número válido ({ $name }, por exemplo { $example })
vat_number_invalid = não é um número de IVA válido ({ $country }, por exemplo { $example })
postal_code_invalid = não é um código postal válido ({ $country }, por exemplo { $example })
phone_invalid = não é um número de telefone válido, por exemplo { $example }
iban_invalid = não é um IBAN válido

## A equipa e os convites

admins_only = Só um administrador pode fazer isto a um administrador.
own_role = Ninguém altera a própria função.
last_admin = A clínica precisa de um administrador: nomeie primeiro outra pessoa.
no_seat = Todos os lugares da subscrição estão ocupados, pela equipa ou por convites pendentes.
already_invited = Já há um convite pendente para este endereço: reenvie-o ou retire-o.
already_member = Já trabalha nesta clínica.
already_member-address = Quem tem este endereço já trabalha aqui.
clinic_not_active = A clínica não está ativa.
clinic_not_suspended = A clínica não está suspensa.
platform_account = Quem gere a plataforma não trabalha em nenhuma clínica: use outro endereço.
account_deactivated = A conta deste endereço está desativada.
practitioner_exists = Esta pessoa já está registada como profissional.
registration_number_taken = Outro profissional tem este número.
missing-password = é obrigatória: a palavra-passe com que inicia sessão
member_deactivated = Esta pessoa já não trabalha aqui.
missing-account = é obrigatório: este endereço ainda não tem conta
missing-name = ainda não consta da conta da pessoa
format-color = deve ser uma cor em hexadecimal minúsculo, como #2e7d32

## Contas, palavras-passe e segundo fator

format-code = tem de ser seis algarismos ou um código de recuperação
email_taken-change = O novo endereço já tem uma conta própria: a mudança terminou.
email_unchanged = já é o seu endereço
password_wrong = não é a sua palavra-passe
password_changed = A palavra-passe foi alterada entretanto.
second_factor_enrolment_required = A clínica exige um segundo fator: comece por POST /api/v1/auth/totp.
second_factor_enrolment_required-own = Quem exige um segundo fator precisa primeiro de ter um.
second_factor_enrolment_required-platform = A plataforma exige um segundo fator: comece por POST /api/v1/auth/totp.
password_common = é uma das palavras-passe mais comuns: escolha outra
password_contains_name = é demasiado fácil de adivinhar pelo seu nome ou endereço ou pelos da clínica: junte algumas palavras que nada tenham a ver com eles
password_too_weak = é demasiado fácil de adivinhar: junte mais uma ou duas palavras pouco comuns
password_too_weak-dates = é demasiado fácil de adivinhar: as datas e os anos são tentados primeiro; use algumas palavras pouco comuns
password_too_weak-names = é demasiado fácil de adivinhar: os nomes são tentados primeiro; junte algumas palavras pouco comuns
password_too_weak-repetition = é demasiado fácil de adivinhar: repetir acrescenta pouco; use algumas palavras pouco comuns
password_too_weak-keys = é demasiado fácil de adivinhar: as filas de teclas são tentadas primeiro; use algumas palavras pouco comuns
password_too_weak-sequences = é demasiado fácil de adivinhar: as sequências como abc ou 6543 são tentadas primeiro; use algumas palavras pouco comuns
code_invalid = O código está errado ou já foi usado.
code_invalid-field = está errado ou já foi usado
code_required = É necessário o código do segundo fator.
totp_not_begun = Comece primeiro com um segundo fator.
totp_enabled = Já tem um segundo fator: desative-o primeiro.
totp_not_enabled = Não tem um segundo fator.
last_admin-own = É a única pessoa que administra uma clínica: nomeie primeiro outra.
