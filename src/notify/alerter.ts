import type { Clock } from '../runtime/clock.js';
import { errorCode, errorMessage } from '../runtime/errors.js';
import { isoSeconds } from '../runtime/instant.js';
import type { Logger } from '../runtime/log.js';
import type { OnStateTrouble } from '../runtime/state-file.js';
import { scrubber } from '../runtime/scrub.js';
import type { ControllerEvent } from '../status/events.js';
import type { AlertingView, TransportView } from '../status/view.js';
import { severities, type Holding, type Look, type Note } from './alert.js';
import { detect } from './detect.js';
import type { AlertFacts } from './facts.js';
import { createFlagFile } from './flag-file.js';
import type { Heartbeat } from './heartbeat.js';
import { openAlertMemory, type ToldAlerts } from './memory.js';
import { messageOf, type Wording } from './message.js';
import { createOutbox, type Outbox } from './outbox.js';
import { nothingTold, step, type AlertRecord, type AlertState } from './transitions.js';
import type { Transport } from './transport.js';

/** What the controller knows; the alerter adds what it knows itself. */
export type ControllerFacts = Omit<AlertFacts, 'now' | 'time' | 'transports' | 'heartbeat'>;

export interface Alerter {
  /** After each publication. Answers at once: what is to be told goes out in the background. @throws never */
  look(facts: ControllerFacts): void;
  view(): AlertingView;
  /** What was lost with the memory, as a sentence. */
  readonly lost: string | null;
  /** What has not gone out is kept for the next start. */
  close(): Promise<void>;
}

export interface AlerterOptions {
  readonly transports: readonly Transport[];
  readonly heartbeat: Heartbeat | null;
  readonly wording: Wording;
  readonly memoryPath: string;
  readonly flagPath: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Values that no text may hold. */
  readonly secrets: readonly string[];
  readonly log: Logger;
  readonly onDiskWrite: (what: string) => void;
  readonly onTrouble: OnStateTrouble;
  readonly onEvents: (events: readonly ControllerEvent[]) => Promise<void>;
  readonly onDelivery: (transport: string, ok: boolean) => void;
  /** Something was told, or a transport failed or works again: the view is another one. */
  readonly onChange: () => void;
}

/**
 * Tells people what they should know, by every transport and the flag file. No run of a plane ever waits for it.
 * @throws ConfigurationError when its memory was written by a newer program or cannot be read
 */
