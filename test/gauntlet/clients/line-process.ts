// A client in a process of its own that takes commands as lines and answers with lines.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ReadRecord, Sending, WorldProducer } from './client.ts';

const base64 = (bytes: Buffer | null): string =>
  bytes === null ? '-' : bytes.length === 0 ? '+' : bytes.toString('base64');

const bytesOf = (text: string | undefined): Buffer | null =>
  text === undefined || text === '-' ? null : text === '+' ? Buffer.alloc(0) : Buffer.from(text, 'base64');

interface Waiting {
  readonly records: ReadRecord[];
  resolve(records: ReadRecord[]): void;
  reject(error: Error): void;
}

export class LineProcess implements WorldProducer {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<string, Waiting>();
  #commands = 0;
  #errors = '';

  constructor(name: string, command: string, args: readonly string[]) {
    this.#name = name;
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-2_000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#line(line));
    const end = (): void => {
      for (const waiting of this.#waiting.values())
        waiting.reject(new Error(`${name} ended: ${this.#errors}`));
      this.#waiting.clear();
    };
    child.once('error', end).once('close', end);
  }

  #line(line: string): void {
    const [kind = '', id = '', ...words] = line.split(' ');
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return; // the client's own log
    if (kind === 'record') {
      const [partition, offset, timestampMs, key, value] = words;
      waiting.records.push({
        partition: Number(partition),
        offset: Number(offset),
        timestampMs: Number(timestampMs),
        key: bytesOf(key),
        value: bytesOf(value),
      });
      return;
    }
    this.#waiting.delete(id);
    if (kind === 'done') waiting.resolve(waiting.records);
    else waiting.reject(new Error(`${this.#name}: ${words.join(' ')}`));
  }

  #ask(verb: string, words: string, lines: readonly string[] = []): Promise<ReadRecord[]> {
    const id = String(++this.#commands);
    return new Promise((resolve, reject) => {
      if (this.#child.exitCode !== null) return reject(new Error(`${this.#name} ended: ${this.#errors}`));
      this.#waiting.set(id, { records: [], resolve, reject });
      this.#child.stdin?.write([`${verb} ${id} ${words}`, ...lines, ''].join('\n'));
    });
  }

  async produce({ topic, codec, transaction, records }: Sending): Promise<void> {
    const lines = records.map(({ partition, timestampMs, key, value }) =>
      [partition, timestampMs, base64(key), base64(value)].join(' '),
    );
    await this.#ask('produce', `${topic} ${codec} ${transaction} ${records.length}`, lines);
  }

  /** The whole topic as a read_committed consumer sees it, each partition in the order of its offsets. */
  read(topic: string): Promise<ReadRecord[]> {
    return this.#ask('read', topic);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin?.end();
    await ended;
  }
}
