// Decimals that have their scale with them, in a JSON text (hot path): {"scale": 2, "value": "BNI="}, in any order.
// Source: io.debezium.data.VariableScaleDecimal.
import { ByteNames } from './byte-names.ts';
import { CLOSE_OBJECT, COMMA, MINUS, NINE, QUOTE, ZERO } from './octets.ts';
import { NO_COMMA, ValueScanner } from './value-scanner.ts';

const NAMES = new ByteNames(['scale', 'value']);
const SCALE = 0;
const VALUE = 1;
/** More than any decimal that is read. */
const BASE64_MAX = 128;

export class ConnectScanner extends ValueScanner {
  /** Of the object that was read; NaN and 0 for what it lacks. */
  protected scale: number = Number.NaN;
  protected readonly base64: Uint8Array = new Uint8Array(BASE64_MAX);
  protected base64Length: number = 0;

  /** Reads the object whose brace is at `at`. */
  protected variableScale(): boolean {
    this.scale = Number.NaN;
    this.base64Length = 0;
    this.at++;
    if (this.space() === CLOSE_OBJECT) {
      this.at++;
      return true;
    }
    for (;;) {
      if (!this.memberName()) return false;
      const length = this.isEscaped ? this.unescaped() : -1;
      const name =
        length >= 0
          ? NAMES.find(this.scratch, 0, length)
          : NAMES.find(this.octets, this.textFrom, this.textTo);
      const first = this.space();
      const isRead = name === SCALE ? this.#scale(first) : name === VALUE ? this.#value(first) : this.skip();
      if (!isRead) return false;
      const next = this.space();
      if (next !== COMMA && next !== CLOSE_OBJECT) return this.fail(NO_COMMA, this.at);
      this.at++;
      if (next === CLOSE_OBJECT) return true;
    }
  }

  #scale(first: number): boolean {
    this.scale = Number.NaN;
    if (first !== MINUS && !(first >= ZERO && first <= NINE)) return this.skip();
    this.scale = this.number();
    return this.scale === this.scale;
  }

  #value(first: number): boolean {
    this.base64Length = 0;
    if (first !== QUOTE) return this.skip();
    if (!this.text()) return false;
    const length = this.isEscaped ? this.unescaped() : this.textTo - this.textFrom;
    if (length < 0 || length > BASE64_MAX) return true;
    const from = this.isEscaped ? 0 : this.textFrom;
    const octets = this.isEscaped ? this.scratch : this.octets;
    for (let i = 0; i < length; i++) this.base64[i] = octets[from + i] as number;
    this.base64Length = length;
    return true;
  }
}
