// The whole learning loop on an embedded log, with a scripted trainer (for tests).
import type { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { EmbeddedLog } from '../../src/adapters/embedded/log.ts';
import type { Adapters } from '../../src/app/compose/adapters.ts';
import { startEngine, type EngineHost, type HostOptions } from '../../src/app/compose/engine-host.ts';
import { openArtifacts } from '../../src/app/compose/artifacts.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import { MillraceError } from '../../src/core/errors.ts';
import type { ModelManifest, ModelSignature } from '../../src/core/reports.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import type { ModelRegistry } from '../../src/ports/model-registry.ts';
import type { TrialScorers } from '../../src/ports/scorer.ts';
import type { Candidate, CandidateRequest, CandidateRunner } from '../../src/learning/candidate.ts';
import { ModelKeys } from '../../src/runtime/models/model-keys.ts';
import type { PredictionRecord } from '../../src/runtime/records.ts';
import { FakeQuarantine } from './fake-quarantine.ts';
import { fakeScorer, FakeTelemetry, MemoryStateStores } from '../../src/testing/index.ts';
import { MemoryHistory } from './memory-history.ts';
import { RecordingAudit } from './recording-audit.ts';
import type { Topology } from '../../src/index.ts';
import { topicSpecs, topicsOf } from '../../src/topology/topics.ts';

/** The outcome of each version; versions that are not listed are rejected. */
export type Script = Readonly<Record<string, 'promote' | 'reject' | 'fail'>>;

const metrics = { n: 1, logLoss: 0.5, auc: 0.5 };

export class ScriptedTrainer implements CandidateRunner {
  readonly requests: CandidateRequest[] = [];
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
  }

  async run(request: CandidateRequest): Promise<Candidate> {
    this.requests.push(request);
    const verdict = this.#script[request.version] ?? 'reject';
    if (verdict === 'fail') throw new MillraceError('TRAINING_FAILED', 'scripted failure');
    const { rowCount, eventTimeMs } = request.trainingSet;
    return {
      version: request.version,
      model: Buffer.from(request.version),
      trainer: { name: 'scripted', params: {} },
      reference: { rowCount, features: [], score: { edges: [], shares: [], sample: [] } },
      metrics: { candidate: metrics, champion: null },
      gain: null,
      verdict,
      why: `scripted: ${verdict}`,
      rows: { train: rowCount, validation: 0, gate: 0 },
      newestRowMs: eventTimeMs.at(-1) ?? 0,
      seconds: 0,
      log: null,
    };
  }

  async close(): Promise<void> {}
}

class MemoryRegistry implements ModelRegistry {
  readonly #models = new Map<string, { manifest: ModelManifest; model: Uint8Array }>();

