// Artifacts as objects of a store with the API of S3 (control path): <prefix>/<SHA-256>, whole or not there. One part of a few
// MiB is in memory at a time, whatever the size.
import type * as S3 from '@aws-sdk/client-s3';
import { S3_PART_BYTES } from '../../core/artifact-limits.ts';
import { MillraceError } from '../../core/errors.ts';
import { fileError } from '../../core/file-errors.ts';
import {
  type Artifact,
  byteLengthOf,
  bytesOf,
  isModelFile,
  type ModelContent,
  slicesOf,
} from '../../core/model-content.ts';
import type { ArtifactPart, ArtifactStore, StoredArtifact } from '../../ports/artifact-store.ts';
import type { S3Access } from '../../ports/credentials.ts';
import { nameOf, S3Session, statusOf } from './s3-session.ts';

const NAME = /^[0-9a-f]{64}$/;
const NOT_FOUND = 404;
const RANGE_BEYOND_END = 416;
const NOT_IMPLEMENTED = 501;
const TYPE = 'application/octet-stream';

export interface S3Place {
  readonly bucket: string;
  /** Of the keys of one topology's artifacts: empty, or with a slash at its end. */
  readonly prefix: string;
}

export class S3Artifacts implements ArtifactStore {
  readonly #place: S3Place;
  readonly #access: () => S3Access;

  /** @param access asked for each operation: credentials and certificates may change */
  constructor(place: S3Place, access: () => S3Access) {
    this.#place = place;
    this.#access = access;
  }

