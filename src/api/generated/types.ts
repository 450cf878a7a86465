// Generated from crds/ by .dev/generate-api.mjs; do not edit.
import type { Condition, RefusedVersion } from '../conditions.js';

/** What should be. */
export interface DoorGroupSpec {
  /** True pauses this resource. Suspending never opens a door: nothing is added while suspended; closures, denies, cancellations and `lock` still remove. */
  readonly suspend: boolean;
  /** The suspension ends by itself after this date (the date included), or at this local date and time. Without it the suspension lasts until somebody ends it. */
  readonly suspendUntil?: string;
  /** Why it is suspended, for whoever finds it so. Shown in the status. */
  readonly suspendReason?: string;
  /** The name for people. Without it, metadata.name is shown. */
  readonly displayName?: string;
  /** The colour of this group in previews, as #rrggbb. */
  readonly color?: string;
  /** The doors of the group, each by its id or by its name in UniFi. A door belongs to one Schedule group only. */
  readonly doors: readonly DoorGroupSpecDoor[];
  /** How and for how long the doors stand open. */
  readonly unlock: DoorGroupSpecUnlock;
  /** The access policy in UniFi that links the schedule to the doors (method Schedule only). */
  readonly policy: DoorGroupSpecPolicy;
  /** What happens when this resource is removed. Lock: its schedule is emptied and its lock rules are ended. Orphan: what is in UniFi stays as it is. */
  readonly deletionPolicy: 'Lock' | 'Orphan';
}

/** One door: its id, or its name. */
export interface DoorGroupSpecDoor {
  /** The id of the door in UniFi. It survives renaming. */
  readonly id?: string;
  /** The name of the door in UniFi. Upper and lower case do not matter. */
  readonly name?: string;
}

/** How and for how long the doors stand open. */
export interface DoorGroupSpecUnlock {
  /** Schedule: a weekly schedule in UniFi, which the hub keeps even while Sexton is off. LockRule: timed unlocks, exact to the minute, that end by themselves; needs hubs that support them. None: the doors are never opened. */
  readonly method: 'Schedule' | 'LockRule' | 'None';
  /** The schedule in UniFi (method Schedule). */
  readonly schedule: DoorGroupSpecUnlockSchedule;
  /** How long before the start of an event the doors open; at most 24h. A RoomMapping's own lead beats this. */
  readonly lead: string;
  /** How long after the end of an event the doors close; at most 24h. A RoomMapping's own lag beats this. */
  readonly lag: string;
  /** An event window longer than this is held until a person approves it. */
  readonly maxContinuous: string;
}

/** The schedule in UniFi (method Schedule). */
export interface DoorGroupSpecUnlockSchedule {
  /** The name of the schedule in UniFi. Without it: "Sexton <metadata.name>". */
  readonly name?: string;
  /** True makes the schedule when UniFi has none of that name. False expects it to exist. */
  readonly create: boolean;
}

/** The access policy in UniFi that links the schedule to the doors (method Schedule only). */
export interface DoorGroupSpecPolicy {
  /** True keeps an access policy that links the schedule to the doors. False leaves that to you. */
  readonly manage: boolean;
  /** The name of that access policy. Without it: "Sexton <metadata.name>". */
  readonly name?: string;
}

