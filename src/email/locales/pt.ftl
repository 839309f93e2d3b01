# Português europeu, formal.

direction = ltr

## Datas, horas e montantes

# Para o ICU, «pt» sem mais é o português do Brasil.
dates = pt-PT
amounts = pt-PT
day = { $weekday }, { $date }
moment = { $day }, às { $time }
moment-zoned = { $moment } ({ $zone })
money = { $code ->
    [EUR] { $sign }{ $amount }{ "\u00A0" }€
    [GBP] { $sign }{ $amount }{ "\u00A0" }£
   *[other] { $sign }{ $amount }{ "\u00A0" }{ $code }
}
minutes = { $count ->
    [one] um minuto
   *[other] { $count } minutos
}

## O que as mensagens têm em comum

greeting = Olá, { $name },
greeting-unnamed = Olá,
fact = { $label }: { $value }
link-hint = Se o botão não funcionar, copie esta ligação para o seu navegador:
signature = A equipa da MedicalPro
automatic = Esta mensagem foi enviada automaticamente. Por favor, não responda.
automatic-clinic = Esta mensagem foi enviada automaticamente em nome de { $clinic }. Por favor, não responda.
valid-minutes = A ligação é válida durante { $count ->
    [one] um minuto
   *[other] { $count } minutos
} e só funciona uma vez.
valid-hours = A ligação é válida durante { $count ->
    [one] uma hora
   *[other] { $count } horas
} e só funciona uma vez.
valid-days = A ligação é válida durante { $count ->
    [one] um dia
   *[other] { $count } dias
} e só funciona uma vez.
personal-link = Esta ligação é pessoal: não a partilhe com ninguém.
security-known = Se reconhece esta ação, não precisa de fazer nada.
security-unknown = Caso contrário, escolha de imediato outra palavra-passe em «Esqueci-me da palavra-passe», na página de início de sessão, e avise quem gere as contas da sua clínica.

## O que precede uma informação

label-when = Data e hora
label-practitioner = Com
label-duration = Duração
label-place = Local
label-phone = Telefone
label-device = Dispositivo
label-network = Rede
label-role = A sua função
label-new-email = Novo endereço
label-consent = Consentimento
label-valid-until = Válido até
label-number = Número
label-total = Montante total

## O que se faz numa clínica

role-admin = Administração
role-manager = Gestão da clínica
role-practitioner = Profissional de saúde
role-nurse = Enfermagem
role-secretary = Secretariado
role-readonly = Apenas consulta

## Verificação do endereço

verification-subject = Confirme o seu endereço de e-mail para { $clinic }
verification-intro = Obrigado por registar «{ $clinic }» na MedicalPro. Falta apenas um passo: confirme que este endereço de e-mail é seu, e a sua conta fica pronta.
verification-button = Confirmar o meu endereço
verification-ignore = Se não se registou na MedicalPro, ignore esta mensagem: sem a sua confirmação, a conta permanece fechada.

## Palavra-passe esquecida

password-reset-subject = Escolha uma nova palavra-passe
password-reset-intro = Foi pedida uma nova palavra-passe para a sua conta MedicalPro. Se o pedido foi seu, escolha-a agora: todas as suas outras sessões serão terminadas.
password-reset-button = Escolher uma palavra-passe
password-reset-ignore = Se o pedido não foi seu, ignore esta mensagem: a sua palavra-passe não será alterada.

## Palavra-passe alterada

password-changed-subject = A sua palavra-passe foi alterada
password-changed-intro = A palavra-passe da sua conta MedicalPro foi alterada.

## Acesso a partir de um dispositivo desconhecido

new-device-subject = Novo acesso à sua conta
new-device-intro = Foi iniciada sessão na sua conta MedicalPro a partir de um dispositivo que não conhecíamos.

## Convite

