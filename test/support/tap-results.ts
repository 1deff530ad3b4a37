// Reads the output file of a run of tap: how many assertions passed, and which failed and why.

import { existsSync, readFileSync } from 'node:fs';
import { type FinalResults, Parser, type Result } from 'tap-parser';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface TapResults {
  readonly counts: Counts;
  /** A text per failed assertion: its path of names, starting with the file, and tap's diagnostics. */
  readonly failures: readonly string[];
}

/** Diagnostics that are left out: the position in the code (`stack` has it) and how the file was started. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'at',
  'source',
  'stdio',
  'cwd',
  'externalID',
  'command',
  'args',
  'jobId',
]);
const MOST_LINES = 30;
const LONGEST_LINE = 300;

function shorten(line: string): string {
  const more = line.length - LONGEST_LINE;
  return more > 0 ? `${line.slice(0, LONGEST_LINE)} (${more} more characters)` : line;
}

function describe(failed: Result): string {
  const lines = [failed.fullname];
  for (const [name, value] of Object.entries(failed.diag ?? {})) {
    if (LEFT_OUT.has(name) || value === null) continue;
    const text = typeof value === 'string' ? value.trimEnd() : JSON.stringify(value);
    const inner = text.split('\n');
    if (inner.length === 1) lines.push(`  ${name}: ${text}`);
    else lines.push(`  ${name}:`, ...inner.map((line) => `    ${line}`));
  }
  const more = lines.length - MOST_LINES;
  return [...lines.slice(0, MOST_LINES).map(shorten), ...(more > 0 ? [`  (${more} more lines)`] : [])].join(
    '\n',
  );
}

/** A test fails if one of its assertions does: it is listed only if no assertion explains the failure (a timeout, a crash). */
function collectFailures(parser: Parser, failures: string[]): void {
  let listedBefore = failures.length;
  parser.on('child', (child) => {
    listedBefore = failures.length;
    collectFailures(child, failures);
  });
  parser.on('assert', (result) => {
    if (result.ok || result.skip !== false || result.todo !== false) return;
    if (result.closingTestPoint === true && failures.length > listedBefore) return;
    failures.push(describe(result));
  });
}

/** tap's total is in the last comment of its output: `# { total: 54, pass: 54 }`, without zeros. */
function readCounts(text: string): Counts {
  const total = [...text.matchAll(/^# \{ total: .*\}$/gm)].at(-1)?.[0] ?? '';
  const count = (name: string): number => Number(new RegExp(`\\b${name}: (\\d+)`).exec(total)?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') };
}

export function readTapResults(file: string): TapResults {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const failures: string[] = [];
  const parser = new Parser();
  collectFailures(parser, failures);
  parser.on('complete', (results: FinalResults) => {
    if (results.bailout !== false) failures.push(`tap gave up: ${String(results.bailout)}`);
  });
  parser.end(text);
  return { counts: readCounts(text), failures };
}
