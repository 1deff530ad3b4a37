// Windows as of an earlier instant, declared (control path). The window itself keeps what it would keep for events that may be
// later by as much: a query of an earlier instant is a late one.
import { duration } from '../core/option-checks.ts';
import { defined } from '../core/definition.ts';
import { MS_PER_HOUR } from '../core/time.ts';
import { defineWindow } from './define-window.ts';
import type { StateReader, StateWriter } from './state-slots.ts';
import type { OpenWindow, WindowContext, WindowDefinition, WindowSpec, WindowState } from './window.ts';

interface ShiftedParameters {
  readonly agoMs: number;
  readonly window: unknown;
}

/** Reads a window as of an earlier instant (hot path). */
class ShiftedState implements WindowState {
  readonly ttlMs: number | null;
  readonly #state: WindowState;
  readonly #agoMs: number;

  constructor(state: WindowState, agoMs: number) {
    this.#state = state;
    this.#agoMs = agoMs;
    this.ttlMs = state.ttlMs;
  }

  reserve(slots: number): void {
    this.#state.reserve(slots);
  }

  clear(slot: number): void {
    this.#state.clear(slot);
  }

  update(slot: number, row: number, timeMs: number): void {
    this.#state.update(slot, row, timeMs);
  }

  read(slot: number, timeMs: number, out: Float32Array, outAt: number): void {
    this.#state.read(slot, timeMs - this.#agoMs, out, outAt);
  }

  write(slot: number, to: StateWriter): void {
    this.#state.write(slot, to);
  }

  restore(slot: number, from: StateReader): void {
    this.#state.restore(slot, from);
  }
}

/** Windows that are shifted by as much are opened together, as the kind of window does with its own. */
function open(
  definition: WindowDefinition,
  windows: ReadonlyArray<OpenWindow<ShiftedParameters>>,
  { allowedLatenessMs }: WindowContext,
): WindowState[] {
  const distances = [...new Set(windows.map(({ parameters }) => parameters.agoMs))];
  return distances.flatMap((agoMs) => {
    const alike = windows
      .filter(({ parameters }) => parameters.agoMs === agoMs)
      .map(({ parameters, aggregates }) => ({ parameters: parameters.window, aggregates }));
    return definition
      .open(alike, { allowedLatenessMs: allowedLatenessMs + agoMs })
      .map((state) => new ShiftedState(state, agoMs));
  });
}

type Declare = (parameters: ShiftedParameters) => WindowSpec;

/** One for each kind of window, so that equal windows are the same. */
const kinds = new WeakMap<WindowDefinition, Declare>();

function shiftedKind(definition: WindowDefinition): Declare {
  const known = kinds.get(definition);
  if (known !== undefined) return known;
  const made = defineWindow<ShiftedParameters>({
    name: `shifted-${definition.name}`,
    ...(definition.byPredicate !== undefined && { byPredicate: definition.byPredicate }),
    notShifted: 'it is shifted already: add the two distances',
    memoryMs: ({ agoMs, window }) => definition.memoryMs(window) + agoMs,
    lengthMs: ({ agoMs, window }) => (definition.lengthMs?.(window) ?? definition.memoryMs(window)) + agoMs,
    open: (windows, context) => open(definition, windows, context),
  });
  kinds.set(definition, made);
  return made;
}

/**
 * A window as of `agoMs` before the event: `shifted(sliding(hours(1)), days(1))` is the same hour yesterday. It sees what has
 * arrived of that time. The state is that of an allowed lateness which is longer by `agoMs`: panes between then and now are
 * kept, so give windows that are shifted far large panes. The last events cannot be shifted, as those before them are gone.
 */
export function shifted(window: WindowSpec, agoMs: number): WindowSpec {
  const { definition, parameters } = window;
  const wrong = duration()(agoMs);
  const problem =
    definition.notShifted !== undefined
      ? `a window of the kind ${definition.name} cannot be shifted: ${definition.notShifted}`
      : wrong;
  const spec = shiftedKind(definition)({ agoMs: problem === null ? agoMs : MS_PER_HOUR, window: parameters });
  return defined(spec, { given: { window }, problems: problem === null ? [] : [['', problem]] });
}