/** What is. Written by Sexton, never by people. */
export interface DoorGroupStatus {
  /** The generation of the spec that this status describes. Older than metadata.generation: the status is out of date. */
  readonly observedGeneration?: number;
  /** SHA-256 (hex) of the accepted spec after defaulting. `sexton wait` trusts only a status whose hash is that of the file. */
  readonly specHash?: string;
  /** What is true of this resource now, one entry per type: Accepted, ResolvedRefs, Programmed, Ready, and only while they hold Reconciling, Stalled, Suspended, SourceStale, Braked. */
  readonly conditions?: readonly Condition[];
  /** Present while the file holds a version that was refused. The last accepted version stays in force. */
  readonly refused?: RefusedVersion;
  /** How many doors were found in UniFi. */
  readonly doorCount?: number;
  /** The doors as UniFi knows them. */
  readonly doors?: readonly DoorGroupStatusDoor[];
  /** The id of the schedule in UniFi. */
  readonly scheduleId?: string | null;
  /** The id of the managed access policy in UniFi. */
  readonly policyId?: string | null;
  /** The window that is open now or opens next, for people, in the site's time zone. */
  readonly next?: string | null;
  /** The windows of the program, each with its causes. */
  readonly windows?: readonly DoorGroupStatusWindow[];
  /** Hash of the weekly program that UniFi holds. */
  readonly programHash?: string | null;
  /** The last date on which the schedule opens doors should Sexton stop; from the next one on its fence keeps them shut. Null without a fence. */
  readonly fencedUntil?: string | null;
  /** Whether the doors do what the program says, as far as UniFi can tell. */
  readonly following?: 'True' | 'False' | 'Unknown';
}

/** One door. */
export interface DoorGroupStatusDoor {
  /** Its id in UniFi. */
  readonly id: string;
  /** Its name in UniFi. */
  readonly name: string;
}

/** Open from start until end. */
export interface DoorGroupStatusWindow {
  /** When the doors open. */
  readonly start: string;
  /** When they close. */
  readonly end: string;
  /** What asked for the window. */
  readonly causes: readonly DoorGroupStatusWindowCause[];
}

/** One reason why the window is there. */
export interface DoorGroupStatusWindowCause {
  /** What asked for it: Event, OfficeHours, Opening or Override. */
  readonly kind: string;
  /** The event id, or KIND/NAME of the resource. */
  readonly ref: string;
  /** The same for people, for example the name of the event. */
  readonly text: string;
}

/** What should be. */
export interface RoomMappingSpec {
  /** True pauses this resource. Suspending never opens a door: a suspended mapping adds no openings, its exclusions still count. */
  readonly suspend: boolean;
  /** The suspension ends by itself after this date (the date included), or at this local date and time. Without it the suspension lasts until somebody ends it. */
  readonly suspendUntil?: string;
  /** Why it is suspended, for whoever finds it so. Shown in the status. */
  readonly suspendReason?: string;
  /** Which times of an event count. Published: the public times. Event: with setup and teardown. Booking: the times of the room booking. */
  readonly timesFrom: 'Published' | 'Event' | 'Booking';
  /** How long before the start the doors open; at most 24h. Beats the DoorGroup's; a room's own beats this. */
  readonly lead?: string;
  /** How long after the end the doors close; at most 24h. Beats the DoorGroup's; a room's own beats this. */
  readonly lag?: string;
  /** Only events whose location contains this text count (for several campuses in one calendar). At least 3 characters; upper and lower case do not matter. */
  readonly onlyLocationContains?: string;
  /** True: an event that booked no room is taken to be in the room that its location names. */
  readonly locationFallback: boolean;
  /** Which room opens which doors. Every entry that matches counts. */
  readonly rooms: readonly RoomMappingSpecRoom[];
  /** Events and rooms that open nothing although they are mapped. */
  readonly exclude: readonly RoomMappingSpecExclude[];
}

/** One room (or several, with nameContains) and the doors that it opens. */
export interface RoomMappingSpecRoom {
  /** The name of the room in the calendar. Upper and lower case and repeated spaces do not matter. */
  readonly name?: string;
  /** Rooms whose name contains this text; at least 3 characters. */
  readonly nameContains?: string;
  /** The id of the room in the calendar. It survives renaming. Put it in quotes. */
  readonly resourceId?: string;
  /** The door groups that open. */
  readonly doorGroups: readonly string[];
  /** How long before the start these doors open for this room; at most 24h. */
  readonly lead?: string;
  /** How long after the end these doors close for this room; at most 24h. */
  readonly lag?: string;
}

