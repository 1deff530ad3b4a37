// The tokens of a .proto file (control path).
// Source: https://protobuf.dev/reference/protobuf/proto3-spec/#lexical_elements

/** Blank space and comments; then a string, a number or name (dotted, also with a leading dot), or a sign. */
const BLANK = /(?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
const TOKEN =
  /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'|[+-]?\.?[0-9][A-Za-z0-9.]*(?:(?<=[0-9.][eE])[+-][0-9]+)?|\.?[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*|[^]/y;
const ESCAPE = /\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g;
const CODE_POINT_MAX = 0x10_ffff;
const ESCAPED: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

export class ProtoTokens {
  readonly #text: string;
  /** Start and end of the current token; empty at the end of the text. */
  #from = 0;
  #to = 0;

  constructor(text: string) {
    this.#text = text;
    this.#advance();
  }

  get current(): string {
    return this.#text.slice(this.#from, this.#to);
  }

  get isDone(): boolean {
    return this.#from >= this.#text.length;
  }

  next(): string {
    if (this.isDone) throw new Error('the text ends too early');
    const { current } = this;
    this.#advance();
    return current;
  }

  /** Takes the token if it is the current one. */
  take(token: string): boolean {
    if (this.isDone || this.current !== token) return false;
    this.#advance();
    return true;
  }

  expect(token: string): void {
    if (!this.take(token)) throw this.unexpected(`'${token}'`);
  }

  name(): string {
    if (!/^\.?[A-Za-z_]/.test(this.current)) throw this.unexpected('a name');
    return this.next();
  }

  integer(): number {
    const value = integerOf(this.current);
    if (value === null || !Number.isSafeInteger(Number(value))) throw this.unexpected('an integer');
    this.#advance();
    return Number(value);
  }

  /** Adjacent strings are one. */
  string(): string {
    if (!this.#isString) throw this.unexpected('a string');
    let text = '';
    while (this.#isString) text += unescaped(this.next().slice(1, -1));
    return text;
  }

  get #isString(): boolean {
    return /^["']./.test(this.current);
  }

  /** A constant as descriptors have it: a string without its quotes, anything else as it is written. */
  constant(): string {
    return this.#isString ? this.string() : this.next();
  }

  /** Skips up to the end of a statement, with what is in its braces. */
  skipStatement(): void {
    for (let depth = 0; ;) {
      const token = this.next();
      if (token === '{') depth++;
      if (token === '}' && --depth === 0) {
        this.take(';');
        return;
      }
      if (token === ';' && depth === 0) return;
    }
  }

  unexpected(wanted: string): Error {
    const line = this.#text.slice(0, this.#from).split('\n').length;
    const found = this.isDone ? 'its end' : `'${this.current.slice(0, 40)}'`;
    return new Error(`line ${line} of the text has ${found} where ${wanted} is expected`);
  }

  #advance(): void {
    BLANK.lastIndex = this.#to;
    BLANK.exec(this.#text);
    this.#from = BLANK.lastIndex;
    TOKEN.lastIndex = this.#from;
    TOKEN.exec(this.#text);
    this.#to = Math.max(this.#from, TOKEN.lastIndex);
  }
}

/** Decimal, octal or hexadecimal; null for what is no integer. */
export function integerOf(text: string): bigint | null {
  const [, sign = '', digits = ''] = /^([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)$/.exec(text) ?? [];
  if (digits === '' || /^0[0-9]*[89]/.test(digits)) return null;
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits);
  return sign === '-' ? -value : value;
}

/** Octal and hexadecimal escapes are bytes of UTF-8. */
function unescaped(text: string): string {
  const pieces: Buffer[] = [];
  let end = 0;
  for (const { 0: all, index, 1: octal, 2: hex, 3: short, 4: long, 5: other = '' } of text.matchAll(ESCAPE)) {
    pieces.push(Buffer.from(text.slice(end, index)));
    end = index + all.length;
    const byte = octal === undefined ? hex : Number.parseInt(octal, 8).toString(16);
    const code = Number.parseInt(short ?? long ?? '', 16);
    if (byte !== undefined) pieces.push(Buffer.of(Number.parseInt(byte, 16)));
    else if (Number.isNaN(code)) pieces.push(Buffer.from(ESCAPED[other] ?? other));
    else pieces.push(Buffer.from(String.fromCodePoint(Math.min(code, CODE_POINT_MAX))));
  }
  return Buffer.concat([...pieces, Buffer.from(text.slice(end))]).toString();
}
