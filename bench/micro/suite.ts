// Nanoseconds an event of each part of the hot path (control path), beside what was committed as the baseline.
import { readFile } from 'node:fs/promises';
import { Child } from '../child.ts';
import { shown, table } from '../figures.ts';
import type { SuiteResult } from '../suite.ts';
import type { MicroAnswer, MicroFigure, MicroRequest } from './process.ts';

const baselineFile = new URL('../baseline.json', import.meta.url);

/** Changes of a ratio above this are reported: less is noise of the machine. */
const NOISE = 0.25;

type Baseline = Readonly<Record<string, number>>;

async function readBaseline(): Promise<Baseline> {
  const parsed = JSON.parse(await readFile(baselineFile, 'utf8')) as { micro: Baseline }; // written by --write-baseline
  return parsed.micro;
}

function row({ name, unit, ns, ratio }: MicroFigure, baseline: number | undefined): string[] {
  if (baseline === undefined) return [name, `${shown(ns)} / ${unit}`, shown(ratio), '-', 'new'];
  const change = ratio / baseline - 1;
  const verdict = Math.abs(change) <= NOISE ? '' : change > 0 ? 'slower' : 'faster';
  const percent = `${change > 0 ? '+' : ''}${(100 * change).toFixed(0)} %`;
  return [name, `${shown(ns)} / ${unit}`, shown(ratio), shown(baseline), `${percent} ${verdict}`.trimEnd()];
}

export async function micro(only: string | null = null): Promise<SuiteResult> {
  const request: MicroRequest = { only };
  const child = new Child<MicroAnswer>(new URL('./process.ts', import.meta.url), request);
  const { figures } = await child.next('figures');
  await child.gone;
  const baseline = await readBaseline();
  const rows = figures.map((figure) => row(figure, baseline[figure.name]));
  const head = ['part', 'ns', 'times the reference', 'baseline', 'change'];
  return { figures, text: table(head, rows) };
}

/** What bench/baseline.json holds of these figures. */
export function baselineOf(figures: readonly MicroFigure[]): Record<string, number> {
  return Object.fromEntries(figures.map(({ name, ratio }) => [name, Number(ratio.toPrecision(3))]));
}