/** What is left out: by event name, or by room. */
export interface RoomMappingSpecExclude {
  /** Events of exactly this name. Upper and lower case and repeated spaces do not matter. */
  readonly eventName?: string;
  /** Events whose name contains this text; at least 3 characters. */
  readonly eventNameContains?: string;
  /** Bookings of rooms whose name contains this text are left out entirely; at least 3 characters. */
  readonly roomContains?: string;
  /** Only these doors stay shut for the event. Without it, all of them. Not with roomContains. */
  readonly doorGroups?: readonly string[];
}

/** What is. Written by Sexton, never by people. */
export interface RoomMappingStatus {
  /** The generation of the spec that this status describes. Older than metadata.generation: the status is out of date. */
  readonly observedGeneration?: number;
  /** SHA-256 (hex) of the accepted spec after defaulting. `sexton wait` trusts only a status whose hash is that of the file. */
  readonly specHash?: string;
  /** What is true of this resource now, one entry per type: Accepted, ResolvedRefs, Programmed, Ready, and only while they hold Reconciling, Stalled, Suspended, SourceStale, Braked. */
  readonly conditions?: readonly Condition[];
  /** Present while the file holds a version that was refused. The last accepted version stays in force. */
  readonly refused?: RefusedVersion;
  /** How many entries spec.rooms has. */
  readonly roomCount?: number;
  /** What became of the bookings in the calendar. */
  readonly bookings?: RoomMappingStatusBookings;
  /** Rooms that were booked and that no mapping names. */
  readonly unmappedRooms?: readonly string[];
}

/** What became of the bookings in the calendar. */
export interface RoomMappingStatusBookings {
  /** Bookings read. */
  readonly seen: number;
  /** Bookings that a room of this mapping matches. */
  readonly mapped: number;
  /** Bookings left out by exclude or onlyLocationContains. */
  readonly excluded: number;
  /** Bookings of rooms that no mapping names. */
  readonly unmapped: number;
}

/** What should be. */
export interface OfficeHoursSpec {
  /** True pauses this resource. Suspending never opens a door: suspended hours add no openings, their closures still count. */
  readonly suspend: boolean;
  /** The suspension ends by itself after this date (the date included), or at this local date and time. Without it the suspension lasts until somebody ends it. */
  readonly suspendUntil?: string;
  /** Why it is suspended, for whoever finds it so. Shown in the status. */
  readonly suspendReason?: string;
  /** Hours that repeat every week. */
  readonly weekly: readonly OfficeHoursSpecWeekly[];
  /** When the doors stay shut after all. */
  readonly closures: readonly OfficeHoursSpecClosure[];
  /** One-off openings: from and to, or a date with hours. */
  readonly openings: readonly OfficeHoursSpecOpening[];
}

/** The same hours on some days for some doors. */
export interface OfficeHoursSpecWeekly {
  /** The days of the week. */
  readonly days: readonly ('monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday')[];
  /** The hours, as HH:MM-HH:MM in the site's time zone. A range that ends at or before its start ends the next day. */
  readonly hours: readonly string[];
  /** The door groups that stand open. */
  readonly doorGroups: readonly string[];
}

/** From when until when, and what it closes. */
export interface OfficeHoursSpecClosure {
  /** The first date (YYYY-MM-DD), or the local date and time (YYYY-MM-DDTHH:MM) at which it starts. */
  readonly from: string;
  /** The last date, which is included; or the local date and time at which it ends. The same form as from. */
  readonly to: string;
  /** OfficeHours: closes standing hours only. Everything: also events, approved windows and openings. */
  readonly scope: 'OfficeHours' | 'Everything';
  /** Only these door groups. Without it, all of them. */
  readonly doorGroups?: readonly string[];
  /** Why, for people. */
  readonly reason?: string;
}

/** When and which doors. */
export interface OfficeHoursSpecOpening {
  /** The local date and time (YYYY-MM-DDTHH:MM) at which the doors open; a date alone opens them for whole days. */
  readonly from?: string;
  /** The local date and time at which they close. The same form as from; a date is included. */
  readonly to?: string;
  /** The date of the opening, with hours. */
  readonly date?: string;
  /** The hours on that date, as HH:MM-HH:MM. A range that ends at or before its start ends the next day. */
  readonly hours?: readonly string[];
  /** The door groups that open. */
  readonly doorGroups: readonly string[];
  /** Why, for people. */
  readonly reason?: string;
}

