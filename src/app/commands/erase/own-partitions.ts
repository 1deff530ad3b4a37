// Waits until every partition has applied an erasure (control path): its owner does, or this process where no engine runs.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import { isCode, MillraceError } from '../../../core/errors.ts';
import { isEnvironmentFault } from '../../../core/faults.ts';
import { ERASE_WAIT_MS_MAX } from '../../../core/key-limits.ts';
import { partitionName } from '../../../core/topic-partition.ts';
import type { Assignment } from '../../../ports/event-log.ts';
import type { EventArchive } from '../../../ports/history.ts';
import { RESTART_WAITS, retriesWhile } from '../../../resilience/retries.ts';
import { applyErasures } from '../../../runtime/erasure/apply-erasures.ts';
import type { AppliedErasure, ErasureRequest } from '../../../runtime/erasure/erasure-record.ts';
import type { Erasures } from '../../../runtime/erasure/erasures.ts';
import { FollowedErasures } from '../../../runtime/erasure/followed-erasures.ts';
import type { Protection } from '../../../runtime/personal/protection.ts';
import { Claim } from '../../../runtime/recovery/claim.ts';
import { defaultTaskSettings } from '../../../runtime/task/task-parts.ts';
import { openSourceDecoder } from '../../../runtime/task/source-decoder.ts';
import type { Topology } from '../../../topology/define.ts';
import type { SourceFormat } from '../../../topology/source-format.ts';
import { groupOf, taskWriterId } from '../../../topology/topics.ts';
import type { Adapters } from '../../compose/adapters.ts';

/** How often the command looks whether an engine is there, ms. */
const LOOK_MS = 1_000;
/** How often an owner looks whether another command has requested something, ms. */
const REQUEST_POLL_MS = 100;

export interface OwnParts {
  readonly topology: Topology;
  readonly adapters: Adapters;
  readonly format: Pick<SourceFormat, 'decoder'>;
  readonly protection: Protection;
  readonly erasures: Erasures;
  readonly request: ErasureRequest;
  /** Null if the source is not archived. */
  readonly archive: EventArchive | null;
}

export interface OpenErasures {
  readonly erasures: FollowedErasures;
  /** Sets what is called when an owner has applied something. */
  readonly listen: (changed: () => void) => void;
}

/** The erasures of a topology; the caller closes them. */
export async function openErasures(
  topology: string,
  { log, telemetry, quarantines }: Adapters,
): Promise<OpenErasures> {
  let changed = (): void => undefined;
  const erasures = await FollowedErasures.open({
    topology,
    log,
    quarantine: quarantines.of(topology),
    telemetry,
    changed: () => changed(),
  });
  return {
    erasures,
    listen(listener) {
      changed = listener;
    },
  };
}

/**
 * @param listen sets what is called when an owner has applied something
 * @returns what was applied, by partition
 * @throws ERASURE_INCOMPLETE if an owner has not applied it within ERASE_WAIT_MS_MAX
 */
export async function applyEverywhere(
  parts: OwnParts,
  listen: (changed: () => void) => void,
): Promise<readonly AppliedErasure[]> {
  const { topology, adapters, erasures, request } = parts;
  const { topic, partitions } = topology.source;
  const waiting = (): number[] =>
    Array.from({ length: partitions }, (_, partition) => partition).filter(
      (partition) => erasures.applied(partition, request) === null,
    );
  const owner = new Owner(parts);
  const untilMs = performance.now() + ERASE_WAIT_MS_MAX;
  try {
    while (waiting().length > 0) {
      if (performance.now() > untilMs) throw incomplete(topology, waiting());
      if (!owner.isMember && (await adapters.log.memberCount(groupOf(topology.name), topic)) === 0)
        owner.join();
      await Promise.race([
        owner.failure,
        new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, LOOK_MS);
          listen(() => {
            clearTimeout(timer);
            resolve();
          });
        }),
      ]);
    }
  } finally {
    await owner.leave();
  }
  return Array.from({ length: partitions }, (_, partition) => erasures.applied(partition, request)).flatMap(
    (applied) => applied ?? [],
  );
}

function incomplete({ name, source }: Topology, partitions: readonly number[]): MillraceError {
  const names = partitions.map((partition) => partitionName({ topic: source.topic, partition })).join(', ');
  return new MillraceError('ERASURE_INCOMPLETE', `partitions have not erased the entity yet: ${names}`, {
    where: `topology ${name}`,
    remedy: 'Their engines do as soon as they can. See what they report, then run the command again.',
  });
}

/** Owns partitions as a member of the group: engines that start meanwhile take them from it, as from each other. */
class Owner {
  readonly #parts: OwnParts;
  readonly #failed: PromiseWithResolvers<never> = Promise.withResolvers<never>();
  readonly #work = new Set<Promise<void>>();
  #subscription: Subscription | null = null;
  #isLeaving = false;

  constructor(parts: OwnParts) {
    this.#parts = parts;
    this.#failed.promise.catch(() => undefined); // it may come when nothing waits for it
  }

  get isMember(): boolean {
    return this.#subscription !== null;
  }

  get failure(): Promise<never> {
    return this.#failed.promise;
  }

  join(): void {
    const { topology, adapters } = this.#parts;
    const group = { groupId: groupOf(topology.name), topic: topology.source.topic };
    this.#subscription = adapters.log.subscribe(group).subscribe({
      next: (assignment) => this.#own(assignment),
      error: (error: Error) => this.#failed.reject(error),
    });
  }

  #own(assignment: Assignment): void {
    const work = this.#applyAll(assignment)
      .catch((error: Error) => {
        if (!assignment.revoked.aborted) this.#failed.reject(error);
      })
      .finally(() => {
        this.#work.delete(work);
        assignment.released();
      });
    this.#work.add(work);
  }

  /** Applies the requests of other commands too, which wait for this one as it does for them. */
  async #applyAll(assignment: Assignment): Promise<void> {
    const { erasures } = this.#parts;
    const claim = new Claim(assignment.generation);
    const isOver = (): boolean => assignment.revoked.aborted || this.#isLeaving;
    // State that is lost is rebuilt by an engine alone, and without what is erased.
    const passes = (error: Error): boolean =>
      isEnvironmentFault(error) && !isCode(error, 'STORE_LOST') && !isOver();
    const retries = retriesWhile(passes, RESTART_WAITS);
    while (!isOver()) {
      const { revision } = erasures;
      await retries.execute(() => this.#apply(assignment, claim), assignment.revoked);
      while (erasures.revision === revision && !isOver()) await sleep(REQUEST_POLL_MS);
    }
  }

  async #apply(assignment: Assignment, claim: Claim): Promise<void> {
    const { topology, adapters, format, protection, erasures, archive } = this.#parts;
    const { log, stores, telemetry } = adapters;
    const { rebuildWholeRowsMax } = defaultTaskSettings;
    const store = stores.open(topology.name, assignment);
    await claim.announce(store);
    const writer = await log.epochWriter(taskWriterId(topology.name, assignment));
    try {
      await applyErasures({
        topology,
        log,
        assignment,
        store,
        writer,
        archive,
        decoder: await openSourceDecoder(topology, format),
        protection,
        erasures,
        damage: { lost: (_store, error) => Promise.reject(error) },
        telemetry,
        rebuildWholeRowsMax,
        flushSinks: () => Promise.resolve(), // it has made no rows
        nowMs: Date.now,
      });
    } finally {
      await writer.close();
    }
  }

  /** Waits for the attempts in progress, which are not repeated. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    await Promise.all(this.#work);
    this.#subscription?.unsubscribe();
  }
}