  async write(content: ModelContent, sha256: string): Promise<Artifact> {
    const bytes = byteLengthOf(content);
    await this.#with((session) =>
      bytes > S3_PART_BYTES ? this.#upload(session, content, sha256) : this.#put(session, content, sha256),
    );
    return { sha256, bytes, offset: -1 };
  }

  async *read({ sha256, bytes }: Artifact): AsyncGenerator<ArtifactPart> {
    const session = await this.#open();
    try {
      for (let position = 0; position < bytes;) {
        const to = Math.min(bytes, position + S3_PART_BYTES);
        const part = await this.#range(session, sha256, position, to);
        if (part.length === 0) return;
        yield { position, bytes: part };
        position += part.length;
      }
    } finally {
      session.close();
    }
  }

  async list(): Promise<readonly StoredArtifact[]> {
    const { bucket: Bucket, prefix: Prefix } = this.#place;
    return this.#with(async (session) => {
      const stored: StoredArtifact[] = [];
      let token: string | undefined;
      do {
        const page = new session.api.ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token });
        const answer = await session.request('list the artifacts', (client, abortSignal) =>
          client.send(page, { abortSignal }),
        );
        for (const { Key = '', Size = 0, LastModified } of answer.Contents ?? []) {
          const sha256 = Key.slice(Prefix.length);
          if (NAME.test(sha256))
            stored.push({ sha256, bytes: Size, writtenMs: LastModified?.getTime() ?? 0 });
        }
        token = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
      } while (token !== undefined);
      return stored;
    });
  }

  /** One by one: not every server knows the request for several. */
  async remove(sha256s: readonly string[], writtenMs: number = Number.POSITIVE_INFINITY): Promise<void> {
    await this.#with(async (session) => {
      for (const sha256 of sha256s) {
        if (writtenMs < Number.POSITIVE_INFINITY && (await this.#writtenMs(session, sha256)) > writtenMs)
          continue;
        const command = new session.api.DeleteObjectCommand(this.#object(sha256));
        await session.request('remove an artifact', (client, abortSignal) =>
          client.send(command, { abortSignal }),
        );
      }
    });
  }

  async removeUnfinished(beforeMs: number): Promise<void> {
    const { bucket: Bucket, prefix: Prefix } = this.#place;
    await this.#with(async (session) => {
      const command = new session.api.ListMultipartUploadsCommand({ Bucket, Prefix });
      const { Uploads = [] } = await session.request('list unfinished uploads', (client, abortSignal) =>
        client.send(command, { abortSignal }).catch((error: unknown) => {
          if (statusOf(error) === NOT_IMPLEMENTED) return { Uploads: [] };
          throw error;
        }),
      );
      for (const { Key = '', UploadId, Initiated } of Uploads) {
        const isOld = Initiated !== undefined && Initiated.getTime() <= beforeMs;
        if (isOld && NAME.test(Key.slice(Prefix.length))) await abandon(session, { Bucket, Key, UploadId });
      }
    });
  }

  async #put(session: S3Session, content: ModelContent, sha256: string): Promise<void> {
    const Body = Buffer.from(await bytesOf(content));
    const command = new session.api.PutObjectCommand({ ...this.#object(sha256), Body, ContentType: TYPE });
    await session.request('write an artifact', (client, abortSignal) =>
      client.send(command, { abortSignal }),
    );
  }

  /** What is not complete is no object: readers see the one before, or none. */
  async #upload(session: S3Session, content: ModelContent, sha256: string): Promise<void> {
    const { api } = session;
    const object = this.#object(sha256);
    const create = new api.CreateMultipartUploadCommand({ ...object, ContentType: TYPE });
    const { UploadId } = await session.request('begin an upload', (client, abortSignal) =>
      client.send(create, { abortSignal }),
    );
    const upload = { ...object, UploadId };
    try {
      const Parts: S3.CompletedPart[] = [];
      for await (const Body of partsOf(content)) {
        const PartNumber = Parts.length + 1;
        const command = new api.UploadPartCommand({ ...upload, PartNumber, Body });
        const { ETag } = await session.request('write a part of an artifact', (client, abortSignal) =>
          client.send(command, { abortSignal }),
        );
        Parts.push({ PartNumber, ETag });
      }
      const complete = new api.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
      await session.request('complete an upload', (client, abortSignal) =>
        client.send(complete, { abortSignal }),
      );
    } catch (error) {
      await abandon(session, upload).catch(() => undefined);
      throw error;
    }
  }

  /** Empty where there is nothing. */
  async #range(session: S3Session, sha256: string, from: number, to: number): Promise<Uint8Array> {
    const command = new session.api.GetObjectCommand({
      ...this.#object(sha256),
      Range: `bytes=${from}-${to - 1}`,
    });
    return session.request('read an artifact', async (client, abortSignal) => {
      try {
        const { Body, ContentLength } = await client.send(command, { abortSignal });
        if (ContentLength !== undefined && ContentLength > to - from)
          throw new Error('the server ignores ranges');
        return (await Body?.transformToByteArray()) ?? new Uint8Array(0);
      } catch (error) {
        if (nameOf(error) === 'NoSuchKey' || statusOf(error) === RANGE_BEYOND_END) return new Uint8Array(0);
        throw error;
      }
    });
  }

  /** Infinite if it is not there: there is nothing to remove. */
  async #writtenMs(session: S3Session, sha256: string): Promise<number> {
    const command = new session.api.HeadObjectCommand(this.#object(sha256));
    return session.request('look at an artifact', async (client, abortSignal) => {
      try {
        return (
          (await client.send(command, { abortSignal })).LastModified?.getTime() ?? Number.POSITIVE_INFINITY
        );
      } catch (error) {
        if (statusOf(error) === NOT_FOUND) return Number.POSITIVE_INFINITY;
        throw error;
      }
    });
  }

  #object(sha256: string): { readonly Bucket: string; readonly Key: string } {
    const { bucket, prefix } = this.#place;
    return { Bucket: bucket, Key: prefix + sha256 };
  }

  #open(): Promise<S3Session> {
    const { bucket, prefix } = this.#place;
    return S3Session.open(this.#access(), `s3://${bucket}/${prefix}`);
  }

  async #with<T>(work: (session: S3Session) => Promise<T>): Promise<T> {
    const session = await this.#open();
    try {
      return await work(session);
    } finally {
      session.close();
    }
  }
}

/** Full parts and the rest: a file may be read in smaller pieces. @throws ARTIFACT_UNAVAILABLE */
async function* partsOf(content: ModelContent): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const slice of slicesOf(content, S3_PART_BYTES)) {
      waiting.push(slice);
      bytes += slice.length;
      if (bytes < S3_PART_BYTES) continue;
      yield joined(waiting);
      [waiting, bytes] = [[], 0];
    }
  } catch (error) {
    if (error instanceof MillraceError || !isModelFile(content)) throw error;
    throw fileError(error, 'read the file of a model', content.path, 'ARTIFACT_UNAVAILABLE');
  }
  if (bytes > 0) yield joined(waiting);
}

function joined(slices: readonly Buffer[]): Buffer {
  const [only] = slices;
  return only !== undefined && slices.length === 1 ? only : Buffer.concat(slices);
}

async function abandon(session: S3Session, upload: S3.AbortMultipartUploadCommandInput): Promise<void> {
  const command = new session.api.AbortMultipartUploadCommand(upload);
  await session.request('abandon an upload', (client, abortSignal) => client.send(command, { abortSignal }));
}