/** What is. Written by Sexton, never by people. */
export interface OfficeHoursStatus {
  /** The generation of the spec that this status describes. Older than metadata.generation: the status is out of date. */
  readonly observedGeneration?: number;
  /** SHA-256 (hex) of the accepted spec after defaulting. `sexton wait` trusts only a status whose hash is that of the file. */
  readonly specHash?: string;
  /** What is true of this resource now, one entry per type: Accepted, ResolvedRefs, Programmed, Ready, and only while they hold Reconciling, Stalled, Suspended, SourceStale, Braked. */
  readonly conditions?: readonly Condition[];
  /** Present while the file holds a version that was refused. The last accepted version stays in force. */
  readonly refused?: RefusedVersion;
  /** The closure or opening in force now or coming next, for people. */
  readonly next?: string | null;
  /** How many entries spec.weekly has. */
  readonly weeklyCount?: number;
  /** How many closures are in force or still to come. */
  readonly closureCount?: number;
  /** How many openings are in force or still to come. */
  readonly openingCount?: number;
}

/** What should be. */
export interface EventOverrideSpec {
  /** True pauses this resource. Suspending never opens a door: a suspended Adjust keeps the doors it names closed for that event, a suspended Approve does not count, Deny and Cancel still count. */
  readonly suspend: boolean;
  /** The suspension ends by itself after this date (the date included), or at this local date and time. Without it the suspension lasts until somebody ends it. */
  readonly suspendUntil?: string;
  /** Why it is suspended, for whoever finds it so. Shown in the status. */
  readonly suspendReason?: string;
  /** Which event: exactly one of eventName, eventNameContains and eventId; narrowed to one day or one occurrence with date or startsAt. */
  readonly match: EventOverrideSpecMatch;
  /** Adjust: other windows for some doors. Cancel: the event opens nothing. Approve: releases held windows of one occurrence. Deny: the event opens nothing, and is listed as denied. */
  readonly action: 'Adjust' | 'Cancel' | 'Approve' | 'Deny';
  /** Between overrides that match equally closely, the higher one wins. */
  readonly priority: number;
  /** Adjust only: what these doors do. Doors not named here keep the defaults. */
  readonly doorGroups?: readonly EventOverrideSpecDoorGroup[];
  /** Approve only, filled in by `sexton approve`: exactly these windows are released. Anything beyond them is asked again. */
  readonly approvedWindows?: readonly EventOverrideSpecApprovedWindow[];
}

/** Which event: exactly one of eventName, eventNameContains and eventId; narrowed to one day or one occurrence with date or startsAt. */
export interface EventOverrideSpecMatch {
  /** Events of exactly this name. Upper and lower case and repeated spaces do not matter. */
  readonly eventName?: string;
  /** Events whose name contains this text; at least 3 characters. */
  readonly eventNameContains?: string;
  /** The id of the event in the calendar. Put it in quotes. */
  readonly eventId?: string;
  /** Only occurrences that start on this date, in the site's time zone. */
  readonly date?: string;
  /** Only the occurrence that starts at this instant, with Z or an offset. */
  readonly startsAt?: string;
}

/** One door group: its windows, or another lead or lag. */
export interface EventOverrideSpecDoorGroup {
  /** The metadata.name of a DoorGroup. */
  readonly name: string;
  /** The windows in which the doors are open on the day of the event, instead of the usual ones. An empty list keeps them shut. Not together with lead or lag. */
  readonly windows?: readonly EventOverrideSpecDoorGroupWindow[];
  /** How long before the start of the event these doors open; at most 24h. */
  readonly lead?: string;
  /** How long after its end they close; at most 24h. */
  readonly lag?: string;
}

/** From when until when. A close at or before open is on the next day. */
export interface EventOverrideSpecDoorGroupWindow {
  /** When the doors open, HH:MM. */
  readonly open: string;
  /** When they close, HH:MM. */
  readonly close: string;
}

