// `millrace dead-letters list`, `show` and `count` (control path).
import { predictionId as recordId } from '../../../core/blocks.ts';
import { messageOf, MillraceError } from '../../../core/errors.ts';
import { instantText } from '../../../core/time.ts';
import type { EventRow } from '../../../ports/format.ts';
import type { RecordOpener } from '../../../runtime/personal/record-seal.ts';
import type { DeadLetterRecord } from '../../../runtime/records.ts';
import type { Topology } from '../../../topology/define.ts';
import { isSensitive } from '../../../topology/sensitive-columns.ts';
import { topicsOf } from '../../../topology/topics.ts';
import { openAppTelemetry, openCodec, openFormat, openLog, openSchemas } from '../../compose/adapters.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import { MASK, maskedEvent, openedLetter, openLetterOpener } from '../../compose/sealed-letters.ts';
import type { Config } from '../../settings/config.ts';
import { cutText } from '../cut-text.ts';
import { bytesText, hexHead, LetterEvents } from './letter-event.ts';
import { readLetters, type LetterChoice } from './read-letters.ts';

const MESSAGE_WIDTH_MAX = 80;
const EVENT_WIDTH_MAX = 200;

export interface ShowOptions extends LetterChoice {
  /** The newest so many. */
  readonly limit: number;
  readonly asJson: boolean;
  /** `topic-partition-offset` of one event; undefined for the newest. */
  readonly position?: string | undefined;
}

/** A letter as it is printed. */
interface ShownLetter {
  /** `topic-partition-offset` of the event. */
  readonly position: string;
  readonly code: string;
  readonly failedAt: string;
  readonly message: string;
  readonly timestamp: string;
  readonly key: string | null;
  /** The event by column, if the source's format decodes it. */
  readonly event: EventRow | null;
  /** Otherwise its first bytes; null if it has no value. */
  readonly bytes: string | null;
}

/**
 * @param opens whether letters are going to be opened
 * @returns the opener of letters that are sealed; null if there are none, or the settings have no key for them
 */
async function forEachLetter(
  topology: Topology,
  config: Config,
  choice: LetterChoice,
  take: (letter: DeadLetterRecord) => void,
  opens: boolean,
): Promise<RecordOpener | null> {
  const log = await openLog(config, await openAppTelemetry(config));
  const codec = openCodec(config);
  let foreign = 0;
  let opener: RecordOpener | null = null;
  try {
    for await (const letter of readLetters(log, codec, topology, choice, () => (foreign += 1))) take(letter);
    if (opens)
      opener = await openLetterOpener(topology, config, log, codec).catch((error: unknown) => {
        process.stderr.write(`sealed letters are not opened: ${messageOf(error)}\n`);
        return null;
      });
  } finally {
    await codec.close();
    await log.close();
  }
  if (foreign > 0)
    process.stderr.write(
      `records in ${topicsOf(topology).deadLetters} that are no dead letters: ${foreign}\n`,
    );
  return opener;
}

/** The newest that are chosen, oldest first. */
async function newest(topology: Topology, config: Config, options: ShowOptions): Promise<ShownLetter[]> {
  const letters: DeadLetterRecord[] = [];
  const keepNewest = (): void => {
    letters.sort((a, b) => a.failedAtMs - b.failedAtMs);
    letters.splice(0, letters.length - options.limit); // nothing if there are fewer
  };
  const take = (letter: DeadLetterRecord): void => {
    if (options.position !== undefined && recordId(letter, letter.offset) !== options.position) return;
    letters.push(letter);
    if (letters.length >= 2 * options.limit + 1_000) keepNewest();
  };
  const opener = await forEachLetter(topology, config, options, take, isSensitive(topology.source));
  keepNewest();
  const decoder = await openFormat(topology, openSchemas(config))
    .decoder()
    .catch(() => null); // without the source's schema, bytes are shown
  const events = new LetterEvents(decoder, topology.source.eventTime);
  const shown: ShownLetter[] = [];
  for (const letter of letters) {
    if (!isSensitive(topology.source)) {
      shown.push(shownLetter(letter, await events.decode(letter)));
      continue;
    }
    const opened = opener === null ? null : openedLetter(opener, letter);
    const event = opened === null ? null : await events.decode(opened);
    shown.push(maskedLetter(letter, event === null ? null : maskedEvent(topology, event)));
  }
  return shown;
}

