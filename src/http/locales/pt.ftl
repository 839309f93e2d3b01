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
unsupported_media_type = O corpo do pedido tem de ser { $expected }.
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
range-birth = tem de estar entre 1850-01-01 e hoje
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

## As consultas

practitioner_busy = O profissional já tem outra consulta a esta hora.
patient_busy = O paciente já tem outra consulta a esta hora.
room_busy = A sala está ocupada a esta hora.
slot_held = Alguém está a marcar este horário.
hold_expired = A reserva provisória expirou ou é de outro horário.
not_bookable = Não é possível marcar para esse dia.
licence_expired = A licença do profissional terá expirado nesse dia.
room_elsewhere = A sala pertence a outro local.
range-start = não pode recuar mais de dez anos nem ir além de três anos no futuro
illegal_transition-appointment = { $status ->
        [scheduled] A consulta está marcada
        [confirmed] A consulta está confirmada
        [checked-in] O paciente já chegou
        [completed] A consulta terminou
        [cancelled] A consulta foi cancelada
        [no-show] O paciente não compareceu
       *[other] A consulta está { $status }
    }: este passo não é possível.
illegal_transition-early = A consulta ainda não começou.
series_conflict = Alguns dias da série já estão ocupados.
until_or_count = é obrigatório este campo ou count
range-series = tem de estar dentro dos dois anos seguintes ao primeiro dia, após 104 consultas no máximo

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
no_isolation_report = Ainda não foi guardado nenhum relatório de isolamento: `medicalpro verify --keep` guarda um.
platform_account = Quem gere a plataforma não trabalha em nenhuma clínica: use outro endereço.
account_deactivated = A conta deste endereço está desativada.
practitioner_exists = Esta pessoa já está registada como profissional.
registration_number_taken = Outro profissional tem este número.
missing-password = é obrigatória: a palavra-passe com que inicia sessão
member_deactivated = Esta pessoa já não trabalha aqui.
missing-account = é obrigatório: este endereço ainda não tem conta
missing-name = ainda não consta da conta da pessoa
format-color = deve ser uma cor em hexadecimal minúsculo, como #2e7d32

## A clínica, as suas instalações e os dias de encerramento

overlap = não deve sobrepor-se a outro horário do mesmo dia da semana
unknown_subdivision = não é uma parte do país da clínica cujos feriados sejam conhecidos
range-holidays = deve ser o primeiro dia ou no máximo três anos depois
facility_has_appointments = O estabelecimento tem consultas por realizar.
facility_has_hours = Há profissionais com horário neste estabelecimento.
facility_has_practitioners = Há profissionais que trabalham principalmente neste estabelecimento.
facility_has_rooms = O estabelecimento tem salas: elimine-as primeiro.
room_has_appointments = A sala tem consultas por realizar.
room_name_taken = Outra sala do estabelecimento tem este nome.
## Os ficheiros

malformed_csv = O ficheiro não está em UTF-8.
malformed_csv-header = O ficheiro não tem linha de cabeçalho.
too_many-lines = tem de ter no máximo { $max } linhas
more = Não listados: outros { $count } campos.
cells = não tem tantas células como o cabeçalho
duplicate_column = figura duas vezes no cabeçalho
unknown_column = não é uma coluna conhecida
duplicate = repete o paciente da linha { $line }

## Os profissionais, os seus horários, a agenda

practitioner_has_appointments = O profissional ainda tem consultas marcadas.
hours_overlap = O profissional já tem outro horário a essa hora da semana.
required-kind = é obrigatório neste tipo de horário
required-range = é obrigatório a par do outro extremo do período
not_allowed-weekly = só se aplica aos horários semanais
range-ends = tem de ser posterior ao início
range-days = não pode ser anterior ao primeiro dia
range-many = tem de estar dentro dos { $most } dias a contar do primeiro
too_many-appointments = O período tem mais de 5000 consultas: peça menos dias ou um só profissional
format-clock = tem de ser uma hora, HH:MM
## O catálogo, os atos e os orçamentos

category_name_taken = Outra categoria ao mesmo nível já tem este nome.
category_ring = é a própria categoria ou está dentro dela
category_too_deep = está demasiado fundo: as categorias têm no máximo oito níveis
category_in_use = A categoria contém outras categorias ou produtos.
product_code_taken = Outro produto já tem este código.
not_a_service = é só para serviços
tax_category_unknown = não é uma categoria fiscal do país da clínica
product_decides = é definido pelo produto: não o indique
required-product = é obrigatório quando não há produto
product_not_offered = O produto não é oferecido no dia da consulta.
nothing_accepted = O paciente não aceitou nada que não esteja já num orçamento.
quote_too_large = O que o paciente aceitou excede o que cabe num orçamento.
format-quantity = tem de ser um número superior a 0 com três casas decimais, no máximo

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

## Ligações dos doentes

link_used = Esta ligação já foi utilizada.
too_late_to_cancel = É demasiado tarde para cancelar a consulta aqui: telefone para o consultório.
## Horários livres e reservas provisórias

slot_taken = Este horário já está reservado.
too_many_holds = Já retém 20 horários: reserve ou liberte um primeiro.
range-starts = deve situar-se no futuro, no máximo a três anos
