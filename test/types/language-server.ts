// What an editor shows when the pointer rests on a name: the language server of TypeScript, over its protocol (for tests).
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bareCommand } from '../support/bare-command.ts';
import { TSC } from './compiled.ts';

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
}

export class LanguageServer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #folder: string;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  readonly #open = new Set<string>();
  #buffer = Buffer.alloc(0);
  #id = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#process = spawn(...bareCommand(process.execPath, [TSC, '--lsp', '--stdio']), { cwd: folder });
    this.#process.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  async start(): Promise<void> {
    await this.#ask('initialize', {
      processId: process.pid,
      rootUri: pathToFileURL(this.#folder).href,
      capabilities: { textDocument: { hover: { contentFormat: ['plaintext'] } } },
    });
    this.#send({ method: 'initialized', params: {} });
  }

  /** The first line of what is shown for the last place of `name` in the file. */
  async hover(file: string, name: string): Promise<string> {
    const path = join(this.#folder, file);
    const text = readFileSync(path, 'utf8');
    const uri = pathToFileURL(path).href;
    if (!this.#open.has(uri)) {
      this.#open.add(uri);
      const textDocument = { uri, languageId: 'typescript', version: 1, text };
      this.#send({ method: 'textDocument/didOpen', params: { textDocument } });
    }
    const before = text.slice(0, text.lastIndexOf(name)).split('\n');
    const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
    const shown = (await this.#ask('textDocument/hover', { textDocument: { uri }, position })) as {
      contents?: { value?: string };
    } | null;
    return shown?.contents?.value?.replaceAll(/```\w*\n?/g, '').trim() ?? '';
  }

  end(): void {
    this.#process.kill();
  }

  #ask(method: string, params: unknown): Promise<unknown> {
    this.#id += 1;
    const id = this.#id;
    this.#send({ id, method, params });
    return new Promise((done) => this.#waiting.set(id, done));
  }

  #send(message: object): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const header = /^Content-Length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(this.#buffer.toString('latin1'));
      if (header === null) return;
      const end = header[0].length + Number(header[1]);
      if (this.#buffer.length < end) return;
      this.#reply(JSON.parse(this.#buffer.subarray(header[0].length, end).toString()) as Reply);
      this.#buffer = this.#buffer.subarray(end);
    }
  }

  #reply({ id, method, result }: Reply): void {
    if (id === undefined) return;
    // The server asks for the settings of the editor: there are none.
    if (method !== undefined) return this.#send({ id, result: null });
    this.#waiting.get(id)?.(result);
    this.#waiting.delete(id);
  }
}