/** The bytes of an event with sensitive columns are not shown, whether they are sealed or not. */
function maskedLetter(letter: DeadLetterRecord, event: EventRow | null): ShownLetter {
  const { key, bytes, ...shown } = shownLetter(letter, event);
  return { ...shown, key: key === null ? null : MASK, bytes: bytes === null ? null : MASK };
}

function shownLetter(letter: DeadLetterRecord, event: EventRow | null): ShownLetter {
  const { code, message, value } = letter;
  return {
    position: recordId(letter, letter.offset),
    code,
    failedAt: instantText(letter.failedAtMs),
    message,
    timestamp: instantText(letter.timestampMs),
    key: bytesText(letter.key),
    event,
    bytes: event !== null || value === null ? null : hexHead(value),
  };
}

const NONE = 'no dead letters\n';

export async function listLetters(file: string, config: Config, options: ShowOptions): Promise<void> {
  const letters = await newest(await loadTopology(file), config, options);
  if (options.asJson) return printJson(letters);
  const lines = letters.map(({ position, code, failedAt, message, event, bytes }) => {
    const shown = cutText(event === null ? (bytes ?? 'no value') : JSON.stringify(event), EVENT_WIDTH_MAX);
    return `${position}  ${code}  ${failedAt}  ${cutText(message, MESSAGE_WIDTH_MAX)}  ${shown}\n`;
  });
  process.stdout.write(lines.length === 0 ? NONE : lines.join(''));
}

/** @throws DATA_INVALID if the event of the position has no letter */
export async function showLetters(file: string, config: Config, options: ShowOptions): Promise<void> {
  const topology = await loadTopology(file);
  const letters = await newest(topology, config, options);
  if (letters.length === 0 && options.position !== undefined)
    throw new MillraceError('DATA_INVALID', `no dead letter is of the event ${options.position}`, {
      where: topicsOf(topology).deadLetters,
      remedy: 'millrace dead-letters list shows the positions.',
    });
  if (options.asJson) return printJson(letters);
  process.stdout.write(letters.length === 0 ? NONE : `${letters.map(letterText).join('\n\n')}\n`);
}

function letterText({
  position,
  code,
  failedAt,
  message,
  timestamp,
  key,
  event,
  bytes,
}: ShownLetter): string {
  const shown = event === null ? (bytes ?? 'no value') : JSON.stringify(event, null, 2);
  return [
    `position   ${position}`,
    `code       ${code}`,
    `message    ${message}`,
    `rejected   ${failedAt}`,
    `timestamp  ${timestamp}`,
    `key        ${key ?? 'none'}`,
    `event      ${shown}`,
  ].join('\n');
}

interface CodeCount {
  readonly code: string;
  count: number;
  firstMs: number;
  lastMs: number;
  readonly example: string;
}

export async function countLetters(
  file: string,
  config: Config,
  options: LetterChoice & { readonly asJson: boolean },
): Promise<void> {
  const counts = new Map<string, CodeCount>();
  const take = (letter: DeadLetterRecord): void => {
    const { code, failedAtMs, offset } = letter;
    const counted = counts.get(code);
    if (counted === undefined) {
      const example = recordId(letter, offset);
      counts.set(code, { code, count: 1, firstMs: failedAtMs, lastMs: failedAtMs, example });
      return;
    }
    counted.count += 1;
    counted.firstMs = Math.min(counted.firstMs, failedAtMs);
    counted.lastMs = Math.max(counted.lastMs, failedAtMs);
  };
  await forEachLetter(await loadTopology(file), config, options, take, false);
  const sorted = [...counts.values()]
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
    .map(({ code, count, firstMs, lastMs, example }) => {
      return { code, count, first: instantText(firstMs), last: instantText(lastMs), example };
    });
  if (options.asJson) return printJson(sorted);
  const lines = sorted.map(
    ({ code, count, first, last, example }) =>
      `${code.padEnd(20)} ${count}  ${first} to ${last}  ${example}\n`,
  );
  process.stdout.write(lines.length === 0 ? NONE : lines.join(''));
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
