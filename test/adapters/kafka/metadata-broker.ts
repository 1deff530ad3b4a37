// A broker that describes one topic and can do no more, over TCP: what it says each time it is asked is the test's to choose.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { ByteWriter } from '../../../src/adapters/kafka/records/byte-writer.ts';

const METADATA = 3;
const API_VERSIONS = 18;

/** An error code of Kafka, 0 for none; or the connection breaks. */
export type Answer = number | 'breaks';

export interface MetadataBroker {
  readonly address: string;
  /** How often it was asked to describe its topics. */
  asked(): number;
  close(): Promise<void>;
}

/** @param answers to the how many-th question for metadata, from 1 on */
export async function metadataBroker(
  topic: string,
  partitions: number,
  answers: (nth: number) => Answer,
): Promise<MetadataBroker> {
  const sockets = new Set<Socket>();
  let asked = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // a client may break off
    socket.on('close', () => sockets.delete(socket));
    let bytes = Buffer.alloc(0);
    socket.on('data', (more: Buffer) => {
      bytes = Buffer.concat([bytes, more]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const end = 4 + bytes.readInt32BE(0);
        answer(socket, bytes.subarray(4, end));
        bytes = bytes.subarray(end);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listens on TCP, so it is no path

  function answer(socket: Socket, request: Buffer): void {
    const body = new ByteWriter();
    if (request.readInt16BE(0) === API_VERSIONS) {
      versions(body, request.readInt16BE(2));
    } else {
      const said = answers(++asked);
      if (said === 'breaks') {
        socket.destroy();
        return;
      }
      metadata(body, said);
    }
    const head = Buffer.alloc(8);
    head.writeInt32BE(4 + body.length, 0);
    request.copy(head, 4, 4, 8); // the correlation id
    socket.write(Buffer.concat([head, body.view()]));
  }

  function versions(out: ByteWriter, version: number): void {
    out.int16(0);
    out.int32(2);
    for (const key of [METADATA, API_VERSIONS]) {
      out.int16(key);
      out.int16(0);
      out.int16(0);
    }
    if (version > 0) out.int32(0); // throttling
  }

  /** Version 0. */
  function metadata(out: ByteWriter, errorCode: number): void {
    out.int32(1);
    out.int32(0); // the broker's number
    out.string('127.0.0.1');
    out.int32(port);
    out.int32(1);
    out.int16(errorCode);
    out.string(topic);
    out.int32(partitions);
    for (let partition = 0; partition < partitions; partition++) {
      out.int16(0);
      out.int32(partition);
      out.int32(0); // its leader
      out.int32(0); // no replicas
      out.int32(0); // none in sync
    }
  }

  return {
    address: `127.0.0.1:${port}`,
    asked: () => asked,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
