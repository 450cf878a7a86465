import { apiVersion } from './resource.js';
import type { Kind } from './resource.js';

/** A commented file for `sexton new KIND`; valid as it is, apart from the door groups that it names. */
export function template(kind: Kind): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\n${templates[kind]}`;
}

const templates: Readonly<Record<Kind, string>> = {
  DoorGroup: `metadata:
  name: front-lobby                # other files point at this name
spec:
  displayName: Front Lobby
  # color: "#3b82f6"               # in previews
  doors:                           # by id, or by the door's name in UniFi
    - name: Front Lobby North
  unlock:
    method: Schedule               # Schedule | LockRule | None
    schedule:
      # name: Sexton front-lobby   # the schedule in UniFi
      create: false                # true: make it when UniFi has none of that name
    lead: 15m                      # open this long before an event
    lag: 15m                       # close this long after it
    maxContinuous: 16h             # hold a longer event window for approval
  policy:
    manage: false                  # true: keep an access policy that links schedule and doors
  deletionPolicy: Lock             # Lock | Orphan: what happens when this file is removed
`,
  RoomMapping: `metadata:
  name: rooms
spec:
  timesFrom: Published             # Published | Event (with setup and teardown) | Booking
  # lead: 30m                      # beats the door group's; a room's own beats both
  rooms:                           # each by name, nameContains or resourceId
    - name: Sanctuary
      doorGroups: [front-lobby]
    # - nameContains: Classroom
    #   doorGroups: [rear-lobby]
    #   lead: 0m
  # exclude:
  #   - eventNameContains: setup crew   # these doors stay shut for such events
  #     doorGroups: [front-lobby]
`,
  OfficeHours: `metadata:
  name: office-hours
spec:
  weekly:
    - days: [monday, tuesday, wednesday, thursday, friday]
      hours: ["09:00-17:00"]
      doorGroups: [office]
  closures: []
  #  - from: "2026-12-24"          # dates are included; or local times, "2026-12-24T12:00"
  #    to: "2026-12-26"
  #    reason: Christmas
  #    scope: OfficeHours          # OfficeHours | Everything (events too)
  openings: []
  #  - date: "2026-12-30"
  #    hours: ["10:00-12:00"]
  #    doorGroups: [office]
  #    reason: Year end
`,
  EventOverride: `metadata:
  name: youth-group
spec:
  match:                           # eventName, eventNameContains or eventId
    eventName: Junior High Youth Group
    # date: "2026-11-24"           # only that day
  action: Adjust                   # Adjust | Cancel | Approve | Deny
  doorGroups:                      # doors that are not named keep the defaults
    - name: gym-front
      windows:
        - { open: "18:40", close: "19:20" }
    - name: front-lobby
      windows: []                  # stays shut
    - name: rear-lobby
      lead: 30m
`,
  SafeHours: `metadata:
  name: safe-hours
spec:
  default: "05:00-23:00"           # events inside these hours open doors without asking
  days: {}
  #  friday: "05:00-23:30"
  preApproved: []                  # names of events that never need approval
  outside: Hold                    # Hold (wait for approval) | Clamp (open only the part inside)
`,
  TierMapping: `metadata:
  name: members
spec:
  identity:                        # how Sexton knows its own users; never change it without reading the README
    employeeNumber: "civicrm-{id}"
  cards:                           # change both or neither
    facilityCode: 42
    aliasPrefix: sync-
  rules:                           # membershipType is CiviCRM's machine name, never the label
    - membershipType: Gold
      access: Policy               # Policy | None | Ignore
      policies: [Members 24x7]     # in UniFi, by name or id
      rank: 100                    # of several memberships the highest rank wins
  guards:                          # larger changes wait for a person
    maxDeactivate: 15%
    maxAdd: 25%
    bootstrap: Ask                 # Ask | Allow: the first provisioning
`,
};
