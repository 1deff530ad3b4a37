// Packs a delta into one buffer for the commit script (hot path): one argument instead of five per key.
//
// Little-endian. A field is a u32 length and its bytes.
//   bases    u32 count, then a field: key that is appended to as the store has it, neither deleted nor put before
//   deletes  u32 count, then a field: key
//   puts     u32 count, then fields: key, state, served (empty for none), event time, TTL; f64 expiry
//   appends  u32 count, then fields: key, bytes, event time, TTL; f64 expiry
// State and appended bytes are framed (core/state-frame.ts).
// Event time and TTL are decimal text, readable in redis-cli; no TTL is an empty field.
// Expiry is the event time from which on no result depends on the key, ms; Infinity for none. It is rounded up to a part
// of the TTL, so that most writes of a key leave its place in the index as it is.
import type { StateAppend, StateDelta } from '../../core/state-delta.ts';
import { STATE_FRAME_BYTES, writeFrame } from '../../core/state-frame.ts';
import { TEXT_BYTES_PER_UNIT_MAX } from '../../core/text-bytes.ts';

/** Lengths, frame, expiry and both decimal texts of one entry. */
const ENTRY_BYTES_MAX = 128;

/** Parts of a TTL to whose ends expiries are rounded up. */
const EXPIRIES_PER_TTL = 16;

function expiryOf(eventTimeMs: number, ttlMs: number | null): number {
  if (ttlMs === null) return Number.POSITIVE_INFINITY;
  const expiryMs = eventTimeMs + ttlMs;
  const part = ttlMs / EXPIRIES_PER_TTL;
  return part > 0 ? Math.max(expiryMs, Math.ceil(expiryMs / part) * part) : expiryMs;
}

class Packer {
  readonly #scope: number;
  #buffer = Buffer.allocUnsafe(16_384);
  #at = 0;
  #lastTtlMs: number | null = null;
  #lastTtl = '';

  /** @param scope of the frames */
  constructor(scope: number) {
    this.#scope = scope;
  }

  count(n: number): void {
    this.#reserve(4);
    this.#at = this.#buffer.writeUInt32LE(n, this.#at);
  }

  entry(key: string, bytes: Uint8Array): void {
    this.#reserve(key.length * TEXT_BYTES_PER_UNIT_MAX + bytes.length + ENTRY_BYTES_MAX);
    this.key(key);
    const end = writeFrame(this.#scope, key, bytes, this.#buffer, this.#at + 4);
    this.#buffer.writeUInt32LE(STATE_FRAME_BYTES + bytes.length, this.#at);
    this.#at = end;
  }

  key(key: string): void {
    this.#reserve(key.length * TEXT_BYTES_PER_UNIT_MAX + ENTRY_BYTES_MAX);
    const length = this.#buffer.write(key, this.#at + 4, 'utf8');
    this.#buffer.writeUInt32LE(length, this.#at);
    this.#at += 4 + length;
  }

  served(bytes: Uint8Array | null): void {
    this.#reserve((bytes?.length ?? 0) + ENTRY_BYTES_MAX);
    if (bytes === null) this.#at = this.#buffer.writeUInt32LE(0, this.#at);
    else this.#bytes(bytes);
  }

  times(eventTimeMs: number, ttlMs: number | null): void {
    this.#text(String(eventTimeMs));
    if (ttlMs !== this.#lastTtlMs) {
      this.#lastTtlMs = ttlMs;
      this.#lastTtl = ttlMs === null ? '' : String(ttlMs);
    }
    this.#text(this.#lastTtl);
    this.#at = this.#buffer.writeDoubleLE(expiryOf(eventTimeMs, ttlMs), this.#at);
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #bytes(bytes: Uint8Array): void {
    this.#at = this.#buffer.writeUInt32LE(bytes.length, this.#at);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #text(text: string): void {
    this.#at = this.#buffer.writeUInt32LE(text.length, this.#at);
    this.#at += this.#buffer.write(text, this.#at, 'latin1');
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}

/** Keys for the other scripts: fields without a count. */
export function packKeys(keys: readonly string[]): Buffer {
  const packer = new Packer(0);
  for (const key of keys) packer.key(key);
  return packer.finish();
}

/** Merges appends to the same key so that the script rewrites each value once; order within a key is preserved. */
function mergeAppends(appends: readonly StateAppend[]): Iterable<StateAppend> {
  if (appends.length < 2) return appends;
  const merged = new Map<string, StateAppend>();
  const parts = new Map<string, Uint8Array[]>();
  for (const append of appends) {
    const list = parts.get(append.key);
    if (list === undefined) parts.set(append.key, [append.bytes]);
    else list.push(append.bytes);
    merged.set(append.key, append);
  }
  for (const [key, list] of parts) {
    const last = merged.get(key);
    if (last !== undefined && list.length > 1) merged.set(key, { ...last, bytes: Buffer.concat(list) });
  }
  return merged.values();
}

/** Keys that are appended to as the store has them. */
function basesOf({ deletes, puts }: StateDelta, appends: readonly StateAppend[]): Set<string> {
  const bases = new Set(appends.map(({ key }) => key));
  if (bases.size === 0) return bases;
  for (const key of deletes) bases.delete(key);
  for (const { key } of puts) bases.delete(key);
  return bases;
}

/** The keyed part of a delta. @param scope of the frames */
export function packDelta(delta: StateDelta, scope: number): Buffer {
  const packer = new Packer(scope);
  const appends = [...mergeAppends(delta.appends)];
  const bases = basesOf(delta, appends);
  packer.count(bases.size);
  for (const key of bases) packer.key(key);
  packer.count(delta.deletes.length);
  for (const key of delta.deletes) packer.key(key);
  packer.count(delta.puts.length);
  for (const put of delta.puts) {
    packer.entry(put.key, put.state);
    packer.served(put.served);
    packer.times(put.eventTimeMs, put.ttlMs);
  }
  packer.count(appends.length);
  for (const append of appends) {
    packer.entry(append.key, append.bytes);
    packer.times(append.eventTimeMs, append.ttlMs);
  }
  return packer.finish();
}