invitation-subject = Convite para colaborar com { $clinic }
invitation-intro = { $inviter } convida-o(a) a colaborar com «{ $clinic }» na MedicalPro.
invitation-intro-unnamed = Convidamo-lo(a) a colaborar com «{ $clinic }» na MedicalPro.
invitation-button = Aceitar o convite
invitation-ignore = Se não conhece esta clínica, ignore esta mensagem: sem o seu consentimento, nada acontecerá.

## A clínica está pronta

welcome-subject = Damos-lhe as boas-vindas à MedicalPro
welcome-intro = O seu endereço está confirmado, e «{ $clinic }» está à sua espera.
welcome-button = Iniciar sessão
welcome-next = Para começar bem, complete os dados da sua clínica e convide depois a sua equipa.

## A clínica está suspensa

suspended-subject = O acesso a { $clinic } está suspenso
suspended-intro = O acesso a «{ $clinic }» na MedicalPro foi suspenso: por agora, ninguém pode iniciar sessão.
suspended-kept = Nenhum dos seus dados foi eliminado.
suspended-contact = Para repor o acesso, ou se pensa que se trata de um engano, contacte a assistência da MedicalPro.

## Mudança de endereço: para o antigo

email-change-old-subject = Aprove o seu novo endereço de e-mail
email-change-old-intro = Foi pedida a alteração do endereço de e-mail da sua conta MedicalPro. A alteração produz efeito quando for confirmada a partir dos dois endereços.
email-change-old-button = Aprovar a alteração
email-change-old-ignore = Se o pedido não foi seu, não o aprove: o seu endereço não será alterado. Escolha também outra palavra-passe, pois alguém parece estar a usar a sua conta.

## Mudança de endereço: para o novo

email-change-new-subject = Confirme o seu novo endereço de e-mail
email-change-new-intro = Este endereço de e-mail vai passar a ser o de uma conta MedicalPro. Confirme que é seu.
email-change-new-button = Confirmar este endereço
email-change-new-ignore = Se não fez este pedido, ignore esta mensagem: sem a sua confirmação, nada muda.

## Endereço mudado: para o antigo

email-changed-subject = O seu endereço de e-mail foi alterado
email-changed-intro = A sua conta MedicalPro tem um novo endereço de e-mail. Com este já não é possível iniciar sessão.
email-changed-unknown = Caso contrário, avise de imediato a assistência da MedicalPro.

## Consultas marcadas

appointment-confirmation-subject = A sua consulta de { $moment }
appointment-confirmation-intro = A sua consulta em «{ $clinic }» está marcada.
appointment-confirmation-button = Ver a minha consulta
appointment-confirmation-note = Se não puder comparecer, avise-nos o mais cedo possível.
appointment-reminder-subject = Lembrete: a sua consulta de { $moment }
appointment-reminder-intro = Lembramos-lhe a sua consulta em «{ $clinic }».
appointment-reminder-button = Ver a minha consulta
appointment-reminder-note = Se não puder comparecer, avise-nos o mais cedo possível.
appointment-cancellation-subject = Cancelada: a sua consulta de { $moment }
appointment-cancellation-intro = A sua consulta em «{ $clinic }» foi cancelada. Não se realizará.
appointment-cancellation-button = Ver os pormenores
appointment-cancellation-note = Se desejar outra consulta, contacte-nos.
appointment-answer = A ligação permite confirmar ou cancelar.

## Consentimento por assinar

consent-to-sign-subject = Um consentimento aguarda a sua assinatura
consent-to-sign-intro = «{ $clinic }» pede-lhe que leia um consentimento e, se concordar, que o assine.
consent-to-sign-button = Ler e assinar
consent-to-sign-note = Se tiver dúvidas, esclareça-as connosco antes de assinar.

## Documento

