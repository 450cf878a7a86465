import type { GitOpsState } from '../gitops/state.js';

/** The JSON shapes that commands print and `live.json` holds. Instants are ISO 8601 UTC with `Z`. No names of people. */

export interface SourceView {
  readonly name: 'planningCenter' | 'civicrm' | 'unifi';
  readonly complete: boolean;
  readonly readAt: string | null;
  readonly ageSeconds: number | null;
  readonly items: number;
  readonly revision: string | null;
  readonly error: string | null;
  /** The machine word of `error`; absent without one. */
  readonly errorCode?: string;
  /** What stays in force although the newest reading lacked it, in one sentence; absent when nothing does. */
  readonly kept?: string;
}

export interface DoorGroupView {
  readonly name: string;
  readonly now: 'Open' | 'Closed';
  /** When `now` changes next; null when nothing is planned. */
  readonly until: string | null;
  readonly next: { readonly start: string; readonly end: string } | null;
  readonly ready: boolean;
}

export interface HeldView {
  readonly kind: 'plan' | 'pending';
  readonly ref: string;
  readonly summary: string;
  /** The command that releases it. */
  readonly release: string;
}

export interface MemberCounts {
  readonly access: number;
  readonly none: number;
  readonly ignored: number;
  readonly quarantined: number;
  readonly blocked: number;
  readonly vanished: number;
  /** Absent in the view of an older daemon. */
  readonly adoptionPending?: number;
}

export interface StatusView {
  readonly site: string;
  readonly mode: 'DryRun' | 'Apply';
  readonly now: string;
  /** The commit that is in force, its full hash; null where no pull has put one there. */
  readonly revision: string | null;
  /** Null: git-ops is off; absent in the view of an older daemon. */
  readonly gitOps?: GitOpsState | null;
  readonly sources: readonly SourceView[];
  readonly doorGroups: readonly DoorGroupView[];
  readonly members: MemberCounts;
  readonly held: readonly HeldView[];
  /** Unverified until the commissioning test has passed: whether hubs honour holidays is not documented. */
  readonly fence: 'Off' | 'Unverified' | 'Verified';
  /** Sentences about what is wrong or left out, each naming its object and remedy. */
  readonly notes: readonly string[];
  /** Per plane: did the last reconcile succeed, and why not. */
  readonly planes: readonly PlaneView[];
  /** The earliest date, over all door groups, after which doors stay shut should Sexton stop; null without a fence. */
  readonly fencedUntil?: string | null;
  /** What is wrong with this installation itself; absent in the view of an older daemon. */
  readonly troubles?: readonly TroubleView[];
  /** Who is told of what; absent where no daemon runs. */
  readonly alerting?: AlertingView;
}

export interface TroubleView {
  /** Stable as long as it is the same trouble: `state/inventory.json`, `approval/0123456789ab.json`, `audit`. */
  readonly key: string;
  readonly reason: 'StateLost' | 'StateUnwritable' | 'ApprovalRefused' | 'AuditUnwritable' | 'EventsUnwritable';
  /** `State/inventory.json` */
  readonly object: string;
  /** What, and what to do. */
  readonly message: string;
  readonly since: string;
}

export interface AlertingView {
  /** What a person was told and what still holds. */
  readonly alerts: readonly AlertView[];
  /** Every way an alert takes, the file included. */
  readonly transports: readonly TransportView[];
  /** Null: not in the configuration. */
  readonly heartbeat: HeartbeatView | null;
}

export type Severity = 'Info' | 'Warning' | 'Critical';

export interface AlertView {
  /** Stable as long as it is about the same thing: `door/<id>`, `brake/members`. */
  readonly key: string;
  readonly severity: Severity;
  readonly subject: string;
  readonly since: string;
  /** What helps; null where no command does. */
  readonly command: string | null;
}

export interface TransportView {
  readonly name: string;
  readonly type: 'File' | 'Smtp' | 'Mailgun' | 'Telegram' | 'Webhook';
  /** False: the last attempt failed. */
  readonly ok: boolean;
  /** Alerts that have not gone out yet. */
  readonly waiting: number;
  /** Null: nothing was sent since the start. */
  readonly lastSuccess: string | null;
  readonly failingSince: string | null;
  readonly error: string | null;
}

export interface HeartbeatView {
  readonly ok: boolean;
  readonly lastSuccess: string | null;
  readonly failingSince: string | null;
  readonly error: string | null;
}

