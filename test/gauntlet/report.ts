// A gauntlet's outcome as text.
import { isGood, type Verdict } from './judge.ts';
import type { WorldOutcome } from './run-world.ts';

const SHOWN = 5;
const LINE_CHARS = 700;

const faults = ['stuck', 'lost', 'doubled', 'different', 'processEnds', 'metricsLied'] as const;

const titles: Readonly<Record<(typeof faults)[number], string>> = {
  stuck: 'stuck',
  lost: 'lost',
  doubled: 'doubled',
  different: 'different',
  processEnds: 'process ends',
  metricsLied: 'metrics that lied',
};

export function isWorldGood({ verdict, problem }: WorldOutcome): boolean {
  return problem === null && verdict !== null && isGood(verdict);
}

/** What went wrong in one world, and how to play it again. */
export function describeWorld(outcome: WorldOutcome): string {
  const { seed, kind, verdict, problem, log } = outcome;
  const lines = [
    `world ${seed} (${kind}) FAILED; again: npm run gauntlet -- --world ${seed} --only '${kind}'`,
  ];
  if (problem !== null) lines.push(`  problem: ${problem.slice(0, 3 * LINE_CHARS)}`);
  for (const fault of faults) {
    const found = verdict?.[fault] ?? [];
    if (found.length === 0) continue;
    lines.push(`  ${titles[fault]}: ${found.length}`);
    lines.push(...found.slice(0, SHOWN).map((line) => `    ${line.slice(0, LINE_CHARS)}`));
  }
  lines.push('  what happened:', ...log.slice(-12).map((line) => `    ${line}`));
  return lines.join('\n');
}

function kindLines(outcomes: readonly WorldOutcome[]): string[] {
  return [...Map.groupBy(outcomes, ({ kind }) => kind)].map(([kind, worlds]) => {
    const failed = worlds.filter((world) => !isWorldGood(world)).length;
    const seconds = worlds.map((world) => world.seconds).sort((a, b) => a - b);
    const median = (seconds[Math.floor(seconds.length / 2)] ?? 0).toFixed(1);
    const outcome = failed === 0 ? '' : `  ${failed} FAILED`;
    return `${kind.padEnd(24)} ${String(worlds.length).padStart(4)} worlds, ${median} s each${outcome}`;
  });
}

export function report(seed: number, outcomes: readonly WorldOutcome[], seconds: number): string {
  const verdicts = outcomes.flatMap(({ verdict }) => (verdict === null ? [] : [verdict]));
  const sum = (value: (verdict: Verdict) => number): number =>
    verdicts.reduce((total, verdict) => total + value(verdict), 0);
  const codes = new Map<string, number>();
  for (const { setAside } of verdicts)
    for (const [code, count] of setAside) codes.set(code, (codes.get(code) ?? 0) + count);
  const line = (name: string, value: number): string => `${name.padEnd(24)} ${String(value).padStart(9)}`;
  const problems = outcomes.filter(({ problem }) => problem !== null).length;
  const isEveryGood = outcomes.every(isWorldGood);
  return [
    `seed ${seed}: ${outcomes.length} worlds, ${Math.round(seconds)} s`,
    '',
    ...kindLines(outcomes),
    '',
    line(
      'events in',
      sum(({ events }) => events),
    ),
    line(
      'predicted',
      sum(({ predicted }) => predicted),
    ),
    line(
      'late',
      sum(({ late }) => late),
    ),
    line(
      'duplicates',
      sum(({ duplicates }) => duplicates),
    ),
    ...[...codes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, count]) => line(`set aside ${code}`, count)),
    ...faults.map((fault) =>
      line(
        titles[fault],
        sum((verdict) => verdict[fault].length),
      ),
    ),
    ...(problems === 0 ? [] : [line('worlds not played', problems)]),
    '',
    isEveryGood ? 'every event is accounted for' : 'FAILED: see the worlds above',
  ].join('\n');
}
