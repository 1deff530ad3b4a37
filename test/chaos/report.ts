// A chaos run's outcome as a table.
import type { ChaosOptions, ChaosResult } from './run-chaos.ts';

const IDS_SHOWN = 5;

function some(title: string, ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  const more = ids.length > IDS_SHOWN ? [`    and ${ids.length - IDS_SHOWN} more`] : [];
  return [`  ${title}:`, ...ids.slice(0, IDS_SHOWN).map((id) => `    ${id.slice(0, 400)}`), ...more];
}

function recoveryLines({ recoveries }: ChaosResult): string[] {
  const kinds = Map.groupBy(recoveries, ({ fault }) => fault.kind);
  return [...kinds].map(([kind, faults]) => {
    const seconds = faults.flatMap(({ ms }) => (ms === null ? [] : [ms / 1_000])).sort((a, b) => a - b);
    const at = (share: number): string =>
      (seconds[Math.min(seconds.length - 1, Math.floor(share * seconds.length))] ?? Number.NaN).toFixed(1);
    return `${kind.padEnd(22)} ${String(faults.length).padStart(5)}   recovered in ${at(0.5)} s at the median, ${at(1)} s at most`;
  });
}

export function report(options: ChaosOptions, result: ChaosResult): string {
  const { verdict, events, seconds } = result;
  const { feed } = verdict;
  const lines = [
    `seed ${options.seed}: ${events} events, ${result.recoveries.length} faults, ${Math.round(seconds)} s`,
    '',
  ];
  lines.push(...recoveryLines(result), '');
  lines.push(`${''.padEnd(22)} ${'right'.padStart(9)} ${'found'.padStart(9)}   lost  doubled  differing`);
  for (const [name, difference] of verdict.differences) {
    const differing = difference.differing.length + difference.strange.length;
    const counts = `${String(difference.expected).padStart(9)} ${String(difference.found).padStart(9)}`;
    lines.push(
      `${name.padEnd(22)} ${counts} ${String(difference.lost.length).padStart(6)} ${String(difference.doubled.length).padStart(8)} ${String(differing).padStart(10)}`,
    );
  }
  lines.push(
    `${'WebSocket'.padEnd(22)} ${String(verdict.differences.get('predictions')?.expected ?? 0).padStart(9)} ${String(feed.delivered).padStart(9)}   ` +
      `gaps ${feed.gaps.length}, doubles ${feed.doubles.length}, other scores ${feed.changed.length}; ${feed.connections} connections, ` +
      `${feed.repeated} told by two owners`,
    '',
  );
  for (const [name, difference] of verdict.differences) {
    lines.push(...some(`${name}, lost`, difference.lost), ...some(`${name}, doubled`, difference.doubled));
    lines.push(
      ...some(`${name}, differing`, difference.differing),
      ...some(`${name}, not expected`, difference.strange),
    );
  }
  lines.push(...some('WebSocket gaps', feed.gaps), ...some('WebSocket doubles', feed.doubles));
  lines.push(...some('WebSocket, other scores', feed.changed), ...some('WebSocket errors', feed.errors));
  lines.push(...some('problems', verdict.problems));
  lines.push(
    verdict.isGood
      ? `nothing lost, nothing doubled, nothing differs (topics read_committed by ${verdict.readBy})`
      : `FAILED with seed ${options.seed}; ${options.keep ? `logs in ${result.folder}` : 'run it with --keep to keep the logs'}`,
  );
  return lines.join('\n');
}