export async function openAlerter(options: AlerterOptions): Promise<Alerter> {
  const { clock, log, wording, heartbeat } = options;
  const memory = openAlertMemory({ path: options.memoryPath, onDiskWrite: options.onDiskWrite, onTrouble: options.onTrouble });
  const { value, lost } = await memory.read();
  const flag = createFlagFile(options.flagPath, wording);
  const scrub = scrubber(options.secrets);
  const file = { failingSince: null as number | null, error: null as string | null };
  let state: AlertState = { ...nothingTold, records: new Map((value?.records ?? []).map((record) => [record.told.key, record])) };
  let closed = false;

  const outboxes: readonly Outbox[] = options.transports.map((transport) =>
    createOutbox({ transport, messageOf: (notes) => messageOf(notes, wording), clock, random: options.random, log, onAttempt }),
  );
  for (const outbox of outboxes) outbox.offer(leftOver(value, outbox.name));

  function onAttempt(name: string, ok: boolean, turned: boolean): void {
    options.onDelivery(name, ok);
    save();
    if (!turned) return;
    const error = outboxes.find((each) => each.name === name)?.view().error ?? '';
    const event: ControllerEvent = {
      at: isoSeconds(clock.now()),
      type: ok ? 'Normal' : 'Warning',
      reason: ok ? 'AlertTransportWorks' : 'AlertTransportFailed',
      object: { kind: 'AlertTransport', name },
      message: ok ? 'alerts go out again' : `alerts do not go out: ${error}`,
    };
    void options.onEvents([event]).catch((thrown: unknown) => {
      log.warn('event not kept', { code: errorCode(thrown), error: errorMessage(thrown) });
    });
    options.onChange();
  }

  /** One write at a time; what comes meanwhile is one more. */
  let saving = Promise.resolve();
  let asked = false;
  function save(): void {
    if (asked || closed) return;
    asked = true;
    saving = saving.then(async () => {
      asked = false;
      await Promise.all([keep(), show()]);
    });
  }

  async function keep(): Promise<void> {
    const undelivered = Object.fromEntries(outboxes.map((outbox): [string, readonly string[]] => [outbox.name, outbox.waiting()]).filter(([, keys]) => keys.length > 0));
    const told: ToldAlerts = { records: [...state.records.values()], undelivered };
    // Nothing was ever told: there is nothing to remember.
    if (value === null && lost === null && told.records.length === 0) return;
    try {
      await memory.write(told);
    } catch (error) {
      log.error('alerts not remembered', { code: errorCode(error), error: errorMessage(error) });
    }
  }

  async function show(): Promise<void> {
    try {
      await flag.show(open());
      Object.assign(file, { failingSince: null, error: null });
    } catch (error) {
      if (file.error === null) log.error('alert file not written', { path: options.flagPath, code: errorCode(error) });
      Object.assign(file, { failingSince: file.failingSince ?? clock.now(), error: `${options.flagPath} cannot be written (${errorCode(error)}).` });
    }
  }

  /** Told and still there, the most urgent first. */
  function open(): readonly AlertRecord[] {
    const rank = ({ told }: AlertRecord): number => severities.indexOf(told.severity);
    return [...state.records.values()].filter(({ overAt }) => overAt === null).sort((a, b) => rank(b) - rank(a) || a.since - b.since);
  }

  function transports(): readonly TransportView[] {
    const since = file.failingSince === null ? null : isoSeconds(file.failingSince);
    const ofFile: TransportView = { name: 'file', type: 'File', ok: file.error === null, waiting: 0, lastSuccess: null, failingSince: since, error: file.error };
    return [ofFile, ...outboxes.map((outbox) => outbox.view())];
  }

  function look(facts: ControllerFacts): void {
    if (closed) return;
    const complete: AlertFacts = {
      ...facts,
      now: clock.now(),
      time: wording.time,
      transports: transports(),
      heartbeat: heartbeat?.view() ?? null,
    };
    heartbeat?.look(complete);
    const stepped = step(state, scrubbed(detect(complete), scrub), complete.now);
    ({ state } = stepped);
    for (const note of stepped.notes) tellLog(note, log);
    for (const outbox of outboxes) outbox.offer(stepped.notes);
    if (stepped.notes.length > 0) options.onChange();
    save();
  }

  return {
    look(facts) {
      try {
        look(facts);
      } catch (error) {
        // An alert that cannot be worked out must not keep a door from being programmed.
        log.error('alerts not worked out', { code: errorCode(error), error: errorMessage(error) });
      }
    },
    view: () => ({
      alerts: open().map(({ told, since }) => ({ key: told.key, severity: told.severity, subject: told.subject, since: isoSeconds(since), command: told.command })),
      transports: transports(),
      heartbeat: heartbeat?.view() ?? null,
    }),
    lost,
    async close() {
      closed = true;
      heartbeat?.close();
      for (const outbox of outboxes) outbox.close();
      await saving;
    },
  };
}

/** What the last process had told, or was about to tell, and this transport had not sent. */
function leftOver(told: ToldAlerts | null, name: string): readonly Note[] {
  const keys = new Set(told?.undelivered[name] ?? []);
  return (told?.records ?? []).filter((record) => keys.has(record.told.key)).map(({ told: telling, kind, since, toldAt }) => ({ kind, told: telling, since, at: toldAt }));
}

function scrubbed(look: Look, scrub: (text: string) => string): Look {
  const clean = (each: Holding): Holding => ({ ...each, subject: scrub(each.subject), what: scrub(each.what), fact: scrub(each.fact), command: each.command === null ? null : scrub(each.command) });
  return { ...look, holding: look.holding.map(clean) };
}

function tellLog({ kind, told }: Note, log: Logger): void {
  const fields = { kind, key: told.key, severity: told.severity, subject: told.subject };
  if (kind === 'Resolved') log.info('alert over', fields);
  else log.warn('alert', fields);
}
