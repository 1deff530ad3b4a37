// Protobuf's wire format, read forward (hot path): no object or closure per value, and nothing that bytes claim is believed
// beyond their end. Source: https://protobuf.dev/programming-guides/encoding/
import { PROTOBUF_DEPTH_MAX } from '../../core/event-limits.ts';
import { VARINT_BYTES_MAX } from '../../core/varint.ts';
import { OctetInput } from '../shared/octet-input.ts';
import type { RowFault } from '../shared/row-reader.ts';
import { WIRE_32, WIRE_64, WIRE_BYTES, WIRE_GROUP, WIRE_GROUP_END, WIRE_VARINT } from './field-ops.ts';
import { BAD_END, BAD_TAG, OVERLONG, TOO_DEEP, TRUNCATED } from './row-faults.ts';

/** The bits of a tag's fifth byte that an unsigned integer of 32 bits has. */
const TAG_LAST_MAX = 0x0f;

export class WireInput extends OctetInput {
  /** Of the varint that was read last: its bits below and above 32. */
  protected low = 0;
  protected high = 0;

  /** Reads a varint into `low` and `high`; bits above 64 are dropped. */
  protected varint(): RowFault | null {
    const { octets, end } = this;
    let { at } = this;
    if (at >= end) return TRUNCATED;
    let byte = octets[at++] as number;
    let low = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
      if (at >= end) return TRUNCATED;
      byte = octets[at++] as number;
      low |= (byte & 0x7f) << shift;
    }
    if (byte < 0x80) {
      this.at = at;
      this.low = low;
      this.high = 0;
      return null;
    }
    if (at >= end) return TRUNCATED;
    byte = octets[at++] as number;
    low |= byte << 28;
    let high = (byte & 0x7f) >>> 4;
    for (let shift = 3; byte >= 0x80; shift += 7) {
      if (shift > 31) return OVERLONG;
      if (at >= end) return TRUNCATED;
      byte = octets[at++] as number;
      high |= (byte & 0x7f) << shift;
    }
    this.at = at;
    this.low = low;
    this.high = high;
    return null;
  }

  /** Reads a field's number and wire type into `low`. */
  protected tag(): RowFault | null {
    const start = this.at;
    const fault = this.varint();
    if (fault !== null) return fault;
    const length = this.at - start;
    if (length > 5 || (length === 5 && (this.octets[this.at - 1] as number) > TAG_LAST_MAX)) return BAD_TAG;
    return (this.low & 7) > WIRE_32 || this.low >>> 3 === 0 ? BAD_TAG : null;
  }

  /** Reads the length of what follows into `low`: it ends within the message. */
  protected length(): RowFault | null {
    const { at } = this;
    const byte = at < this.end ? (this.octets[at] as number) : 0x80;
    if (byte < 0x80) {
      this.at = at + 1;
      this.low = byte;
    } else {
      const fault = this.varint();
      if (fault !== null) return fault;
    }
    return this.low >>> 0 > this.end - this.at ? TRUNCATED : null;
  }

  /**
   * Skips a field's value.
   * @param depth of the message that it is in
   */
  protected skip(number: number, wire: number, depth: number): RowFault | null {
    switch (wire) {
      case WIRE_VARINT:
        return this.#skipVarint();
      case WIRE_64:
        return this.#skipBytes(8);
      case WIRE_32:
        return this.#skipBytes(4);
      case WIRE_BYTES: {
        const fault = this.length();
        if (fault === null) this.at += this.low;
        return fault;
      }
      case WIRE_GROUP:
        return this.#skipGroup(number, depth + 1);
      default:
        return wire === WIRE_GROUP_END ? BAD_END : BAD_TAG;
    }
  }

  #skipVarint(): RowFault | null {
    const { octets, end } = this;
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      if (this.at >= end) return TRUNCATED;
      if ((octets[this.at++] as number) < 0x80) return null;
    }
    return OVERLONG;
  }

  #skipBytes(count: number): RowFault | null {
    return (this.at += count) > this.end ? TRUNCATED : null;
  }

  #skipGroup(number: number, depth: number): RowFault | null {
    if (depth > PROTOBUF_DEPTH_MAX) return TOO_DEEP;
    for (;;) {
      const fault = this.tag();
      if (fault !== null) return fault;
      const inner = this.low >>> 3;
      const wire = this.low & 7;
      if (wire === WIRE_GROUP_END) return inner === number ? null : BAD_END;
      const problem = this.skip(inner, wire, depth);
      if (problem !== null) return problem;
    }
  }
}
