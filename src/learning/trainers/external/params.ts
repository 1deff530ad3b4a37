// Parameters of an external trainer (control path).
import { DURATION_MS_MAX } from '../../../core/topology-limits.ts';
import { hours } from '../../../core/time.ts';
import { shown } from '../../../core/option-checks.ts';

export interface ExternalParams {
  /** The program and its first arguments; the folder of the training is the last one. It runs in the engine's working directory. */
  readonly command: readonly string[];
  /** For the program, in request.json: JSON. */
  readonly params: object;
  /**
   * Runs of a training, beside that on all rows: `one`, of the rows since the last change of the concept if they are 500, else of the
   * whole window; or `every` fit that competes, a run each.
   */
  readonly fits: 'one' | 'every';
  /** After which it is killed with its children, ms; an hour. */
  readonly timeoutMs: number;
  /** Resident memory of it and its children together, looked at twice a second; 8 GiB. */
  readonly memoryBytesMax: number;
  /** Names of environment variables that it gets beside PATH, HOME, LANG and the like. Their values are recorded nowhere. */
  readonly inherit: readonly string[];
}

export const externalDefaults: ExternalParams = {
  command: [],
  params: {},
  fits: 'one',
  timeoutMs: hours(1),
  memoryBytesMax: 8 * 1024 ** 3,
  inherit: [],
};

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Clauses about parameters that cannot work. */
export function externalProblems(params: ExternalParams): string[] {
  const { command, fits, timeoutMs, memoryBytesMax, inherit } = params;
  const isText = (value: unknown): boolean =>
    typeof value === 'string' && value !== '' && !value.includes('\0');
  const isCommand = Array.isArray(command) && command.length > 0 && command.every(isText);
  return [
    ...(isCommand
      ? []
      : [`command is ${shown(command)}: give the program and its arguments, ['python3', 'train.py'], say`]),
    ...(['one', 'every'].includes(fits) ? [] : [`fits is ${shown(fits)}, not 'one' or 'every'`]),
    ...(timeoutMs > 0 && timeoutMs <= DURATION_MS_MAX
      ? []
      : [`timeoutMs is ${timeoutMs}, not a duration: give hours(1), say`]),
    ...(Number.isSafeInteger(memoryBytesMax) && memoryBytesMax > 0
      ? []
      : [`memoryBytesMax is ${memoryBytesMax}, not a number of bytes`]),
    ...(Array.isArray(inherit) && inherit.every((name) => typeof name === 'string' && VARIABLE.test(name))
      ? []
      : [`inherit is ${shown(inherit)}, not names of environment variables`]),
  ];
}
