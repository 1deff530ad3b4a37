// A run of attacks as a table.
import { faults, type Finding } from './findings.ts';
import type { AttackResult } from './run-attack.ts';

const SHOWN_PER_FAULT = 5;
const LINE_CHARS = 500;
const MIB = 1_048_576;

export function isGood({ findings }: AttackResult): boolean {
  return findings.all.length === 0;
}

function line(name: string, value: number | string): string {
  return `${name.padEnd(32)} ${String(value).padStart(9)}`;
}

function findingLines(result: AttackResult): string[] {
  return faults.flatMap((fault) => {
    const found = result.findings.all.filter((finding) => finding.fault === fault);
    return found.slice(0, SHOWN_PER_FAULT).map((finding) => `${fault}: ${describe(result, finding)}`);
  });
}

/** What was found, and how to play its round again. */
function describe({ adapter }: AttackResult, { what, round }: Finding): string {
  const text = what.slice(0, LINE_CHARS);
  if (round === null) return text;
  return `${text}\n    again: npm run attack -- --adapter ${adapter} --round ${round.seed} --only '${round.attack}'`;
}

export function report(seed: number, result: AttackResult): string {
  const { adapter, findings, rounds, events, looks, seconds } = result;
  const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
  return [
    `${adapter}, seed ${seed}: ${[...rounds.values()].reduce((sum, count) => sum + count, 0)} attacks, ${Math.round(seconds)} s`,
    '',
    ...[...rounds].map(([attack, count]) => line(attack, count)),
    '',
    ...[...findings.tried].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => line(kind, count)),
    '',
    line('good events', events),
    ...faults.map((fault) => line(fault, findings.countOf(fault))),
    line('memory', mib(result.memoryBytesMax)),
    line('its bound', mib(result.memoryBytesBound)),
    line('slowest /livez', `${Math.round(result.slowestLivezMs)} ms`),
    line('times that it was asked', looks),
    '',
    ...findingLines(result),
    isGood(result) ? `${adapter} withstood the attack` : `FAILED on ${adapter} with seed ${seed}`,
    '',
  ].join('\n');
}
