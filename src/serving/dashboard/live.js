// Live predictions: a WebSocket that reconnects, and a table of the newest.
import { make, put, shortInstant, significant } from '/format.js';
import { credential } from '/sign-in.js';

const ROWS_MAX = 10;
const DRAW_MS = 400;
const RETRY_MS_MAX = 15_000;
const FALLBACK = 1;
/** Close code of a connection without a credential that suffices. */
const UNAUTHORIZED = 4001;

export function liveTable(body, note) {
  let newest = [];
  let drawnId = '';
  let topology = null;
  let output = null;
  let retryMs = 500;

  function connect() {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    socket.addEventListener('open', () => {
      const sent = credential();
      if (sent !== null) socket.send(JSON.stringify({ authenticate: sent }));
      socket.send(JSON.stringify({ subscribe: topology, sample: true }));
    });
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'subscribed') {
        retryMs = 500;
        put(note, 'sample of the live stream');
      } else if (message.type === 'predictions') {
        newest = [...message.items.toReversed(), ...newest].slice(0, ROWS_MAX);
      } else if (message.type === 'error') {
        put(note, message.message);
      }
    });
    socket.addEventListener('close', ({ code }) => {
      put(note, code === UNAUTHORIZED ? 'needs the role subscriber' : 'reconnecting');
      setTimeout(connect, retryMs);
      retryMs = Math.min(RETRY_MS_MAX, retryMs * 2);
    });
  }

  function draw() {
    const first = newest[0]?.id ?? '';
    if (first === drawnId || document.hidden) return;
    const known = new Set([...body.children].map(({ dataset }) => dataset.id));
    body.replaceChildren(...newest.map((item) => row(item, output, !known.has(item.id))));
    drawnId = first;
  }
  setInterval(draw, DRAW_MS);

  /** Subscribes once the name of the topology is known; `range` is the range of its scores. */
  return (name, range) => {
    if (topology !== null) return;
    topology = name;
    output = range;
    connect();
  };
}

function row(item, { low, high }, isNew) {
  const line = make('tr', '', { 'data-id': item.id, className: isNew ? 'new' : '' });
  const bar = make('i', '', { 'aria-hidden': 'true' });
  // Scores without bounds have no bar.
  const isBounded = low !== null && high !== null;
  const share = isBounded ? (item.score - low) / (high - low) : 0;
  bar.style.setProperty('--share', `${(share * 100).toFixed(1)}%`);
  const score = make('div', '', { className: 'score' });
  if (item.class !== undefined) score.append(make('span', item.class));
  score.append(bar, make('span', isBounded ? item.score.toFixed(2) : significant(item.score, 4)));
  const cell = make('td');
  cell.append(score);
  const version = (item.flags & FALLBACK) === 0 ? item.version : 'fallback';
  line.append(
    make('td', item.key),
    make('td', shortInstant(item.eventTime)),
    cell,
    make('td', version, { title: item.id }),
  );
  return line;
}
