// The last n events up to the query, by event time: a kind of window.
import {
  defineWindow,
  type OpenWindow,
  type StateReader,
  type StateWriter,
  type WindowContext,
  type WindowSpec,
  type WindowState,
} from 'millrace';

interface LastEvents {
  readonly count: number;
  /** Older events are left out, even if there are fewer than n. */
  readonly withinMs: number;
}

/** Per key: the number of events, then for each event, oldest first, its time and the aggregates of this event only. */
class LastEventsState implements WindowState {
  readonly ttlMs: number;
  readonly #window: OpenWindow<LastEvents>;
  /** Slots of one event. */
  readonly #width: number;
  /** Slots of one key. */
  readonly #stride: number;
  readonly #merged: Float64Array;
  #slab = new Float64Array(0);

  constructor(window: OpenWindow<LastEvents>, { allowedLatenessMs }: WindowContext) {
    this.#window = window;
    this.ttlMs = window.parameters.withinMs + allowedLatenessMs;
    this.#width = 1 + window.aggregates.width;
    this.#stride = 1 + window.parameters.count * this.#width;
    this.#merged = new Float64Array(window.aggregates.width);
  }

  reserve(slots: number): void {
    const slab = new Float64Array(slots * this.#stride);
    slab.set(this.#slab);
    this.#slab = slab;
  }

  clear(slot: number): void {
    this.#slab[slot * this.#stride] = 0;
  }

  update(slot: number, row: number, timeMs: number): void {
    const { aggregates, parameters } = this.#window;
    if (!aggregates.takes(row)) return;
    const slab = this.#slab;
    const first = slot * this.#stride + 1;
    const end = first + slab[first - 1]! * this.#width;
    let at = end;
    while (at > first && slab[at - this.#width]! > timeMs) at -= this.#width;
    if (slab[first - 1] === parameters.count) {
      if (at === first) return;
      // The oldest event is dropped: those before the new one move down.
      slab.copyWithin(first, first + this.#width, at);
      at -= this.#width;
    } else {
      slab.copyWithin(at + this.#width, at, end);
      slab[first - 1]! += 1;
    }
    slab[at] = timeMs;
    aggregates.clear(slab, at + 1);
    aggregates.add(slab, at + 1, row, timeMs);
  }

  read(slot: number, timeMs: number, out: Float32Array, outAt: number): void {
    const { aggregates, parameters } = this.#window;
    const first = slot * this.#stride + 1;
    const end = first + this.#slab[first - 1]! * this.#width;
    aggregates.clear(this.#merged, 0);
    for (let at = first; at < end; at += this.#width) {
      const ageMs = timeMs - this.#slab[at]!;
      if (ageMs >= 0 && ageMs <= parameters.withinMs) aggregates.merge(this.#merged, 0, this.#slab, at + 1);
    }
    aggregates.read(this.#merged, 0, timeMs, parameters.withinMs / 1_000, out, outAt);
  }

  write(slot: number, to: StateWriter): void {
    const count = this.#slab[slot * this.#stride]!;
    to.push(count);
    to.append(this.#slab, slot * this.#stride + 1, count * this.#width);
  }

  restore(slot: number, from: StateReader): void {
    const count = from.count(this.#window.parameters.count);
    this.#slab[slot * this.#stride] = count;
    from.take(count * this.#width, this.#slab, slot * this.#stride + 1);
  }
}

export const lastEvents: (parameters: LastEvents) => WindowSpec = defineWindow<LastEvents>({
  name: 'last-events',
  memoryMs: ({ withinMs }) => withinMs,
  open: (windows, context) => windows.map((window) => new LastEventsState(window, context)),
});
