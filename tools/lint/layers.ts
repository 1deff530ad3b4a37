/** The layers of src: what each folder may import. .oxlintrc.json is generated from this table. Control path. */

export interface Layer {
  /** Folder under src. */
  readonly folder: string;
  /** Folders it may import besides itself. */
  readonly imports: readonly string[];
  /** Packages that only the folders which list them may name. */
  readonly packages?: readonly string[];
  /** Packages at all: `none`, or types of rxjs alone; anything but other folders' own packages by default. */
  readonly outside?: 'none' | 'rxjs types';
}

export interface Confinement {
  /** The folder of the adapter that names its packages. */
  readonly folder: string;
  /** Files whose names begin so are imported within the folder alone. */
  readonly internalPrefix: string;
}

const FOUNDATION = ['core', 'ports', 'resilience', 'onnx-format', 'window', 'stats'];

/** Graphs of models are Protobuf messages, as events may be. */
const PROTOBUF = ['@bufbuild/protobuf', '@bufbuild/protobuf/*'];

/** Imports point down: a layer names only layers above it in this list. */
export const layers: readonly Layer[] = [
  { folder: 'core', imports: [], outside: 'none' },
  { folder: 'ports', imports: ['core'], outside: 'rxjs types' },
  { folder: 'resilience', imports: ['core', 'ports'] },
  { folder: 'onnx-format', imports: ['core'], packages: PROTOBUF },
  { folder: 'stats', imports: ['core', 'ports'], outside: 'none' },
  { folder: 'window', imports: ['core', 'ports', 'stats'], outside: 'none' },
  { folder: 'tasks', imports: ['core', 'window', 'stats'], outside: 'none' },
  { folder: 'learning', imports: [...FOUNDATION, 'tasks'], packages: ['hyparquet-writer'] },
  { folder: 'operators', imports: [...FOUNDATION, 'tasks'] },
  { folder: 'topology', imports: [...FOUNDATION, 'tasks', 'learning', 'operators'] },
  { folder: 'runtime', imports: [...FOUNDATION, 'tasks', 'learning', 'operators', 'topology'] },
  { folder: 'serving', imports: [...FOUNDATION, 'tasks', 'learning', 'operators', 'topology'] },
];

/** Each outside system and the packages that its adapter, and nothing else in src, names. */
export const adapters: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  artifacts: ['@aws-sdk/client-s3'],
  avro: ['avsc'],
  clickhouse: ['@clickhouse/client', 'chdb', 'chdb/*'],
  debezium: [],
  embedded: [],
  json: [],
  files: ['csv-parse', 'csv-parse/*', 'hyparquet', 'hyparquet/*'],
  kafka: ['kafkajs'],
  mlflow: [],
  metrics: ['pino', 'pino-pretty', 'prom-client'],
  oidc: ['jose'],
  onnx: ['onnxruntime-node'],
  protobuf: PROTOBUF,
  redis: ['ioredis'],
  registry: [],
  schemas: ['@confluentinc/schemaregistry'],
  uws: ['uWebSockets.js'],
  ws: ['ws'],
};

/** Adapters of which one folder alone names the packages, behind an interface that the rest of the adapter uses. */
export const confinements: Readonly<Record<string, Confinement>> = {
  kafka: { folder: 'client', internalPrefix: 'kafkajs-' },
};

/** What an adapter may import besides its own folder and adapters/shared. */
export const adapterImports: readonly string[] = FOUNDATION;

/** Folders that bring everything together; any layer below them is open to them. */
export const compositionFolders: readonly string[] = ['testing', 'app'];
