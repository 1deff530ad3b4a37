// Packs a delta into one buffer for the commit script (hot path): one argument instead of five per key.
//
// Little-endian. A field is a u32 length and its bytes.
//   deletes  u32 count, then a field: key
//   puts     u32 count, then fields: key, state, served, event time, TTL; f64 expiry; u8 1 if served is present
//   appends  u32 count, then fields: key, bytes, event time, TTL; f64 expiry
// Event time and TTL are decimal text, readable in redis-cli; no TTL is an empty field.
// Expiry is the argument of PEXPIRE, ms; -1 for none.
import type { StateAppend, StateDelta } from '../../core/state-delta.ts';
import { TEXT_BYTES_PER_UNIT_MAX } from '../../core/text-bytes.ts';

/** Lengths, expiry, flag and both decimal texts of one entry. */
const ENTRY_BYTES_MAX = 128;
const NO_EXPIRY = -1;

class Packer {
  #buffer = Buffer.allocUnsafe(16_384);
  #at = 0;
  #lastTtlMs: number | null = null;
  #lastTtl = '';

  count(n: number): void {
    this.#reserve(4);
    this.#at = this.#buffer.writeUInt32LE(n, this.#at);
  }

  entry(key: string, bytes: Uint8Array): void {
    this.#reserve(key.length * TEXT_BYTES_PER_UNIT_MAX + bytes.length + ENTRY_BYTES_MAX);
    this.key(key);
    this.#bytes(bytes);
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

  times(eventTimeMs: number, ttlMs: number | null, graceMs: number): void {
    this.#text(String(eventTimeMs));
    if (ttlMs !== this.#lastTtlMs) {
      this.#lastTtlMs = ttlMs;
      this.#lastTtl = ttlMs === null ? '' : String(ttlMs);
    }
    this.#text(this.#lastTtl);
    const expiryMs = ttlMs === null ? NO_EXPIRY : Math.ceil(ttlMs + graceMs);
    this.#at = this.#buffer.writeDoubleLE(expiryMs, this.#at);
  }

  flag(on: boolean): void {
    this.#at = this.#buffer.writeUInt8(on ? 1 : 0, this.#at);
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

/** Keys for the read script: fields without a count. */
export function packKeys(keys: readonly string[]): Buffer {
  const packer = new Packer();
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

/** The keyed part of a delta: deletes, puts, appends. `graceMs` is added to each TTL before it reaches PEXPIRE. */
export function packDelta(delta: StateDelta, graceMs: number): Buffer {
  const packer = new Packer();
  packer.count(delta.deletes.length);
  for (const key of delta.deletes) packer.key(key);
  packer.count(delta.puts.length);
  for (const put of delta.puts) {
    packer.entry(put.key, put.state);
    packer.served(put.served);
    packer.times(put.eventTimeMs, put.ttlMs, graceMs);
    packer.flag(put.served !== null);
  }
  const appends = [...mergeAppends(delta.appends)];
  packer.count(appends.length);
  for (const append of appends) {
    packer.entry(append.key, append.bytes);
    packer.times(append.eventTimeMs, append.ttlMs, graceMs);
  }
  return packer.finish();
}
