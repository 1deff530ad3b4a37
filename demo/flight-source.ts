// Publishes the demo's flights to a log, as an outside producer does (control path).
import type { SchemaCodec } from '../src/ports/codec.ts';
import type { EventLog, LogRecord } from '../src/ports/event-log.ts';
import { loadFlightsDataset, type FlightsDataset } from './dataset.ts';
import type { FlightEvent } from './flight-event.ts';
import { countReplayed, replay, type ReplayOptions } from './replay.ts';
import type { ReplaySource } from '../src/app/compose/replay.ts';

export interface FlightSourceOptions {
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  readonly topic: string;
  readonly fromMs: number | undefined;
  /** Exclusive. */
  readonly untilMs: number | undefined;
  readonly speedUp: number | 'max';
}

export class FlightSource implements ReplaySource {
  readonly #options: FlightSourceOptions;
  readonly #abort = new AbortController();
  readonly #dataset: FlightsDataset = loadFlightsDataset();
  /** Keys are few: one buffer each. */
  readonly #keys = new Map<string, Buffer>();
  readonly total: number;
  events = 0;
  scheduled = 0;
  /** Event time of the last event published, ms. */
  eventTimeMs: number = Number.NaN;

  constructor(options: FlightSourceOptions) {
    this.#options = options;
    this.total = countReplayed(this.#replayOptions());
  }

  #replayOptions(): ReplayOptions {
    const { fromMs, untilMs, speedUp } = this.#options;
    return { dataset: this.#dataset, fromMs, untilMs, speedUp, signal: this.#abort.signal };
  }

  /** Resolves when all events are in the log, or after `stop`. */
  async run(): Promise<void> {
    const { log, codec, topic } = this.#options;
    const encoder = await codec.encoder<FlightEvent>(`${topic}-value`);
    for await (const events of replay(this.#replayOptions())) {
      const records: LogRecord[] = [];
      for (const event of events) {
        if (event.type === 'scheduled') this.scheduled += 1;
        records.push({
          key: this.#key(event.origin),
          value: encoder.encode(event),
          timestampMs: event.eventTime,
        });
      }
      await log.publish(topic, records);
      this.events += events.length;
      this.eventTimeMs = events.at(-1)?.eventTime ?? this.eventTimeMs;
    }
  }

  #key(origin: string): Buffer {
    const known = this.#keys.get(origin) ?? Buffer.from(origin);
    this.#keys.set(origin, known);
    return known;
  }

  stop(): void {
    this.#abort.abort();
  }
}