export interface PlaneView {
  readonly plane: Plane;
  readonly ready: boolean;
  /** Null: has not run yet. */
  readonly lastSuccess: string | null;
  readonly reason: string | null;
  readonly message: string | null;
  /** When a long run that is under way last got something done. */
  readonly gotOnAt?: string;
}

export type Plane = 'doors' | 'members';

export interface WindowView {
  readonly doorGroup: string;
  readonly start: string;
  readonly end: string;
}

export interface BookingView {
  readonly id: string;
  readonly event: { readonly id: string; readonly name: string; readonly startsAt: string; readonly endsAt: string };
  readonly room: string;
  readonly resourceId: string | null;
  readonly start: string;
  readonly end: string;
  readonly approval: 'Approved' | 'Pending' | 'Rejected';
  readonly state: 'Open' | 'Held' | 'Denied' | 'Cancelled' | 'Excluded' | 'Suppressed' | 'Unmapped' | 'NotApproved';
  readonly reason: string;
  readonly windows: readonly WindowView[];
  /** Door groups of its room that it leaves shut. */
  readonly shut: readonly { readonly doorGroup: string; readonly reason: string }[];
}

export interface PendingView {
  readonly eventId: string;
  readonly eventName: string;
  readonly startsAt: string;
  readonly rooms: readonly string[];
  readonly windows: readonly WindowView[];
  readonly reason: 'OutsideSafeHours' | 'MaxContinuous' | 'Changed';
  readonly since: string;
  readonly release: string;
}

export interface DeniedView extends Omit<PendingView, 'reason'> {
  /** The override that denies. */
  readonly reason: string;
}

export interface DoorView {
  readonly doorGroup: string | null;
  readonly id: string;
  readonly name: string;
  readonly lock: 'Locked' | 'Unlocked' | 'Unknown';
  readonly position: 'Open' | 'Closed' | 'Unknown';
  readonly rule: string;
  readonly desired: 'Open' | 'Closed';
  readonly following: 'True' | 'False' | 'Unknown';
  /** What contradicts the declaration, as last judged; absent unless `following` is False. */
  readonly fault?: DoorFaultView;
}

export interface DoorFaultView {
  /** What the door is, and should not be. */
  readonly door: 'Open' | 'Closed';
  /** Null: nobody knows. */
  readonly since: string | null;
  readonly why: string;
}

export interface MemberView {
  readonly contact: number;
  readonly outcome: 'Access' | 'None' | 'Ignored' | 'Quarantined' | 'Blocked' | 'Vanished' | 'AdoptionPending';
  readonly rule: string | null;
  readonly policies: readonly string[];
  /** `***34` */
  readonly card: string | null;
  readonly reasons: readonly string[];
}

export interface ChangeView {
  readonly verb: string;
  readonly object: { readonly kind: string; readonly id: string | null; readonly name: string };
  readonly contact?: number;
  readonly before: unknown;
  readonly after: unknown;
  readonly held: false | string;
  /** Of a held change: the operation that an approval of the plan releases (64 hex digits). */
  readonly op?: string;
}

export interface PlanePlanView {
  readonly plane: Plane;
  readonly hash: string | null;
  readonly changes: readonly ChangeView[];
  /** Set when the plan could not be told (a source or UniFi is down). */
  readonly error?: string;
}

export interface DiffView {
  readonly planes: readonly PlanePlanView[];
}

/** Why each window stands in a group's program; for `describe dg/NAME` and status files. */
export interface GroupWindowsView {
  readonly doorGroup: string;
  readonly windows: readonly {
    readonly start: string;
    readonly end: string;
    readonly held: boolean;
    readonly causes: readonly { readonly kind: string; readonly ref: string; readonly text: string }[];
  }[];
}

/** Everything the read commands show; the daemon keeps it in `live.json`. */
export interface View {
  readonly version: 1;
  readonly status: StatusView;
  readonly bookings: readonly BookingView[];
  readonly pending: readonly PendingView[];
  /** What a Deny keeps shut; absent in the view of an older daemon. */
  readonly denied?: readonly DeniedView[];
  readonly doors: readonly DoorView[];
  readonly members: readonly MemberView[];
  readonly windows: readonly GroupWindowsView[];
  readonly diff: DiffView;
}
