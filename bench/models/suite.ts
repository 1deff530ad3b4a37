// What a change of models costs (control path): how long a swap to a large model takes, what events wait for meanwhile, and
// the memory of an engine over many swaps to small ones.
import { mkdtempSync, rmSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Of } from '../../src/core/model-content.ts';
import { Child } from '../child.ts';
import { shown, table } from '../figures.ts';
import { standardTopology } from '../jobs/standard.ts';
import type { BenchOptions, SuiteResult } from '../suite.ts';
import { embeddingModel, writeModel } from './embedding.ts';
import type { ModelsRequest, Swapped } from './process.ts';

const RATE = 2_000;
const SWAPS_RATE = 100;
const SWAPS = 1_000;
const MIB = 1_048_576;
const MEBIBYTES = 500;
/** The trial of a model, its successor's session and the file's cache need several times its size. */
const MEMORY_FACTOR = 8;
/** Milliseconds that no event may wait because of a swap. */
const WAIT_MS_MAX = 50;
/** MiB by which memory may differ from the median of its first half at the end. */
const GROWTH_MIB_MAX = 64;

const PROCESS = new URL('./process.ts', import.meta.url);
const WITHOUT_CHDB = new URL('./without-chdb.ts', import.meta.url).href;

async function measure(request: Omit<ModelsRequest, 'folder'>, folder: string): Promise<Swapped> {
  const child = new Child<Swapped>(PROCESS, { ...request, folder }, [
    '--expose-gc',
    '--import',
    WITHOUT_CHDB,
  ]);
  const swapped = await child.next('swapped', null);
  await child.gone;
  return swapped;
}

async function largeModel(folder: string, mebibytes: number): Promise<NonNullable<ModelsRequest['file']>> {
  const model = embeddingModel(standardTopology('id').features?.features.length ?? 0, mebibytes, 1);
  const path = join(folder, 'large.onnx');
  await writeModel(path, model);
  return { path, sha256: sha256Of(model), bytes: model.length };
}

function defaultMebibytes(): number {
  return Math.max(1, Math.min(MEBIBYTES, Math.floor(freemem() / MIB / MEMORY_FACTOR)));
}

/** MiB of resident memory at the end, less that of the first half's median. */
function growthOf({ memory }: Swapped): number {
  const half = memory.slice(0, Math.ceil(memory.length / 2)).map(({ rss }) => rss);
  const median = half.toSorted((a, b) => a - b)[Math.floor(half.length / 2)] ?? 0;
  return (memory.at(-1)?.rss ?? 0) - median;
}

function textOf(mebibytes: number, large: Swapped, many: Swapped, problems: readonly string[]): string {
  const [first = Number.NaN, back = Number.NaN, again = Number.NaN] = large.secondsOfSwap;
  const facts = [
    ['first swap to the large model, s', shown(first)],
    ['back to the small one, s', shown(back)],
    ['to the large one again, s', shown(again)],
    ['events sent', large.sent.toLocaleString('en-US')],
    ['not predicted', String(large.sent - large.predicted)],
    ['by the fallback', String(large.fallbacks)],
  ];
  const waits = (['within', 'outside'] as const).map((period) => [
    period === 'within' ? 'within a swap' : 'outside of it',
    ...[large.waits[period].p99, large.waits[period].p999, large.waits[period].max].map(shown),
    shown(large.turnMsMax[period]),
  ]);
  const memory = many.memory.map(({ rss, heap, external }, i) => [
    String(((i + 1) * many.swaps) / many.memory.length),
    ...[rss, heap, external].map(shown),
  ]);
  return [
    table([`a model of ${mebibytes} MiB`, ''], facts),
    '',
    table(['an event waits, ms', 'p99', 'p99.9', 'max', 'CPU of a turn, max'], waits),
    '',
    table(['after swaps of small models', 'resident MiB', 'heap', 'external'], memory),
    `Resident memory at the end, less the median of the first half: ${shown(growthOf(many))} MiB.`,
    '',
    problems.length === 0
      ? 'HOLDS: each event has its prediction by a model, and memory is flat'
      : `DOES NOT HOLD: ${problems.join('; ')}`,
  ].join('\n');
}

function problemsOf(large: Swapped, many: Swapped): string[] {
  const problems: string[] = [];
  for (const { sent, predicted, fallbacks } of [large, many]) {
    if (sent !== predicted) problems.push(`${sent - predicted} events have no prediction`);
    if (fallbacks > 0) problems.push(`${fallbacks} events were scored by the fallback`);
  }
  const more = large.turnMsMax.within - Math.max(large.turnMsMax.outside, WAIT_MS_MAX);
  if (more > 0) problems.push(`a turn of the event loop took ${shown(large.turnMsMax.within)} ms of CPU`);
  const growth = growthOf(many);
  if (growth > GROWTH_MIB_MAX) problems.push(`memory grew by ${shown(growth)} MiB`);
  return problems;
}

export async function models({ rate, mebibytes, swaps }: BenchOptions): Promise<SuiteResult> {
  const size = mebibytes ?? defaultMebibytes();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-models-'));
  try {
    const file = await largeModel(folder, size);
    const large = await measure({ rate: rate ?? RATE, file, swaps: 0 }, join(folder, 'large'));
    const many = await measure({ rate: SWAPS_RATE, file: null, swaps: swaps ?? SWAPS }, join(folder, 'many'));
    const problems = problemsOf(large, many);
    return {
      figures: { mebibytes: size, large, many, problems },
      text: textOf(size, large, many, problems),
      holds: problems.length === 0,
    };
  } finally {
    rmSync(folder, { recursive: true, maxRetries: 10 });
  }
}