/** One released window. */
export interface EventOverrideSpecApprovedWindow {
  /** The metadata.name of a DoorGroup. */
  readonly doorGroup: string;
  /** When the doors may open, with Z or an offset. */
  readonly start: string;
  /** When they must be closed, with Z or an offset. */
  readonly end: string;
}

/** What is. Written by Sexton, never by people. */
export interface EventOverrideStatus {
  /** The generation of the spec that this status describes. Older than metadata.generation: the status is out of date. */
  readonly observedGeneration?: number;
  /** SHA-256 (hex) of the accepted spec after defaulting. `sexton wait` trusts only a status whose hash is that of the file. */
  readonly specHash?: string;
  /** What is true of this resource now, one entry per type: Accepted, ResolvedRefs, Programmed, Ready, and only while they hold Reconciling, Stalled, Suspended, SourceStale, Braked. */
  readonly conditions?: readonly Condition[];
  /** Present while the file holds a version that was refused. The last accepted version stays in force. */
  readonly refused?: RefusedVersion;
  /** How many occurrences in the calendar it matches. */
  readonly matched?: number;
  /** When the next of them starts. */
  readonly nextOccurrence?: string | null;
}

/** What should be. */
export interface SafeHoursSpec {
  /** The safe hours of a day that has none of its own, as HH:MM-HH:MM in the site's time zone. */
  readonly default: string;
  /** Safe hours of single days of the week. */
  readonly days: SafeHoursSpecDays;
  /** Names of events that need no approval outside these hours. They still need it when they are longer than maxContinuous. */
  readonly preApproved: readonly string[];
  /** What happens to an event window that is not wholly inside. Hold: it waits for approval. Clamp: only the part inside opens. */
  readonly outside: 'Hold' | 'Clamp';
}

/** Safe hours of single days of the week. */
export interface SafeHoursSpecDays {
  /** The safe hours of Mondays. */
  readonly monday?: string;
  /** The safe hours of Tuesdays. */
  readonly tuesday?: string;
  /** The safe hours of Wednesdays. */
  readonly wednesday?: string;
  /** The safe hours of Thursdays. */
  readonly thursday?: string;
  /** The safe hours of Fridays. */
  readonly friday?: string;
  /** The safe hours of Saturdays. */
  readonly saturday?: string;
  /** The safe hours of Sundays. */
  readonly sunday?: string;
}

/** What is. Written by Sexton, never by people. */
export interface SafeHoursStatus {
  /** The generation of the spec that this status describes. Older than metadata.generation: the status is out of date. */
  readonly observedGeneration?: number;
  /** SHA-256 (hex) of the accepted spec after defaulting. `sexton wait` trusts only a status whose hash is that of the file. */
  readonly specHash?: string;
  /** What is true of this resource now, one entry per type: Accepted, ResolvedRefs, Programmed, Ready, and only while they hold Reconciling, Stalled, Suspended, SourceStale, Braked. */
  readonly conditions?: readonly Condition[];
  /** Present while the file holds a version that was refused. The last accepted version stays in force. */
  readonly refused?: RefusedVersion;
  /** How many events wait for approval. */
  readonly pendingCount?: number;
  /** How many events were denied. */
  readonly deniedCount?: number;
  /** Events that wait for a person. */
  readonly pending?: readonly SafeHoursStatusPending[];
  /** Events that a person denied. */
  readonly denied?: readonly SafeHoursStatusDenied[];
}

/** One occurrence that waits. */
export interface SafeHoursStatusPending {
  /** The event in the calendar. */
  readonly eventId: string;
  /** Its name. */
  readonly eventName: string;
  /** When this occurrence starts. */
  readonly startsAt: string;
  /** The rooms that it booked. */
  readonly rooms?: readonly string[];
  /** The windows that were left out. */
  readonly windows: readonly SafeHoursStatusPendingWindow[];
  /** Why: OutsideSafeHours, MaxContinuous, Changed, or Denied. */
  readonly reason: string;
  /** Since when. */
  readonly since?: string;
  /** The command that releases it. */
  readonly release?: string;
}

