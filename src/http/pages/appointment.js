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
const say = (news) => {
  part('news').textContent = document.querySelector(`template[data-news="${news}"]`).content.textContent;
  part('news').hidden = false;
};
// What was pressed is gone: whoever uses the keyboard or a screen reader goes on at what came of it.
const tell = (news) => {
  say(news);
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

const present = async () => {
  part('news').hidden = true;
  step('loading');
  const response = await post('');
  if (busy(response)) {
    say('retry');
    return step('again');
  }
  if (!response.ok) {
    say('failed');
    return step();
  }
  const about = await response.json();
  const address = new URLSearchParams(location.search);
  if (about.language !== lang && address.get('lang') !== about.language) {
    return location.replace(`?lang=${encodeURIComponent(about.language)}${location.hash}`);
  }
  facts(about);
  part('confirm').hidden = !about.confirmable;
  part('cancel').hidden = !about.cancellable;
  part('call').hidden = about.cancellable || about.answer === 'cancelled' || !about.phone;
  if (about.answer) say(about.answer);
  step(about.confirmable || about.cancellable ? 'choice' : '');
};

const answer = async (name, news) => {
  const buttons = document.querySelectorAll('button');
  buttons.forEach((button) => (button.disabled = true));
  const response = await post(`/${name}`);
  buttons.forEach((button) => (button.disabled = false));
  if (busy(response)) return tell('retry');
  const problem = response.ok ? {} : await response.json().catch(() => ({}));
  step(problem.code === 'too_late_to_cancel' && !part('confirm').hidden ? 'choice' : '');
  part('call').hidden = (response.ok && name === 'cancel') || part('facts').hidden;
  if (problem.code === 'too_late_to_cancel') part('cancel').hidden = true;
  const why = { link_used: 'used', too_late_to_cancel: 'late' };
  tell(response.ok ? news : (why[problem.code] ?? 'failed'));
};

part('choice').addEventListener('submit', (event) => {
  event.preventDefault();
  answer('confirm', 'confirmed');
});
part('cancel').addEventListener('click', () => {
  part('news').hidden = true;
  step('sure');
  part('sure-question').focus();
});
part('sure').addEventListener('submit', (event) => {
  event.preventDefault();
  answer('cancel', 'cancelled');
});
part('sure-no').addEventListener('click', () => {
  step('choice');
  part('cancel').focus();
});
part('again').addEventListener('click', present);

present();
