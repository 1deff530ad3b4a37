// The dashboard: requests the state once per second and passes it to its parts. The contract is dashboard-state.ts.
import { latencyChart, throughputChart } from '/charts.js';
import { drawColumns } from '/columns.js';
import { crosshair } from '/crosshair.js';
import { driftStrip } from '/drift.js';
import { drawAccounts, drawFigures, drawHeader, drawPartitions, drawStatus } from '/figures.js';
import { liveTable } from '/live.js';
import { watchImport } from '/import.js';
import { drawModels, drawTraining } from '/models.js';
import { qualityFigures } from '/quality.js';
import { drawQualityTable } from '/quality-table.js';
import { drawTargets, shownTarget } from '/targets.js';
import { askToSignIn, credentialHeaders, signedIn, watchSignIn } from '/sign-in.js';

const POLL_MS = 1_000;
/** A wrong credential is not sent each second: the engine would make this address wait. */
const REFUSED_POLL_MS = 60_000;
const REFUSED = new Set([401, 403, 429]);
const AXIS_LEFT_PX = 48;
const DAY = 86_400_000;

const $ = (id) => document.getElementById(id);
let state = null;
let isRefused = false;
let changed = Promise.withResolvers();
let range = [0, DAY];

/** The common event-time axis of the lanes: from the first event of the run to now. */
function rangeOf({ span, eventTimeMs, quality, drift }) {
  const from =
    span?.fromMs ?? Math.min(quality.points[0]?.atMs ?? Infinity, drift.points[0]?.atMs ?? Infinity);
  const to = Math.max(eventTimeMs ?? 0, quality.points.at(-1)?.atMs ?? 0, drift.points.at(-1)?.atMs ?? 0);
  return Number.isFinite(from) && to > from ? [from, to] : [to - DAY, to];
}

const promotedTimes = () =>
  (state?.models ?? []).filter(({ verdict }) => verdict === 'promoted').map(({ trainedAtMs }) => trainedAtMs);
const drawQuality = qualityFigures(() => range, promotedTimes);
const drawDrift = driftStrip($('drift'), $('drift-labels'), $('drift-scale'), () => range, promotedTimes);
const drawThroughput = throughputChart($('chart-throughput'));
const drawLatency = latencyChart($('chart-latency'));
const subscribe = liveTable($('live'), $('live-state'));
const read = crosshair(
  () => state,
  () => range,
  AXIS_LEFT_PX,
);

function draw() {
  range = rangeOf(state);
  drawHeader(state);
  drawTargets(state);
  drawFigures(state);
  drawQuality(state);
  drawQualityTable(state);
  drawDrift(state.drift);
  const xShareOf = (atMs) => (atMs - range[0]) / (range[1] - range[0]);
  drawModels(state, xShareOf, AXIS_LEFT_PX);
  drawTraining(state.training);
  drawThroughput(state.series);
  drawLatency(state.series);
  drawPartitions(state.partitions);
  drawColumns(state.columns);
  drawAccounts(state);
  read();
  if (state.kind !== 'features') subscribe(state.topology, state.output);
}

async function poll() {
  try {
    const response = await fetch(`/api/state${shownTarget()}`, {
      headers: credentialHeaders(),
      signal: AbortSignal.timeout(5_000),
    });
    if (REFUSED.has(response.status)) {
      isRefused = true;
      askToSignIn(response.status);
      drawStatus('lost', 'sign in');
      return;
    }
    if (!response.ok) throw new Error(`status ${response.status}`);
    state = await response.json();
    isRefused = false;
    signedIn();
  } catch {
    drawStatus('lost', 'no response, retrying');
    return;
  }
  draw();
}

async function run() {
  for (;;) {
    if (!document.hidden) await poll();
    const pauseMs = isRefused ? REFUSED_POLL_MS : POLL_MS;
    await Promise.race([new Promise((resolve) => setTimeout(resolve, pauseMs)), changed.promise]);
  }
}

watchImport();
watchSignIn(() => {
  changed.resolve();
  changed = Promise.withResolvers();
});
void run();