/** One stretch of time for which a door group would stand open. */
export interface SafeHoursStatusPendingWindow {
  /** The door group. */
  readonly doorGroup: string;
  /** When it would open. */
  readonly start: string;
  /** When it would close. */
  readonly end: string;
}

/** One occurrence that was denied. */
export interface SafeHoursStatusDenied {
  /** The event in the calendar. */
  readonly eventId: string;
  /** Its name. */
  readonly eventName: string;
  /** When this occurrence starts. */
  readonly startsAt: string;
  /** The rooms that it booked. */
  readonly rooms?: readonly string[];
  /** The windows that were left out. */
  readonly windows: readonly SafeHoursStatusDeniedWindow[];
  /** Why: OutsideSafeHours, MaxContinuous, Changed, or Denied. */
  readonly reason: string;
  /** Since when. */
  readonly since?: string;
  /** The command that takes the denial back. */
  readonly release?: string;
}

/** One stretch of time for which a door group would stand open. */
export interface SafeHoursStatusDeniedWindow {
  /** The door group. */
  readonly doorGroup: string;
  /** When it would open. */
  readonly start: string;
  /** When it would close. */
  readonly end: string;
}

/** What should be. */
export interface TierMappingSpec {
  /** True pauses this resource. Suspending never opens a door: nothing changes while suspended, except that `blocked` still cuts. */
  readonly suspend: boolean;
  /** The suspension ends by itself after this date (the date included), or at this local date and time. Without it the suspension lasts until somebody ends it. */
  readonly suspendUntil?: string;
  /** Why it is suspended, for whoever finds it so. Shown in the status. */
  readonly suspendReason?: string;
  /** How Sexton recognises its own users in UniFi. A change here would strand every user it made: read the README first. */
  readonly identity: TierMappingSpecIdentity;
  /** How a card number becomes a card in UniFi (Wiegand, 26 bits). Change both fields or neither. */
  readonly cards: TierMappingSpecCards;
  /** What each type of membership earns. Of several memberships the rule with the highest rank wins. */
  readonly rules: readonly TierMappingSpecRule[];
  /** Contacts who get no access, whatever their membership says. */
  readonly blocked: readonly TierMappingSpecBlocked[];
  /** Days of access after the end date of a membership. */
  readonly graceDays: number;
  /** How long existing access lasts at most when a contact has only a membership type that no rule knows. */
  readonly quarantineFor: string;
  /** True writes e-mail addresses to UniFi, which can make UniFi mail invitations to members. */
  readonly syncEmail: boolean;
  /** The brakes: a change that is larger than this waits for a person. */
  readonly guards: TierMappingSpecGuards;
}

/** How Sexton recognises its own users in UniFi. A change here would strand every user it made: read the README first. */
export interface TierMappingSpecIdentity {
  /** The employee number that Sexton gives its users. Holds {id} (the contact id) exactly once and at least one letter. */
  readonly employeeNumber: string;
  /** Only to take over users of an older program: the employee number that it gave them, with {id} exactly once. */
  readonly adoptFrom?: string;
}

/** How a card number becomes a card in UniFi (Wiegand, 26 bits). Change both fields or neither. */
export interface TierMappingSpecCards {
  /** The facility code printed on, or ordered with, the cards. */
  readonly facilityCode: number;
  /** Cards are named with this prefix and the card number in five digits; by that name Sexton knows its own cards. A letter first, no digit last. */
  readonly aliasPrefix: string;
}

/** One type of membership. */
export interface TierMappingSpecRule {
  /** The machine name of the membership type in CiviCRM, never its label. */
  readonly membershipType: string;
  /** Policy: a user with card and the policies below. None: no access. Ignore: as None, but a user without card and managed policy is left alone. */
  readonly access: 'Policy' | 'None' | 'Ignore';
  /** The access policies in UniFi, by name or id. With access Policy only. */
  readonly policies?: readonly string[];
  /** The highest rank wins; ties go by the name of the type. */
  readonly rank: number;
}

