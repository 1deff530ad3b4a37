// The credential of the dashboard: kept for the tab alone, and sent as a header, never in a URL or a cookie.
import { put } from '/format.js';

const STORED = 'millrace-credential';

const $ = (id) => document.getElementById(id);

export function credential() {
  return sessionStorage.getItem(STORED);
}

/** Headers of a request to the engine. */
export function credentialHeaders() {
  const sent = credential();
  return sent === null ? {} : { authorization: `Bearer ${sent}` };
}

/** Shows the form, with the reason why the engine refused. */
export function askToSignIn(status) {
  const reasons = {
    401: 'The credential is not valid.',
    403: 'The credential does not have the role viewer.',
  };
  const reason = reasons[status] ?? 'Too many wrong credentials came from this address. Wait a minute.';
  $('sign-in').hidden = false;
  put($('sign-in-reason'), credential() === null ? '' : reason);
}

/** The engine accepts what is sent. */
export function signedIn() {
  $('sign-in').hidden = true;
  $('sign-out').hidden = credential() === null;
}

/** `changed` is called with each new credential. */
export function watchSignIn(changed) {
  $('sign-in').addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem(STORED, $('credential').value.trim());
    $('credential').value = '';
    changed();
  });
  $('sign-out').addEventListener('click', () => {
    sessionStorage.removeItem(STORED);
    location.reload();
  });
}
