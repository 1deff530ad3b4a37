// Kafka Streams and Flink for the cards bench (control path): built once by Maven, each in a process of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCommand } from '../../tools/services/install.ts';
import { javaFor } from '../../tools/services/java.ts';
import { runCommand } from '../../tools/services/make-once.ts';

const folder = join(import.meta.dirname, '..', 'peers');

/** A slow machine takes a quarter of it. */
const RUN_MS_MAX = 300_000;

export type Peer = 'KafkaStreamsJob' | 'FlinkJob';

export interface PeerFigures {
  readonly perSecond: number;
  /** CPU of an event, µs: of the whole run. */
  readonly cpuMicros: number;
  readonly secondHalfCpuMicros: number;
  readonly meanScore: number;
}

export interface PeerRun {
  readonly brokers: readonly string[];
  readonly in: string;
  readonly out: string;
  readonly model: string;
  readonly events: number;
}

/** Flink reaches into these packages (its own scripts open them as well). */
const OPENED = [
  'lang',
  'util',
  'net',
  'io',
  'time',
  'text',
  'lang.invoke',
  'lang.reflect',
  'util.concurrent',
];

/** Compiles the peers; Maven fetches some 220 MB once. */
export function buildPeers(): void {
  const maven = ensureCommand('mvn', 'maven', 'the peers of the bench');
  process.stderr.write('building Kafka Streams and Flink jobs with Maven (220 MB are fetched once)\n');
  runCommand(maven, ['-q', '-B', '-f', join(folder, 'pom.xml'), 'package']);
}

/** @throws Error if the process ends without figures */
export async function runPeer(peer: Peer, run: PeerRun): Promise<PeerFigures> {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-peer-'));
  const target = join(folder, 'target');
  const settings = { ...run, brokers: run.brokers.join(), folder: scratch };
  const args = [
    ...OPENED.map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-Dorg.apache.avro.SERIALIZABLE_PACKAGES=io.millrace.peers',
    ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
    '-cp',
    `${join(target, 'peers-1.jar')}:${join(target, 'lib', '*')}`,
    `io.millrace.peers.${peer}`,
  ];
  try {
    return JSON.parse(await printed(args, peer)) as PeerFigures; // what Meter.java prints
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function printed(args: readonly string[], peer: Peer): Promise<string> {
  const child = spawn(javaFor('the peers of the bench'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), RUN_MS_MAX);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const line = output.split('\n').find((text) => text.startsWith('{'));
      if (line === undefined) reject(new Error(`${peer} ended (${signal ?? code}) without figures`));
      else resolve(line);
    });
  });
}