/** One contact. */
export interface TierMappingSpecBlocked {
  /** The contact id in CiviCRM. */
  readonly contact: number;
  /** The last date of the block, which is included. Without it the block lasts until it is removed. */
  readonly until?: string;
  /** Why, for people. Do not write what should not be in git. */
  readonly reason?: string;
}

/** The brakes: a change that is larger than this waits for a person. */
export interface TierMappingSpecGuards {
  /** Deactivations in one cycle, in percent of the active users. */
  readonly maxDeactivate: string;
  /** New and reactivated users in one cycle. */
  readonly maxAdd: string;
  /** Renamed users in one cycle. */
  readonly maxRename: string;
  /** Users whose policies change in one cycle. */
  readonly maxPolicyChange: string;
  /** Users whose card changes in one cycle. */
  readonly maxCardChange: string;
  /** Fewer changes of one sort than this are never held. */
  readonly minimum: number;
  /** Unapproved changes of one sort in 24 hours. */
  readonly per24h: string;
  /** When UniFi holds no user of ours yet. Ask: the first provisioning waits for approval. Allow: it goes through. */
  readonly bootstrap: 'Ask' | 'Allow';
}

/** What is. Written by Sexton, never by people. */
export interface TierMappingStatus {
  /** The generation of the spec that this status describes. Older than metadata.generation: the status is out of date. */
  readonly observedGeneration?: number;
  /** SHA-256 (hex) of the accepted spec after defaulting. `sexton wait` trusts only a status whose hash is that of the file. */
  readonly specHash?: string;
  /** What is true of this resource now, one entry per type: Accepted, ResolvedRefs, Programmed, Ready, and only while they hold Reconciling, Stalled, Suspended, SourceStale, Braked, StatusJobLate. */
  readonly conditions?: readonly Condition[];
  /** Present while the file holds a version that was refused. The last accepted version stays in force. */
  readonly refused?: RefusedVersion;
  /** How many contacts have which outcome. */
  readonly members?: TierMappingStatusMembers;
  /** Contacts whose record needs a person. Their changes wait; everybody else's go on. */
  readonly quarantined?: readonly TierMappingStatusQuarantined[];
  /** Present while a change is held by the guards. */
  readonly brake?: TierMappingStatusBrake | null;
}

/** How many contacts have which outcome. */
export interface TierMappingStatusMembers {
  /** With access. */
  readonly access?: number;
  /** Without access. */
  readonly none?: number;
  /** Left alone. */
  readonly ignored?: number;
  /** With a record that needs a person. */
  readonly quarantined?: number;
  /** Blocked here. */
  readonly blocked?: number;
  /** Missing from the last answer; held until that is certain. */
  readonly vanished?: number;
  /** With a user of an older program that waits for `sexton adopt members`. */
  readonly adoptionPending?: number;
}

/** One contact. */
export interface TierMappingStatusQuarantined {
  /** The contact id in CiviCRM. */
  readonly contact: number;
  /** What is wrong with the record. */
  readonly reasons: readonly string[];
}

/** Present while a change is held by the guards. */
export interface TierMappingStatusBrake {
  /** The hash of the held plan, for `sexton approve plan/HASH`. */
  readonly plan: string;
  /** What is held. */
  readonly verbs: readonly string[];
}

export interface Specs {
  readonly DoorGroup: DoorGroupSpec;
  readonly RoomMapping: RoomMappingSpec;
  readonly OfficeHours: OfficeHoursSpec;
  readonly EventOverride: EventOverrideSpec;
  readonly SafeHours: SafeHoursSpec;
  readonly TierMapping: TierMappingSpec;
}

export interface Statuses {
  readonly DoorGroup: DoorGroupStatus;
  readonly RoomMapping: RoomMappingStatus;
  readonly OfficeHours: OfficeHoursStatus;
  readonly EventOverride: EventOverrideStatus;
  readonly SafeHours: SafeHoursStatus;
  readonly TierMapping: TierMappingStatus;
}
