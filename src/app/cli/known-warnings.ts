// Warnings of Node that say nothing to the user of a command (control path).

/** By name; null: every warning of that name, else those whose message begins so. */
const KNOWN: ReadonlyArray<readonly [name: string, message: string | null]> = [
  // kafkajs 2.2.4 sets timers to negative times, which Node rounds up to 1 ms.
  ['TimeoutNegativeWarning', null],
  // Release candidates in Node 22, stable in 24: what Millrace uses of them is the same in both.
  ['ExperimentalWarning', 'SQLite'],
  ['ExperimentalWarning', 'Type Stripping'],
];

function isKnown(name: string, message: string): boolean {
  return KNOWN.some(([known, start]) => known === name && (start === null || message.startsWith(start)));
}

/**
 * Keeps the warnings that are known to be harmless off standard error. A flag (`--disable-warning`) would do the same,
 * but the first line of a script can't hand flags to Node on every system.
 */
export function muteKnownWarnings(): void {
  const emit = process.emitWarning.bind(process) as (warning: string | Error, ...rest: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    const [kind] = rest;
    const named = typeof kind === 'object' && kind !== null && 'type' in kind ? kind.type : kind;
    const name = typeof warning === 'string' ? named : warning.name;
    const message = typeof warning === 'string' ? warning : warning.message;
    if (!isKnown(String(name), message)) emit(warning, ...rest);
  };
}
