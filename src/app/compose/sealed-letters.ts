// Dead letters of a source with sensitive columns (control path): opened to be put back, masked to be shown.
import type { SchemaCodec } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { EventRow } from '../../ports/format.ts';
import { RecordOpener } from '../../runtime/personal/record-seal.ts';
import { TopologyKeys } from '../../runtime/personal/topology-keys.ts';
import type { DeadLetterRecord } from '../../runtime/records.ts';
import type { Topology } from '../../topology/define.ts';
import { isSensitive, treatmentOf } from '../../topology/sensitive-columns.ts';
import type { Config } from '../settings/config.ts';
import { openWrapper } from './personal-keys.ts';

/** What is printed in place of a value. */
export const MASK = '(sensitive)';

/**
 * Null for a source without sensitive columns.
 * @throws CONFIG_INVALID without the key that the letters are encrypted with
 */
export async function openLetterOpener(
  topology: Topology,
  config: Config,
  log: EventLog,
  codec: SchemaCodec,
  quarantine?: Quarantine,
): Promise<RecordOpener | null> {
  const { name, source } = topology;
  if (!isSensitive(source)) return null;
  const keys = await TopologyKeys.open(log, codec, name, await openWrapper(name, config), quarantine);
  return new RecordOpener(name, source.topic, keys);
}

/** The letter with the event's own bytes; null if the data key that they are sealed with was destroyed. */
export function openedLetter(opener: RecordOpener | null, letter: DeadLetterRecord): DeadLetterRecord | null {
  if (opener === null) return letter;
  const key = opener.part(letter.key, 'key');
  const value = opener.part(letter.value, 'value');
  const isLost = (letter.key !== null && key === null) || (letter.value !== null && value === null);
  return isLost ? null : { ...letter, key, value };
}

/** The event with its sensitive columns masked. */
export function maskedEvent({ source }: Topology, event: EventRow): EventRow {
  const shown = Object.entries(event).map(([name, value]): [string, EventRow[string]] =>
    value === null || treatmentOf(source, name) === undefined ? [name, value] : [name, MASK],
  );
  return Object.fromEntries(shown);
}
