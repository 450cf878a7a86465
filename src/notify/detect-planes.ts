import { holding, hour, minute, sentence, type Holding } from './alert.js';
import type { AlertFacts, Detect } from './facts.js';
import { shutAfter } from '../status/fence-text.js';
import type { Plane, PlaneView, SourceView } from '../status/view.js';

/** A run that failed is tried again within minutes; most of what fails passes. */
const failingFor = 10 * minute;
const unreadFor = 30 * minute;
const skewedFor = 5 * minute;

/** A plane that says one of these has run: it says why nothing is written, or what its source lacks. */
const ran: ReadonlySet<string> = new Set(['Suspended', 'ClockSkew', 'NotOwner', 'ControllerReplaced', 'NotImplemented', 'SourceStale', 'SourceIncomplete']);
const certificates: ReadonlySet<string> = new Set(['FingerprintMismatch', 'CertificateRefused']);

/** The planes themselves, what keeps both from writing, and the sources. */
export const detectPlanes: Detect = (facts) => {
  const planes = facts.view.status.planes.filter(({ plane }) => facts.planes.includes(plane));
  // While every plane fails, nobody knows who owns the controller or what time it shows.
  const silent = !planes.some(({ ready, reason }) => ready || (reason !== null && ran.has(reason)));
  const said = new Set(['owner', 'clock', 'certificate/unifi']);
  return {
    holding: [
      ...planes.flatMap((plane) => planeFailing(plane, facts)),
      ...certificateChanged(planes),
      ...owner(planes),
      ...clock(planes),
      ...facts.view.status.sources.flatMap(sourceFailing),
    ],
    unknown: (key) => silent && said.has(key),
  };
};

const subjects: Readonly<Record<Plane, string>> = { doors: 'Doors are not kept up to date', members: 'Members are not kept up to date' };

function planeFailing({ plane, ready, reason, message, lastSuccess, gotOnAt }: PlaneView, facts: AlertFacts): Holding[] {
  const stuck = ready && lastSuccess !== null && facts.now - Date.parse(lastSuccess) > facts.stuckAfter;
  const failing = !ready && reason !== null && !ran.has(reason) && !certificates.has(reason);
  // A first provisioning of thousands is one long run, which hangs only when it no longer gets anything done.
  const getsOn = (stuck || reason === 'Reconciling') && gotOnAt !== undefined && facts.now - Date.parse(gotOnAt) < failingFor;
  if ((!stuck && !failing) || getsOn) return [];
  const since = gotOnAt ?? lastSuccess;
  const why = stuck ? 'no run has ended for long' : reason === 'Reconciling' ? 'the first run has not ended yet' : (message ?? reason ?? '');
  const { fencedUntil } = facts.view.status;
  const meanwhile =
    plane === 'members'
      ? 'Nobody gains or loses access meanwhile.'
      : `Doors follow the last program${fencedUntil == null ? '' : `, and ${shutAfter(fencedUntil)}`}.`;
  return [
    holding({
      key: `plane/${plane}`,
      severity: 'Critical',
      subject: subjects[plane],
      what: `The ${plane} plane fails: ${sentence(why)} ${meanwhile}`,
      todo: 'Check that UniFi is on and can be reached from here, then look at the status.',
      command: 'sexton status',
      since: since === null ? null : Date.parse(since),
      patience: failingFor,
    }),
  ];
}

function certificateChanged(planes: readonly PlaneView[]): Holding[] {
  const found = planes.find(({ ready, reason }) => !ready && reason !== null && certificates.has(reason));
  if (found === undefined) return [];
  return [
    holding({
      key: 'certificate/unifi',
      severity: 'Critical',
      subject: 'UniFi shows another certificate',
      what: found.message ?? '',
      todo: 'Was UniFi updated or replaced? Compare the certificate on the console itself before you put its fingerprint into the configuration.',
      command: 'sexton doctor',
      fact: found.message ?? '',
    }),
  ];
}

function owner(planes: readonly PlaneView[]): Holding[] {
  const found = planes.find(({ reason }) => reason === 'NotOwner' || reason === 'ControllerReplaced');
  if (found === undefined) return [];
  const replaced = found.reason === 'ControllerReplaced';
  return [
    holding({
      key: 'owner',
      severity: 'Critical',
      subject: replaced ? 'This is another UniFi than before' : 'Another installation owns this UniFi',
      what: `${sentence(found.message ?? '')} Nothing is written.`.trim(),
      todo: replaced ? 'Was the console replaced or reset? If so, take it over.' : 'Is a second Sexton running, or was this one set up anew? Take it over only when no other one writes.',
      command: 'sexton adopt controller',
      fact: found.reason ?? '',
    }),
  ];
}

function clock(planes: readonly PlaneView[]): Holding[] {
  const found = planes.find(({ reason }) => reason === 'ClockSkew');
  if (found === undefined) return [];
  return [
    holding({
      key: 'clock',
      severity: 'Critical',
      subject: 'The clock is wrong',
      what: `Nothing is written: ${found.message ?? ''}`,
      todo: 'Set the time on this machine and on UniFi; check that both reach a time server.',
      command: 'timedatectl',
      patience: skewedFor,
    }),
  ];
}

const sources = {
  planningCenter: { name: 'Planning Center', subject: 'The calendar cannot be read', meanwhile: 'Doors follow what was read last.' },
  civicrm: { name: 'CiviCRM', subject: 'The membership database cannot be read', meanwhile: 'Access stays as it is, also for leavers.' },
} as const;

function sourceFailing({ name, error, errorCode, readAt, kept }: SourceView): Holding[] {
  if (name === 'unifi') return [];
  const { name: called, subject, meanwhile } = sources[name];
  const refused = errorCode !== undefined && certificates.has(errorCode);
  const failing = holding({
    key: refused ? `certificate/${name}` : `source/${name}`,
    severity: refused ? 'Critical' : 'Warning',
    subject: refused ? `${called} shows a certificate that is not trusted` : subject,
    what: `${called}: ${sentence(error ?? '')} ${meanwhile}`,
    todo: 'Check the network, the address and the credentials in the configuration.',
    command: 'sexton get sources',
    since: readAt === null ? null : Date.parse(readAt),
    patience: refused ? 0 : unreadFor,
  });
  const vanished = holding({
    key: `vanished/${name}`,
    severity: 'Warning',
    subject: 'Much has vanished from the calendar',
    what: kept ?? '',
    todo: 'Was it removed on purpose? Then nothing is to be done. If not, put it back in Planning Center.',
    command: 'sexton get sources',
    calm: hour,
  });
  return [...(error === null ? [] : [failing]), ...(kept === undefined ? [] : [vanished])];
}
