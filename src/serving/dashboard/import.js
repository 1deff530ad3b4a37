// The form that imports a model: the file goes to the engine as it is, which says what is wrong with it.
import { make } from '/format.js';
import { credentialHeaders } from '/sign-in.js';
import { drawnTarget } from '/targets.js';

const $ = (id) => document.getElementById(id);

function say(outcome, lines) {
  $('import-outcome').dataset.outcome = outcome;
  $('import-outcome').replaceChildren(...lines.map((line) => make('span', line)));
}

/** The address of the import with what the form says. */
async function address(file) {
  const query = new URLSearchParams({ name: file.name });
  if (drawnTarget() !== null) query.set('target', drawnTarget());
  const version = $('import-version').value.trim();
  if (version !== '') query.set('version', version);
  if ($('import-scores').value !== '') query.set('scores', $('import-scores').value);
  const [map] = $('import-features').files;
  if (map !== undefined) query.set('features', await map.text());
  return `/api/models?${query}`;
}

async function send() {
  const [file] = $('import-file').files;
  const response = await fetch(await address(file), {
    method: 'POST',
    headers: { ...credentialHeaders(), 'content-type': 'application/octet-stream' },
    body: file,
  });
  const body = await response.json();
  if (!response.ok) {
    const { message, remedy = '' } = body.error;
    return say('refused', [message, remedy]);
  }
  const { version, score, notices } = body;
  say('imported', [
    `${version} is a candidate: ${score}.`,
    ...notices,
    `Promote it: npx millrace models promote TOPOLOGY ${version}${drawnTarget() === null ? '' : ` --target ${drawnTarget()}`}`,
  ]);
}

export function watchImport() {
  $('import-open').addEventListener('click', () => {
    say('', []);
    $('import').showModal();
  });
  $('import-close').addEventListener('click', () => $('import').close());
  $('import-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    $('import-send').disabled = true;
    say('sending', ['The engine checks the model and scores rows with it.']);
    try {
      await send();
    } catch {
      say('refused', ['No response: is the engine running?']);
    } finally {
      $('import-send').disabled = false;
    }
  });
}
