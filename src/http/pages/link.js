// Sends the token of the link, with what the form holds, when its button is pressed: mail scanners follow links, and press nothing.
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
const main = document.querySelector('main');
const form = document.getElementById('form');
const button = document.getElementById('confirm');
// In the page's language, so that what the server refuses reads as the rest does.
const headers = { 'Content-Type': 'application/json', 'Accept-Language': document.documentElement.lang };
const post = (operation, body) =>
  fetch(`/api/v1/auth/${operation}`, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => null);

const show = (id) => {
  form.hidden = true;
  document.getElementById('intro').hidden = true;
  document.getElementById(id).hidden = false;
};

// An account that exists needs no name, and no new password: its own.
const shorten = () => {
  for (const input of form.querySelectorAll('input')) {
    document.getElementById(`${input.name}-hint`)?.remove();
    const label = form.querySelector(`label[for="${input.name}"]`);
    if (label?.dataset.known) {
      label.textContent = label.dataset.known;
      input.autocomplete = 'current-password';
      for (const rule of ['minlength', 'aria-describedby']) input.removeAttribute(rule);
      continue;
    }
    (input.closest('label') ?? input).remove();
    label?.remove();
  }
};

const present = async () => {
  button.disabled = true;
  const response = await post(main.dataset.shows, { token });
  if (response?.ok) {
    const about = await response.json();
    document.getElementById('clinic').textContent = about.companyName;
    document.getElementById('role').textContent =
      document.querySelector(`template[data-role="${CSS.escape(about.role)}"]`)?.innerHTML ?? about.role;
    document.getElementById('about').hidden = false;
    if (about.accountExists) shorten();
    button.disabled = false;
  } else if (response && response.status < 500 && response.status !== 429) show('failed');
};

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  const body = { token };
  for (const input of form.querySelectorAll('input')) body[input.name] = input.type === 'checkbox' ? input.checked : input.value;
  for (const wrong of form.querySelectorAll('.wrong')) wrong.hidden = true;
  const response = await post(main.dataset.operation, body);
  if (response?.ok) {
    const answer = response.status === 204 ? {} : await response.json();
    show(answer.status === 'waiting_for_other' ? 'waiting' : 'done');
    return;
  }
  const problem = response && response.status === 422 ? await response.json() : null;
  let shown = false;
  for (const error of problem?.errors ?? []) {
    const place = form.querySelector(`.wrong[data-field="${CSS.escape(error.pointer.slice(1))}"]`);
    if (place) {
      place.textContent = error.detail;
      place.hidden = false;
      shown = true;
    }
  }
  if (!shown && response && response.status < 500 && response.status !== 429) show('failed');
  else button.disabled = false;
});

// Another mail's link, opened in the same tab.
addEventListener('hashchange', () => location.reload());
if (main.dataset.shows) present();
