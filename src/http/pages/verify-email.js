// Sends the token of the link when the button is pressed.
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
const button = document.getElementById('confirm');
const show = (id) => {
  document.getElementById('intro').hidden = true;
  for (const other of ['done', 'failed']) document.getElementById(other).hidden = other !== id;
  button.hidden = true;
};
button.addEventListener('click', async () => {
  button.disabled = true;
  const request = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token }) };
  const response = await fetch('/api/v1/auth/verify-email', request).catch(() => null);
  if (response?.ok) show('done');
  else if (response && response.status < 500 && response.status !== 429) show('failed');
  else button.disabled = false;
});
