// The archive of a topology for the part that reads the same source (control path): a store that is lost is rebuilt in both.
import type { RawBatch } from '../core/batch.ts';
import type { SchemaCodec } from '../ports/codec.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { EventArchive, EventSource } from '../ports/history.ts';
import type { PersonalKeys } from './personal/protection.ts';
import { RecordOpener } from './personal/record-seal.ts';
import { TopologyKeys } from './personal/topology-keys.ts';

export interface SharedArchiveParts {
  readonly archive: EventArchive;
  /** The topology that archives. */
  readonly topology: string;
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  /** Null for a source without sensitive columns: its archived events are not sealed. */
  readonly personal: Pick<PersonalKeys, 'wrapper'> | null;
}

export function sharedArchive({ archive, topology, log, codec, personal }: SharedArchiveParts): EventArchive {
  const own = (source: EventSource): EventSource => ({ ...source, topology });
  return {
    flush: () => archive.flush(),
    eventOffsetForTime: (source, timestampMs) => archive.eventOffsetForTime(own(source), timestampMs),
    holdsEvents: (source, from, to) => archive.holdsEvents(own(source), from, to),
    async *readEvents(source, from, to): AsyncGenerator<RawBatch> {
      const pages = archive.readEvents(own(source), from, to);
      if (personal === null) return yield* pages;
      // Sealed with the keys of the topology, which it may have made since.
      const keys = await TopologyKeys.open(log, codec, topology, personal.wrapper);
      const opener = new RecordOpener(topology, source.topic, keys);
      for await (const page of pages) yield opener.page(page);
    },
  };
}
