// Shows the appointment of the link's token, and sends the answer when a button is pressed: mail scanners follow links, and press nothing.
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
const lang = document.documentElement.lang;
const part = (id) => document.getElementById(id);
const headers = { 'Content-Type': 'application/json', 'Accept-Language': lang };
const post = (step) =>
  fetch(`/api/v1/links/appointment${step}`, { method: 'POST', headers, body: JSON.stringify({ token }) }).catch(() => null);

// One of these at a time, and what was said last.
const STEPS = ['loading', 'choice', 'sure', 'again'];
const step = (...shown) => STEPS.forEach((id) => (part(id).hidden = !shown.includes(id)));
// Screen readers announce what changes in a place that is already there.
const say = async (news) => {
  part('news').textContent = '';
  part('news').hidden = false;
  await new Promise((done) => setTimeout(done, 100));
  part('news').textContent = document.querySelector(`template[data-news="${news}"]`).content.textContent;
};
// What was pressed is gone: whoever uses the keyboard or a screen reader goes on at what came of it.
const tell = async (news) => {
  await say(news);
  part('news').focus();
};
// The server is busy or out of reach: nothing was done.
const busy = (response) => !response || response.status >= 500 || response.status === 429;

const fill = (name, texts) => {
  const place = document.querySelector(`[data-fact="${name}"]`);
  const lines = texts.filter(Boolean);
  place.replaceChildren(...lines.flatMap((line, at) => (at ? [document.createElement('br'), line] : [line])));
  place.hidden = place.previousElementSibling.hidden = !lines.length;
};

const facts = (about) => {
  for (const name of ['when', 'practitioner', 'clinic']) fill(name, [about[name]]);
  fill('place', about.place);
  fill('phone', [about.phone]);
  if (about.phone) {
    const call = document.createElement('a');
    call.href = `tel:${about.phone.replace(/[^+\d]/g, '')}`;
    call.textContent = about.phone;
    document.querySelector('[data-fact="phone"]').replaceChildren(call);
  }
  part('facts').hidden = false;
};

// Whether there is an appointment to show.
const present = async () => {
  part('news').hidden = true;
  step('loading');
  const response = await post('');
  if (busy(response)) {
    step('again');
    return tell('retry');
  }
  if (!response.ok) {
    step();
    return tell('failed');
  }
  const about = await response.json();
  const address = new URLSearchParams(location.search);
  if (about.language !== lang && address.get('lang') !== about.language) {
    return location.replace(`?lang=${encodeURIComponent(about.language)}${location.hash}`);
  }
  facts(about);
  part('intro').hidden = part('confirm').hidden = !about.confirmable;
  part('cancel').hidden = !about.cancellable;
  part('call').hidden = about.cancellable || about.answer === 'cancelled' || !about.phone;
  if (about.answer) say(about.answer);
  step(about.confirmable || about.cancellable ? 'choice' : '');
  return true;
};

// While an answer is on its way nothing else is pressed; buttons that were disabled would lose the focus.
let sending = false;
const send = (now) => {
  sending = now;
  part('loading').hidden = !now;
  document.querySelectorAll('button').forEach((button) => button.setAttribute('aria-disabled', now));
};
const press = (id, event, then) =>
  part(id).addEventListener(event, (pressed) => {
    pressed.preventDefault();
    if (!sending) then();
  });

const answer = async (name, news) => {
  send(true);
  const response = await post(`/${name}`);
  send(false);
  if (busy(response)) return tell('retry');
  const problem = response.ok ? {} : await response.json().catch(() => ({}));
  step(problem.code === 'too_late_to_cancel' && !part('confirm').hidden ? 'choice' : '');
  part('call').hidden = (response.ok && name === 'cancel') || part('facts').hidden;
  if (problem.code === 'too_late_to_cancel') part('cancel').hidden = true;
  const why = { link_used: 'used', too_late_to_cancel: 'late' };
  tell(response.ok ? news : (why[problem.code] ?? 'failed'));
};

press('choice', 'submit', () => answer('confirm', 'confirmed'));
press('cancel', 'click', () => {
  part('news').hidden = true;
  step('sure');
  part('sure-question').focus();
});
press('sure', 'submit', () => answer('cancel', 'cancelled'));
press('sure-no', 'click', () => {
  step('choice');
  part('cancel').focus();
});
press('again', 'click', async () => {
  if (await present()) document.querySelector('h1').focus();
});
// Another mail's link, opened in the same tab.
addEventListener('hashchange', () => location.reload());

present();