document-sent-subject = { $kind ->
    [quote] O seu orçamento { $number }
    [credit_note] A sua nota de crédito { $number }
   *[invoice] A sua fatura { $number }
}
document-sent-intro = { $kind ->
    [quote] «{ $clinic }» envia-lhe um orçamento.
    [credit_note] «{ $clinic }» envia-lhe uma nota de crédito.
   *[invoice] «{ $clinic }» envia-lhe uma fatura.
}
document-sent-button = { $kind ->
    [quote] Ver o orçamento
    [credit_note] Ver a nota de crédito
   *[invoice] Ver a fatura
}
document-sent-note = Se tiver alguma dúvida, contacte-nos.

## A página por trás da ligação da mensagem de verificação

verify-page-title = Confirme o seu endereço de e-mail
verify-page-intro = Um clique, e a sua conta está pronta.
verify-page-button = Confirmar
verify-page-done = Obrigado: o seu endereço de e-mail está confirmado. Já pode iniciar sessão.
verify-page-failed = Esta ligação já não é válida: foi utilizada ou expirou. Pode pedir uma nova.

## As páginas por trás das ligações das mensagens

page-no-script = Esta página precisa de JavaScript para enviar a sua resposta.
page-password = Nova palavra-passe
page-password-known = A sua palavra-passe
page-password-hint = Pelo menos 12 caracteres; algumas palavras sem relação entre si formam uma boa palavra-passe.
page-first-name = Nome próprio
page-last-name = Apelido
page-terms = Aceito os termos do serviço.
reset-page-title = Escolher uma nova palavra-passe
reset-page-intro = Todos os dispositivos ligados terão de iniciar sessão de novo.
reset-page-button = Guardar a palavra-passe
reset-page-done = A sua palavra-passe foi guardada. Já pode iniciar sessão com ela.
reset-page-failed = Esta ligação já não é válida: já foi usada ou expirou. Pode pedir uma nova.
confirm-page-title = Confirmar a mudança de endereço
confirm-page-intro = O endereço muda quando as duas caixas de correio o confirmarem.
confirm-page-button = Confirmar
confirm-page-done = Obrigado: a sua conta tem o novo endereço. Inicie sessão com ele.
confirm-page-waiting = Obrigado. A outra caixa de correio também recebeu uma mensagem: o endereço muda quando for confirmado lá.
confirm-page-failed = Esta ligação já não é válida: já foi usada, expirou ou o endereço não está livre.
invitation-page-title = Juntar-se à sua equipa
invitation-page-intro = Foi convidado a trabalhar aqui:
invitation-page-button = Aceitar o convite
invitation-page-done = Boas-vindas! Já pode iniciar sessão.
invitation-page-failed = Este convite já não é válido: já foi usado, expirou ou foi retirado. Peça um novo a quem o convidou.

## A página da ligação de uma consulta, e o calendário que os profissionais subscrevem

appointment-page-clinic = Consultório
appointment-page-title = A sua consulta
appointment-page-no-script = Esta página precisa de JavaScript para mostrar a sua consulta e enviar a sua resposta: ative-o ou telefone para o consultório.
appointment-page-intro = Vai comparecer? A sua resposta avisa o consultório.
appointment-page-loading = Um momento…
appointment-page-confirm = Vou comparecer
appointment-page-cancel = Cancelar a consulta
appointment-page-sure = Quer mesmo cancelar esta consulta?
appointment-page-sure-yes = Sim, cancelar
appointment-page-sure-no = Não, manter
appointment-page-confirmed = Obrigado: a sua consulta está confirmada.
appointment-page-cancelled = A sua consulta está cancelada. Não se realizará.
appointment-page-late = É demasiado tarde para cancelar a consulta aqui: por favor, telefone para o consultório.
appointment-page-used = Já respondeu através desta ligação.
appointment-page-failed = Esta ligação não é válida: está incompleta, ou a consulta já passou, foi alterada ou foi cancelada. Por favor, contacte o consultório.
appointment-page-retry = Não foi possível. Tente novamente dentro de momentos.
appointment-page-again = Tentar novamente
appointment-page-call = Se não puder comparecer, por favor telefone para o consultório.
calendar-name = Consultas
calendar-event = Consulta
