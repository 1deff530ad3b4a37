// What an event costs in each format (control path): decoding alone, and the whole standard job on the log in the process.
import { Child } from '../child.ts';
import { shown, shownSpread, spreadOf, table } from '../figures.ts';
import type { JobName } from '../jobs/job.ts';
import { jobOf } from '../jobs/load.ts';
import type { SuiteResult } from '../suite.ts';
import { measure } from '../throughput/suite.ts';
import { formatNames } from './cases.ts';
import type { FormatAnswer, FormatRequest } from './process.ts';

/** The jobs of the same events, by format. */
const JOBS: Readonly<Record<string, JobName>> = {
  avro: 'standard',
  protobuf: 'standard-protobuf',
  json: 'standard-json',
};

async function decoding(format: string): Promise<FormatAnswer> {
  const request: FormatRequest = { format };
  const child = new Child<FormatAnswer>(new URL('./process.ts', import.meta.url), request);
  const answer = await child.next('figure');
  await child.gone;
  return answer;
}

async function jobMicros(format: string, profileFolder: string | null): Promise<readonly number[] | null> {
  const name = JOBS[format];
  if (name === undefined) return null;
  const place = { brokers: null, redisUrl: null, stateFile: null };
  const slices = await measure(await jobOf(name), place, profileFolder);
  return slices.map(({ events, cpuMicros }) => cpuMicros / events);
}

export async function formats(profileFolder: string | null): Promise<SuiteResult> {
  const figures: Array<Record<string, unknown>> = [];
  const rows: string[][] = [];
  let first: { readonly ns: number; readonly micros: number } | null = null;
  for (const format of formatNames) {
    const { nsPerEvent: ns, bytesPerEvent } = await decoding(format);
    const slices = await jobMicros(format, profileFolder);
    const micros = slices === null ? null : spreadOf(slices);
    first ??= { ns, micros: micros?.median ?? Number.NaN };
    figures.push({ format, bytesPerEvent, decodeNsPerEvent: ns, jobCpuMicrosPerEvent: micros });
    rows.push([
      format,
      shown(bytesPerEvent),
      shown(ns),
      shown(ns / first.ns),
      micros === null ? '-' : shownSpread(micros),
      micros === null ? '-' : shown(micros.median / first.micros),
    ]);
  }
  const head = ['format', 'bytes', 'decoding, ns', 'times avro', 'whole job, CPU µs', 'times avro'];
  return { figures, text: table(head, rows) };
}
