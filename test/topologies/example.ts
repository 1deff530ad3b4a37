/** What the tests of the example topologies share: events that were seen in a window, and a run of the page's commands. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsOf, type CodeBlock } from '../docs/pages.ts';
import { millrace, node } from '../support/cli.ts';

export interface Seen {
  readonly type: string;
  readonly at: string;
}

/** The events that a sliding window in panes has at an instant, of those that came before it. */
export function within<E extends Seen>(
  seen: readonly E[],
  atMs: number,
  { sizeMs, paneMs = sizeMs / 12 }: { readonly sizeMs: number; readonly paneMs?: number },
): E[] {
  const pane = (instant: number): number => Math.floor(instant / paneMs);
  return seen.filter(({ at }) => pane(atMs) - pane(Date.parse(at)) < sizeMs / paneMs);
}

/** Whether a feature is a value in Float32; NaN is a missing one. */
export function isNear(found: number | null | undefined, expected: number): boolean {
  if (Number.isNaN(expected)) return found === null;
  return typeof found === 'number' && Math.abs(found - expected) <= 1e-5 * Math.max(1, Math.abs(expected));
}

export interface Quality {
  readonly logLoss: number;
  readonly auc: number;
}

export interface ExampleReport {
  readonly predictions: number;
  readonly labels: { readonly joined: number };
  readonly quality: { readonly loop: Quality };
}

/**
 * Runs the commands of an example's page, `node GENERATOR > FILE` and `npm run millrace -- start TOPOLOGY --events FILE`, to
 * the end of the events.
 * @param size options of the generator, for fewer events than the page has
 */
export async function runExample(
  block: CodeBlock,
  folder: string,
  size: readonly string[],
): Promise<ExampleReport> {
  const [generate = '', start = ''] = commandsOf(block);
  const [, generator = '', name = ''] = /^node (\S+) > (\S+)$/.exec(generate) ?? [];
  const made = await node([generator, ...size]);
  if (made.code !== 0) throw new Error(`${generate}: ${made.stderr}`);
  const file = join(folder, name);
  writeFileSync(file, made.stdout);
  const report = join(folder, 'report.json');
  const [, args = ''] = /^npm run millrace -- (.+)$/.exec(start) ?? [];
  const given = args.split(' ').map((arg) => (arg === name ? file : arg));
  const { code, stderr } = await millrace([...given, '--exit', '--report', report], {
    MILLRACE_DATA: join(folder, 'data'),
  });
  if (code !== 0) throw new Error(`${start}: ${stderr}`);
  return JSON.parse(readFileSync(report, 'utf8')) as ExampleReport;
}