  async register(manifest: ModelManifest, model: Uint8Array): Promise<void> {
    if (this.#models.has(manifest.version))
      throw new MillraceError('INVARIANT', 'a version is registered once');
    this.#models.set(manifest.version, { manifest, model });
  }

  async setStatus(_topology: string, version: string, status: ModelManifest['status']): Promise<void> {
    const { manifest, model } = await this.load('', version);
    this.#models.set(version, { manifest: { ...manifest, status }, model });
  }

  async setSignature(topology: string, version: string, signature: ModelSignature): Promise<void> {
    const { manifest, model } = await this.load(topology, version);
    this.#models.set(version, { manifest: { ...manifest, signature }, model });
  }

  async setProbe(): Promise<void> {}

  async setLog(): Promise<void> {}

  async probe(): Promise<null> {
    return null;
  }

  async list(): Promise<readonly ModelManifest[]> {
    return [...this.#models.values()].map(({ manifest }) => manifest);
  }

  async load(_topology: string, version: string): Promise<{ manifest: ModelManifest; model: Uint8Array }> {
    const known = this.#models.get(version);
    if (known === undefined) throw new MillraceError('MODEL_UNKNOWN', version);
    return known;
  }
}

export interface LearningRunOptions {
  readonly topology: Topology;
  readonly codec: AvroCodec;
  readonly script: Script;
  readonly control: HostOptions['control'];
  /** An empty one in memory by default. */
  readonly log?: EmbeddedLog;
  readonly settings?: HostOptions['settings'];
  /** Why a version cannot be loaded; none by default. */
  readonly refuses?: (version: string) => string | null;
  readonly keys?: ModelKeys;
  readonly snapshots?: HostOptions['snapshots'];
  /** Of artifacts. */
  readonly dataFolder?: string;
  /** Score of a version for a feature vector. */
  readonly scoreOf: (version: string, features: Float32Array) => number;
}

const POLL_MS = 2;

export class LearningRun {
  readonly log: EmbeddedLog;
  readonly history: MemoryHistory = new MemoryHistory();
  readonly registry: MemoryRegistry = new MemoryRegistry();
  readonly audit: RecordingAudit = new RecordingAudit();
  readonly telemetry: FakeTelemetry = new FakeTelemetry();
  readonly quarantine: FakeQuarantine = new FakeQuarantine();
  readonly trainer: ScriptedTrainer;
  readonly stores: MemoryStateStores = new MemoryStateStores();
  readonly #options: LearningRunOptions;
  #topology: Topology;
  readonly scorers: TrialScorers;
  host!: EngineHost;

  constructor(options: LearningRunOptions) {
    this.#options = options;
    this.#topology = options.topology;
    this.log = options.log ?? new EmbeddedLog({ path: null });
    this.trainer = new ScriptedTrainer(options.script);
    const { scoreOf, refuses } = options;
    const requireUsable = (version: string): void => {
      const why = refuses?.(version) ?? null;
      if (why !== null) throw new MillraceError('MODEL_INVALID', why);
    };
    this.scorers = {
      prepareTrial: () => undefined,
      async trial({ version }) {
        requireUsable(version);
      },
      async load(version, _model, width) {
        requireUsable(version);
        return fakeScorer(version, width, (features) => scoreOf(version, features));
      },
    };
  }

  async start(): Promise<void> {
    const { codec, control, settings, snapshots, dataFolder = '' } = this.#options;
    const topology = this.#topology;
    await this.log.ensureTopics(topicSpecs(topology));
    const { log, history, registry, scorers, trainer: candidates, telemetry, stores } = this;
    const fakes = {
      log,
      codec,
      schemas: codec.schemas,
      stores,
      history,
      registry,
      artifacts: (topology: Topology) =>
        openArtifacts(topology, readConfig({ MILLRACE_DATA: dataFolder }), {
          log,
          quarantine: this.quarantine,
          telemetry: null,
        }),
      scorers,
      modelKeys: this.#options.keys ?? new ModelKeys(),
      candidates,
      telemetry,
      quarantines: { of: () => this.quarantine },
    };
    // The engine uses only the ports of its adapters, which these fakes implement.
    this.host = await startEngine(topology, fakes as unknown as Adapters, [], {
      control,
      dataFolder,
      audit: this.audit,
      ...(settings === undefined ? {} : { settings }),
      ...(snapshots === undefined ? {} : { snapshots }),
    });
  }

  /** Publishes events and waits until all have been read. @param last whether no more events will follow */
  async play(records: readonly LogRecord[], last: boolean): Promise<void> {
    const { source } = topicsOf(this.#topology);
    await this.log.publish(source, records);
    const ends = (await this.log.offsets(source)).map(({ high }) => high);
    await this.until(() => {
      const positions = this.host.engine.positions();
      this.host.control.sourceEnded = last && positions.some((at) => at.offset === ends[at.partition]);
      return positions.length === ends.length && positions.every((at) => at.offset === ends[at.partition]);
    });
  }

  /** A new process in place of this one. @param topology another definition of the same name */
  async restart(topology: Topology = this.#topology): Promise<void> {
    await this.host.stop();
    this.#topology = topology;
    await this.start();
  }

  /** Waits for the condition; rejects if the engine fails. */
  async until(holds: () => boolean): Promise<void> {
    const ended = new AbortController();
    const wait = async (): Promise<void> => {
      while (!ended.signal.aborted && !holds()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    };
    try {
      await Promise.race([wait(), this.host.engine.failure]);
    } finally {
      ended.abort();
    }
  }

  /** Stops everything. Returns the records of the predictions topic, by partition and offset. */
  async stop(): Promise<PredictionRecord[]> {
    await this.host.stop();
    const { predictions } = topicsOf(this.#topology);
    const decoder = await this.#options.codec.decoder<PredictionRecord>(`${predictions}-value`);
    const out: PredictionRecord[] = [];
    for (const [partition, { low, high }] of (await this.log.offsets(predictions)).entries()) {
      for await (const raw of this.log.read(predictions, partition, low, high)) {
        for (const value of raw.values) if (value !== null) out.push({ ...(await decoder.decode(value)) });
      }
    }
    await this.log.close();
    return out;
  }
}
