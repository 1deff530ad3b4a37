// MongoDB's Extended JSON as plain JSON (per event of MongoDB's connector, which writes documents as text). What JSON has no
// type for is an object there, {"$oid": "..."}: it becomes its value. Numbers keep their digits.
// Sources: https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/ and JsonMode.STRICT of MongoDB's Java driver,
// by which the connector writes.

/** More than BSON's 100 levels, with those of the envelope. */
const DEPTH_MAX = 200;
const STRING = /"[^"\\]*(?:\\[^][^"\\]*)*"/y;
/** A number, true, false or null, or what is none: the reader of the result says so. */
const LITERAL = /[^\s"{}[\],:]+/y;
const SPACE = /[\x20\t\n\r]*/y;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const BASE64 = /"base64":("[^"]*")/;

/** The JSON text of a name, and of its value. */
type Member = readonly [name: string, value: string];

class NoJson extends Error {}

/** Reads JSON text, and returns the parts as text. */
export class TextScanner {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next member's value, as it is written. */
  raw(): string {
    this.space();
    const from = this.#at;
    this.plain();
    return this.#text.slice(from, this.#at);
  }

  /** The next value, as plain JSON. @throws NoJson */
  plain(): string {
    const first = this.next();
    if (first === '{') return typedValue(this.members(() => this.plain()));
    if (first === '[') return `[${this.#items().join(',')}]`;
    return this.#match(first === '"' ? STRING : LITERAL);
  }

  /** The members of the object that begins here. @param value reads that of a name */
  members(value: (name: string) => string): Member[] {
    const found: Member[] = [];
    this.#enter('{');
    if (this.next() === '}') this.#expect('}');
    else {
      do {
        this.space();
        const name = this.#match(STRING);
        this.#expect(':');
        found.push([name, value(name)]);
      } while (this.#goesOn('}'));
    }
    this.#depth--;
    return found;
  }

  #items(): string[] {
    const found: string[] = [];
    this.#enter('[');
    if (this.next() === ']') this.#expect(']');
    else
      do found.push(this.plain());
      while (this.#goesOn(']'));
    this.#depth--;
    return found;
  }

  /** The first character of what comes next; undefined at the end. */
  next(): string | undefined {
    this.space();
    return this.#text[this.#at];
  }

  space(): void {
    this.#match(SPACE);
  }

  #enter(bracket: string): void {
    this.#expect(bracket);
    if (++this.#depth > DEPTH_MAX) throw new NoJson();
  }

  #goesOn(end: string): boolean {
    const isMore = this.next() === ',';
    this.#expect(isMore ? ',' : end);
    return isMore;
  }

  #expect(char: string): void {
    if (this.next() !== char) throw new NoJson();
    this.#at++;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) throw new NoJson();
    this.#at += found.length;
    return found;
  }
}

export function objectText(members: readonly Member[]): string {
  return `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`;
}

/** An object, or the value that it stands for. */
function typedValue(members: readonly Member[]): string {
  const [first, second] = members;
  if (first?.[0].startsWith('"$') !== true) return objectText(members);
  const [name, value] = first;
  if (members.length === 2 && name === '"$binary"' && second?.[0] === '"$type"') return value;
  if (members.length > 1) return objectText(members);
  switch (name) {
    case '"$oid"':
    case '"$date"':
    case '"$uuid"':
    case '"$symbol"':
    case '"$code"':
    case '"$timestamp"':
    case '"$regularExpression"':
      return value;
    case '"$numberLong"':
    case '"$numberInt"':
    case '"$numberDouble"':
    case '"$numberDecimal"': {
      const digits = value.replaceAll('"', '');
      return NUMBER.test(digits) ? digits : 'null'; // neither infinity nor NaN is a number of JSON
    }
    case '"$binary"':
      return BASE64.exec(value)?.[1] ?? value;
    case '"$undefined"':
      return 'null';
    default:
      return objectText(members);
  }
}

/** What `read` returns; null for text that is no JSON, or is nested too deep. */
export function readText<T>(text: string, read: (scanner: TextScanner) => T): T | null {
  try {
    const scanner = new TextScanner(text);
    const found = read(scanner);
    return scanner.next() === undefined ? found : null;
  } catch (error) {
    if (error instanceof NoJson) return null;
    throw error;
  }
}
